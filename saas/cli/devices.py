"""`wattlane devices`: simulated adapters that run the real firmware's logic; the registry's commands: registry.py."""

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from saas.kit.home import Home, home

from . import registry
from .django import with_django

FOR_A_TENANT = """With --tenant the adapters are registered there once and kept, so that the platform knows them, and
--mqtt is the product's own broker. Without --tenant and --mqtt they are those of the first tenant. Every other option
goes to the simulator:
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `devices` to the command line."""
    command = subparsers.add_parser("devices", help="what is connected: list, claim, credentials; simulated adapters")
    kinds = command.add_subparsers(required=True, metavar="ACTION")
    run_parser = kinds.add_parser("run", help="run simulated adapters against a broker", add_help=False)
    run_parser.add_argument("--tenant", help="register them with this tenant of the running product")
    run_parser.add_argument("--count", type=int, help="how many (with --tenant: default 20)")
    run_parser.add_argument("-h", "--help", action="store_true")
    run_parser.set_defaults(run=run, passes_on=True)
    registry.register(kinds)


def run(arguments: argparse.Namespace) -> int:
    """Hand over to the simulator; its exit code is ours."""
    if arguments.help:
        print(f"wattlane devices run [--tenant TENANT] [--count COUNT] …\n\n{FOR_A_TENANT}", flush=True)
        return _simulate(["--help"])
    if arguments.tenant is None and "--mqtt" not in arguments.passed_on:
        arguments.tenant = _first_tenant()
    if arguments.tenant is None:
        return _simulate([*arguments.passed_on, *(["--count", str(arguments.count)] if arguments.count else [])])
    place, count = home(), arguments.count or 20
    folder = place.path / "street" / arguments.tenant
    if not _registered(arguments.tenant, count, folder / "devices.json"):
        print(f"wattlane devices: there is no tenant {arguments.tenant!r}.", file=sys.stderr)
        return 2
    given = ["--mqtt", _broker(place), "--devices", str(folder / "devices.json"), "--home", str(folder)]
    given += ["--keys", str(place.path / "keys"), "--count", str(count)]
    return _simulate([*given, *arguments.passed_on])


def _simulate(words: list[str]) -> int:
    return subprocess.call([sys.executable, "-m", "firmware.simulator", *words])


def _broker(place: Home) -> str:
    address = urlsplit(place.mqtt_url)
    secure = "mqtts://" if address.scheme == "mqtts" else ""
    return f"{secure}{address.hostname}:{address.port or (8883 if secure else 1883)}"


@with_django
def _first_tenant() -> str | None:
    """The first one by name; None while there is none."""
    from saas.tenancy.queries import active_schemas

    return next(iter(active_schemas()), None)


@with_django
def _registered(name: str, count: int, file: Path) -> bool:
    """Make sure that `file` holds at least `count` adapters of the tenant. False when there is no such tenant."""
    from saas.devices.actions import register
    from saas.devices.queries import permit_key
    from saas.tenancy.queries import by_schema

    tenant = by_schema(name)
    if tenant is None or name == "public":
        return False
    rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    for number in range(len(rows) + 1, count + 1):
        device, secret = register(tenant=tenant, kind="adapter", now=datetime.now(UTC))
        key = permit_key(device).hex()
        rows.append({"device": device.device_id, "secret": secret, "key_hex": key, "power_w": 7_360})
        rows[-1]["forgets"] = number % 4 == 0  # the counter of its meter, when the power goes
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    part.replace(file)
    return True
