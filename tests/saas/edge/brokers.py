"""Both brokers behind one face: who may connect is set, what they counted is read."""

import hashlib
import json
import os
import urllib.request
from pathlib import Path
from typing import Protocol

import pytest
from prometheus_client import REGISTRY

from saas.edge.dispatcher import watch
from saas.edge.dispatcher.dynsec import Dynsec
from saas.edge.dispatcher.mosquitto_files import write_all
from saas.edge.dispatcher.roster import Login
from saas.edge.mqtt.link import Link
from saas.kit.home import Home

from .mosquitto import Mosquitto
from .processes import House, free_port, listens, until

REFUSED = "wattlane_broker_refused_total"


def sha(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


class Broker(Protocol):
    """A running broker. Passwords of devices by id; a device that is set to None is revoked."""

    port: int
    tls_port: int
    ca: Path
    home: Home

    def set(self, **passwords: str | None) -> None:
        """These may connect now, or in a moment."""

    def counted(self, reason: str) -> int:
        """How many attempts were refused for it so far."""

    def close(self) -> None: ...


class Embedded:
    """Ours, as a process, told by its file."""

    def __init__(self, folder: Path) -> None:
        self.tls_port, self.metrics_port, self.home = free_port(), free_port(), Home(folder)
        self.file = folder / "broker" / "credentials.json"
        self.file.parent.mkdir()
        self._passwords: dict[str, str | None] = {}
        ports = {"WATTLANE_MQTT_TLS_PORT": str(self.tls_port), "WATTLANE_METRICS_BROKER": str(self.metrics_port)}
        self.house = House(folder, WATTLANE_HOME=str(folder), **ports)
        self.house.env.pop("MQTT_URL", None)
        self.port = self.house.mqtt_port
        self.house.start_broker()
        until(lambda: listens(self.tls_port), seconds=5, what="TLS")
        self.ca = folder / "pki" / "ca.pem"

    def set(self, **passwords: str | None) -> None:
        self._passwords |= passwords
        self.write({device: sha(password) for device, password in self._passwords.items() if password})

    def write(self, devices: dict[str, str], **following: str) -> None:
        """The file as the dispatcher writes it; `following` are next passwords."""
        loads = self.house.log("saas.edge.broker").count("credentials_loaded")
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps({"devices": devices, "next": {name: sha(held) for name, held in following.items()}}))
        part.replace(self.file)
        until(lambda: self.house.log("saas.edge.broker").count("credentials_loaded") > loads, seconds=3, what="read")

    def counted(self, reason: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(
            round(float(line.split()[1])) for line in lines if line.startswith(f'{REFUSED}{{reason="{reason}"}}')
        )

    def close(self) -> None:
        self.house.close()


class Production:
    """Debian's Mosquitto, told by the dispatcher's own code."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        write_all(folder / "files", self.home, {})
        self.mosquitto = Mosquitto(folder, folder / "files")
        self.port, self.tls_port, self.ca = self.mosquitto.own_port, self.mosquitto.device_port, folder / "files/ca.pem"
        self._passwords: dict[str, str | None] = {}
        self._tags: dict[str, str] = {}
        os.environ["MQTT_URL"] = f"mqtt://127.0.0.1:{self.port}"
        self.link = Link("_dispatcher")
        self.following: set[str] = set()  # whose password is the next one
        self.promoted: list[tuple[str, str]] = []
        self.dynsec = Dynsec(self.link, self._registry, self._secrets, lambda *who: self.promoted.append(who))
        watch.watch(self.link, self.dynsec.saw)
        self.link.start()
        until(self.link.connected.is_set, seconds=5, what="connected")

    def set(self, **passwords: str | None) -> None:
        self._passwords |= passwords
        self._tags |= {device: sha(password)[:16] for device, password in passwords.items() if password}
        self.sync()

    def sync(self) -> None:
        """Until there is nothing more to do."""
        while self.dynsec.refresh():
            pass

    def _registry(self) -> dict[str, Login]:
        return {
            device: Login(self._tags.get(device, ""), held is not None, device in self.following)
            for device, held in self._passwords.items()
        }

    def _secrets(self, tags: object) -> dict[str, str]:
        return {device: held for device, held in self._passwords.items() if held}

    def counted(self, reason: str) -> int:
        return self._total(reason)

    def _total(self, reason: str) -> int:
        return round(REGISTRY.get_sample_value(REFUSED, {"reason": reason}) or 0)

    def close(self) -> None:
        self.link.stop()
        self.mosquitto.close()


def environment(folder: Path) -> pytest.MonkeyPatch:
    """This process belongs to the installation in `folder`, until undone."""
    changed = pytest.MonkeyPatch()
    changed.setenv("WATTLANE_HOME", str(folder))
    for name in [name for name in os.environ if name.startswith("WATTLANE_SECRET_")]:
        changed.delenv(name)
    changed.setenv("MQTT_URL", "unset")
    changed.delenv("MQTT_URL")
    return changed
