"""A password changes under way, from the button to the broker: real dispatcher, real ingester, either broker."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from saas.devices import actions as devices
from saas.devices import queries
from saas.edge.dispatcher.mosquitto_files import first_list, write_all
from saas.kit.home import home
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.adapters.actions import tell_next
from tenants.charging.models import DeviceCommand

from .device import Client
from .mosquitto import INSTALLED as MOSQUITTO
from .mosquitto import Mosquitto
from .processes import CODE, House, until
from .rig import NOW

pytestmark = [pytest.mark.req("DEV-04"), pytest.mark.slow]
PROCESSES = ("saas.edge.dispatcher", "saas.edge.ingester")
KINDS = ["embedded", *(["mosquitto"] if MOSQUITTO else [])]


@pytest.fixture(params=KINDS)
def port(
    request: pytest.FixtureRequest, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    """Where devices connect; dispatcher and ingester are connected too."""
    mosquitto = None
    if request.param == "embedded":
        house.start_broker()
    else:
        write_all(tmp_path / "files", home(), first_list())
        mosquitto = Mosquitto(tmp_path, tmp_path / "files")
        house.env["MQTT_URL"] = f"mqtt://127.0.0.1:{mosquitto.own_port}"
    for module in PROCESSES:
        house.start(module)
    for module in PROCESSES:
        until(lambda name=module: "broker_connected" in house.log(name), seconds=20, what=f"{module} is connected")
    yield mosquitto.own_port if mosquitto else house.mqtt_port
    if mosquitto:
        mosquitto.close()
    with tenant_schema("ampere"):
        DeviceCommand.objects.all().delete()


class Adapter:
    """What the firmware does with its passwords: the old one is kept until the new one has opened."""

    def __init__(self, port: int, device_id: str, secret: str) -> None:
        self.port, self.device_id, self.present, self.following = port, device_id, secret, ""
        self.seq, self.commands = 0, 0
        self.client = self._connect(secret)
        assert self.client is not None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.over.set()
        self.thread.join(10)

    def say(self, kind: str, **body: object) -> None:
        self.seq += 1
        head = {"v": 1, "boot": 5, "seq": self.seq, "ts_ms": time.time_ns() // 1_000_000}
        self.client.publish(f"ev/v1/{self.device_id}/{kind}", json.dumps(head | body).encode())

    def _connect(self, secret: str) -> Client:
        """A connection with this password; without one when it is refused."""
        client = Client(self.port, self.device_id, secret)
        until(lambda: client.notes, seconds=5, what="an answer")
        client.paho.subscribe(f"ev/v1/{self.device_id}/cmd", 1)
        return client

    def _live(self) -> None:
        while not self.over.wait(0.05):
            for _, payload in self.client.heard[self.commands :]:
                self.commands += 1
                command = json.loads(payload)
                self.following = command["data"]["secret"]
                self.say("reply", id=command["id"], ok=True)
            if self.following:
                self._change()
            elif "out" in self.client.notes:
                self._again(self.present)
        self.client.close()

    def _change(self) -> None:
        self._again(self.following)
        if self.client.notes[0] == "in":
            self.present, self.following = self.following, ""
            self.say("event", type="notice", code="credential", reason="accepted")
        else:
            self._again(self.present)
            self.over.wait(0.5)

    def _again(self, secret: str) -> None:
        self.client.close()
        self.client, self.commands = self._connect(secret), 0


def test_a_password_changes_and_the_device_is_never_locked_out(port: int) -> None:
    registered, old = devices.register(tenant=Tenant.objects.get(schema_name="ampere"), kind="adapter", now=NOW)
    device_id = registered.device_id
    until(lambda: _first(port, device_id, old) == "in", seconds=8, what="let in")
    adapter = Adapter(port, device_id, old)
    with tenant_schema("ampere"):
        tell_next(device_id=device_id, now=datetime.now(UTC))
    new = queries.next_password(device_id)
    until(lambda: adapter.present == new, seconds=15, what="the device changed over")
    until(lambda: queries.next_password(device_id) is None, seconds=8, what="the registry knows")
    assert queries.passwords([device_id]) == {device_id: [new]}
    adapter.close()
    until(lambda: _first(port, device_id, old) == "refused", seconds=5, what="the old one is over")
    assert _first(port, device_id, new or "") == "in"


@pytest.mark.req("DEV-01", "DEV-08")
def test_the_real_firmware_changes_its_password_and_its_last_will_marks_it_offline(port: int, tmp_path: Path) -> None:
    device, secret = devices.register(tenant=Tenant.objects.get(schema_name="ampere"), kind="adapter", now=NOW)
    who = {"device": device.device_id, "secret": secret, "key_hex": queries.permit_key(device).hex(), "power_w": 7000}
    (tmp_path / "street.json").write_text(json.dumps([who]))
    words = [
        "--mqtt",
        f"127.0.0.1:{port}",
        "--devices",
        str(tmp_path / "street.json"),
        "--home",
        str(tmp_path / "flash"),
    ]
    with (tmp_path / "street.log").open("wb") as log:
        street = subprocess.Popen(
            [sys.executable, "-m", "firmware.simulator", *words], cwd=CODE, stdout=log, stderr=log
        )
    try:
        until(lambda: queries.get(device.device_id).online, seconds=20, what="online")
        with tenant_schema("ampere"):
            tell_next(device_id=device.device_id, now=datetime.now(UTC))
        new = queries.next_password(device.device_id)
        until(lambda: queries.next_password(device.device_id) is None, seconds=30, what="changed over")
        assert queries.passwords([device.device_id]) == {device.device_id: [new]}
        until(lambda: queries.get(device.device_id).online, seconds=10, what="online again")
        street.kill()
        until(lambda: not queries.get(device.device_id).online, seconds=10, what="offline by its last will")
    finally:
        street.kill()
        street.wait(10)


def _first(port: int, user: str, password: str) -> str:
    client = Client(port, user, password)
    until(lambda: client.notes, seconds=5, what="an answer")
    client.close()
    return client.notes[0]
