"""`python -m firmware.simulator --mqtt 127.0.0.1:1883 --devices devices.json --home .wattlane`"""

import argparse
import asyncio
import json
import os
import resource
import secrets
import signal
import ssl
import sys
from contextlib import suppress
from pathlib import Path

from firmware.net.enrol import Enrolment
from firmware.signing import default_folder, keygen, modulus_hex
from firmware.simulator import plan
from firmware.simulator.control import serve
from firmware.simulator.device import Identity
from firmware.simulator.newcomers import newcomers
from firmware.simulator.street import Options, Street, log


def main(argv: list[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    _open_many_files()
    try:
        street = _newcomers(arguments) if arguments.enrol else _street(arguments, _identities(arguments))
    except KeyError as missing:
        print(f"simulator: a device of the file has no {missing}", file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    asyncio.run(_run(street, arguments))
    return 0


def _open_many_files() -> None:
    """Each device has a socket and the memory of its meter: as many as the machine allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _street(arguments: argparse.Namespace, identities: list[Identity]) -> Street:
    return Street(identities, arguments.home / "street", _options(arguments))


def _newcomers(arguments: argparse.Namespace) -> Street:
    """Devices that enrol by themselves and wait until somebody claims them."""
    if not arguments.count:
        raise ValueError("--enrol needs --count N")
    made = newcomers(arguments.home / "street", arguments.count)
    street = _street(arguments, [found for found, _ in made])
    for _, who in made:
        street.devices[who.device].enrolment = Enrolment(who, arguments.enrol)
        log("device_waits", device=who.device, claim=who.claim, qr=who.qr())
    return street


async def _run(street: Street, arguments: argparse.Namespace) -> None:
    server = await serve(street, arguments.control)
    port = server.sockets[0].getsockname()[1]
    _write_run(arguments.home, {"control": port, "pid": os.getpid(), "devices": list(street.devices)})
    log("street_started", devices=len(street.devices), control=port, mqtt=arguments.mqtt)
    task = asyncio.create_task(street.run())
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    if arguments.seconds:
        asyncio.get_running_loop().call_later(arguments.seconds, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    server.close()
    log("street_summary", **street.summary())
    log("street_stopped", devices=len(street.devices))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware.simulator",
        description="A street of simulated adapters that run the firmware's own logic",
        epilog=f"{plan.__doc__}\n{plan.described()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mqtt", required=True, help="host:port, or mqtts://host:port")
    parser.add_argument("--cafile", help="authority of the broker's certificate (mqtts)")
    parser.add_argument("--home", type=Path, default=Path(".wattlane"), help="flash of the devices and run/street.json")
    parser.add_argument("--devices", type=Path, help="JSON list of {device, secret, key_hex, power_w}")
    parser.add_argument(
        "--count", type=int, help="the first N of the file; without a file, N devices made for this home"
    )
    parser.add_argument("--enrol", help="address of a platform: N devices make their own identity and enrol there")
    parser.add_argument("--faults", default="", help="what is to go wrong, by comma, as described below")
    parser.add_argument("--fault-every", type=float, default=30.0, help="seconds between those that happen by chance")
    parser.add_argument("--seed", default="", help="the same seed breaks the same devices")
    parser.add_argument("--keys", type=Path, help="folder of the key whose firmware they take (made when it is not)")
    parser.add_argument("--for", dest="seconds", type=float, help="stop by itself after so many seconds")
    parser.add_argument(
        "--no-clock", action="store_true", help="no time server: devices know the time from the platform"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="time runs so many times as fast")
    parser.add_argument("--control", type=int, default=0, help="control port, 0 for a free one")
    return parser


def _options(arguments: argparse.Namespace) -> Options:
    scheme, _, address = arguments.mqtt.rpartition("://")
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"--mqtt {arguments.mqtt}: say host:port, such as 127.0.0.1:18830")
    faults, planned = plan.read(arguments.faults)
    if scheme not in ("", "mqtt", "mqtts") or arguments.speed <= 0:
        raise ValueError(f"not understood: --mqtt {arguments.mqtt} --speed {arguments.speed}")
    tls = ssl.create_default_context(cafile=arguments.cafile) if scheme == "mqtts" else None
    return Options(
        host=host,
        port=int(port),
        tls=tls,
        speed=arguments.speed,
        ntp=not arguments.no_clock,
        faults=faults,
        fault_every_s=arguments.fault_every,
        planned=planned,
        seed=arguments.seed,
        modulus_hex=modulus_hex(keygen(arguments.keys or _keys(arguments.home))),
    )


def _keys(home: Path) -> Path:
    """The installation's, where it is known."""
    return default_folder() if os.environ.get("WATTLANE_HOME") else home / "keys"


def _identities(arguments: argparse.Namespace) -> list[Identity]:
    if arguments.devices is None and not arguments.count:
        raise ValueError("say --devices FILE, or --count N with N of at least 1")
    path = arguments.devices or _made_up(arguments.home / "run" / "street-devices.json", arguments.count)
    rows = json.loads(path.read_text())
    return [Identity.read(row) for row in rows[: arguments.count]]


def _made_up(path: Path, count: int) -> Path:
    """Devices that no platform knows, kept so that the next start finds the same ones."""
    rows = json.loads(path.read_text()) if path.exists() else []
    for number in range(len(rows) + 1, count + 1):
        row = {"device": f"sim_{number:04}", "secret": secrets.token_urlsafe(16), "key_hex": secrets.token_hex(32)}
        rows.append({**row, "power_w": 7_360, "forgets": number % 4 == 0})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1))
    return path


def _write_run(home: Path, content: dict[str, object]) -> None:
    path = home / "run" / "street.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".tmp").write_text(json.dumps(content))
    path.with_suffix(".tmp").rename(path)


if __name__ == "__main__":
    sys.exit(main())
