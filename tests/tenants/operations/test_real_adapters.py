"""Adapters of the simulator, which run the firmware's own logic, take a signed image over HTTP from this platform."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

from firmware.image import pack
from firmware.simulator.control import ask
from saas.cli import main
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.operations import actions
from tenants.operations.actions import Described, Plan
from tenants.operations.models import Rollout
from tenants.operations.tasks import drive
from tests import builders
from tests.saas.edge.processes import CODE, House, test_database_url, until

PARTS = ("saas.edge.broker", "saas.edge.ingester", "saas.edge.dispatcher")


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The web application on loopback, as devices reach it."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)

    def serve() -> None:
        server.serve_forever()
        connections.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("WATTLANE_FIRMWARE_URL", address)
    yield address
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def house(spare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Broker, ingester and dispatcher of an installation whose only adapters are those of `spare`."""
    secrets = {f"WATTLANE_SECRET_{name.upper()}": value for name, value in settings.HOME.secrets.items()}
    held = House(tmp_path, DATABASE_URL=test_database_url(), WATTLANE_HOME=str(tmp_path), **secrets)
    for name in ("WATTLANE_HOME", "WATTLANE_MQTT_PORT", "DATABASE_URL", *secrets):
        monkeypatch.setenv(name, held.env[name])
    yield held
    held.close()


class Street:
    """Three adapters that take the firmware of this installation's key."""

    def __init__(self, house: House, schema: str) -> None:
        self.house = house
        tenant = Tenant.objects.get(schema_name=schema)
        made = [devices.register(tenant=tenant, kind="adapter", now=datetime.now(UTC)) for _ in range(3)]
        self.names = [device.device_id for device, _ in made]
        rows = [
            {"device": d.device_id, "secret": secret, "key_hex": registry.permit_key(d).hex()} for d, secret in made
        ]
        (house.folder / "devices.json").write_text(json.dumps(rows))

    def start(self) -> None:
        folder = self.house.folder
        argv = ["--mqtt", f"127.0.0.1:{self.house.mqtt_port}", "--devices", str(folder / "devices.json")]
        argv += ["--home", str(folder), "--keys", str(folder / "keys")]
        with (folder / "street.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "firmware.simulator", *argv], cwd=CODE, stdout=log, stderr=log
            )
        self.until(lambda: Device.objects.filter(device_id__in=self.names, online=True).count() == 3, "all online")

    def fault(self, device: str, name: str) -> None:
        port = json.loads((self.house.folder / "run" / "street.json").read_text())["control"]
        assert ask(port, {"do": "fault", "device": device, "fault": name})["ok"]

    def until(self, true: Callable[[], Any], what: str) -> None:
        def looked() -> Any:
            drive(datetime.now(UTC))
            time.sleep(0.2)
            return true()

        until(looked, seconds=60, what=what)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def image(folder: Path, version: str, *words: str) -> Described:
    """Packed and signed as `wattlane firmware` does it."""
    file = folder / f"{version}.img"
    file.write_bytes(pack({"firmware/main.py": b"print('new')\n" * 2000}, version))
    assert main(["firmware", "sign", str(file), *words]) == 0
    return Described(kind="adapter", signature=file.with_suffix(".img.json").read_text())


@pytest.mark.slow
@pytest.mark.req("CHG-04", "DEV-01")
def test_real_adapters_take_a_signed_image_and_the_one_that_crashes_goes_back(
    spare: str, house: House, web: str
) -> None:
    assert main(["firmware", "keygen"]) == 0
    with tenant_schema(spare):
        street = Street(house, spare)
        for part in PARTS:
            house.start(part)
        try:
            street.start()
            _roll_out(street, house.folder)
        finally:
            street.stop()


def _roll_out(street: Street, folder: Path) -> None:
    operator, now = builders.person("operator", "operator"), datetime.now(UTC)
    for version, words in (("1.0.0", ("--downgrade",)), ("7.0.0", ())):
        data = [(pack({"firmware/main.py": b"print('new')\n" * 2000}, version))]
        described = image(folder, version, *words)
        found = actions.add_image(described=described, chunks=data, by=operator, now=now)
    street.fault(street.names[2], "ota_crash")
    plan = Plan(stages=(34, 100), failure_limit_pct=100, soak_s=0, device_timeout_s=120, patience_s=60)
    rollout = actions.begin_firmware(image=found, by=operator, now=datetime.now(UTC), plan=plan)
    street.until(lambda: Rollout.objects.get(pk=rollout.pk).state == "done", "the roll-out is over")
    rows = {row.device_id: (row.state, row.error) for row in rollout.devices.all()}
    assert rows == {
        street.names[0]: ("done", ""), street.names[1]: ("done", ""), street.names[2]: ("failed", "rolled_back")
    }  # fmt: skip
    firmware = dict(Device.objects.filter(device_id__in=street.names).values_list("device_id", "firmware"))
    assert [firmware[name] for name in street.names[:2]] == ["7.0.0", "7.0.0"]
    took = rollout.devices.filter(state="done")
    took.update(before={"version": "1.0.0"})  # an image of what they came with is not at hand
    back = actions.revert(rollout=rollout, by=operator, now=datetime.now(UTC))
    street.until(lambda: Rollout.objects.get(pk=back.pk).state == "done", "the roll-back is over")
    assert {row.state for row in back.devices.all()} == {"done"}
    assert {d.firmware for d in Device.objects.filter(device_id__in=street.names[:2])} == {"1.0.0"}
