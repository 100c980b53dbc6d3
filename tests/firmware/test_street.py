"""The simulator as a process, over real sockets, against amqtt."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from firmware import signing
from firmware.image import pack
from firmware.simulator.control import ask
from saas.contracts.telemetry.messages import Event, Telemetry
from tests.firmware.broker import Platform, free_port, start_broker, stop, until
from tests.firmware.micropython.kit import CODE, permit

pytestmark = [pytest.mark.req("DEV-08", "DEV-01", "MKT-12"), pytest.mark.slow]
KEY = b"k" * 32
NAMES = ["ad_1", "ad_2", "ad_3"]


class RangeHandler(http.server.SimpleHTTPRequestHandler):
    """Serves ranges, as the platform does."""

    def do_GET(self) -> None:
        data = Path(self.translate_path(self.path)).read_bytes()
        first, last = (int(number) for number in self.headers["Range"].removeprefix("bytes=").split("-"))
        piece = data[first : last + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{first + len(piece) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(piece)))
        self.end_headers()
        self.wfile.write(piece)

    def log_message(self, *arguments: object) -> None:
        pass


class City:
    """Broker, platform and a street, each of which can be killed."""

    def __init__(self, home: Path, names: list[str]) -> None:
        self.home = home
        self.names = names
        self.port = free_port()
        self.broker = start_broker(self.port)
        self.platform = Platform(self.port)
        rows = [{"device": name, "secret": "x", "key_hex": KEY.hex(), "power_w": 11_000, "more": 1} for name in names]
        (home / "devices.json").write_text(json.dumps(rows))
        signing.keygen(home / "keys")
        handler = partial(RangeHandler, directory=str(home / "served"))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.web = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.start_street()

    def start_street(self) -> None:
        command = [sys.executable, "-m", "firmware.simulator", "--mqtt", f"127.0.0.1:{self.port}"]
        command += ["--home", str(self.home), "--devices", str(self.home / "devices.json")]
        environment = {name: value for name, value in os.environ.items() if name != "WATTLANE_HOME"}
        self.street = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.street.stdout is not None
        assert json.loads(self.street.stdout.readline())["event"] == "street_started"
        self.control = json.loads((self.home / "run" / "street.json").read_text())["control"]

    def do(self, action: str, device: str = "ad_1", **fields: object) -> dict[str, Any]:
        return ask(self.control, {"do": action, "device": device, **fields})

    def state(self, device: str = "ad_1") -> dict[str, Any]:
        state: dict[str, Any] = self.do("state", device)["state"]
        return state

    def grant(self, session: str, seconds: float, device: str = "ad_1") -> int:
        """A permit that is open from now on; its end in ms."""
        now_ms = time.time_ns() // 1_000_000
        end_ms = now_ms + int(seconds * 1000)
        data = permit(session, now_ms - 1000, end_ms, nonce=session, key=KEY, device=device)
        self.platform.command(device, f"permit-{session}", "permit", session=session, permit=data)
        assert until(lambda: self.platform.reply(device, f"permit-{session}")).ok
        return end_ms

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.platform.close()
        for process in (self.street, self.broker):
            stop(process)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path, NAMES)
    until(lambda: all(city.state(name)["online"] for name in NAMES))
    yield city
    city.close()


@pytest.fixture
def big_city(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path, [f"ad_{number}" for number in range(200)])
    yield city
    city.close()


def test_a_session_from_code_to_end(city: City) -> None:
    end_ms = city.grant("s1", 3.5)
    assert city.do("type_code", code="000000") == {"ok": False, "error": "wrong_code"}
    assert city.do("type_code", code=CODE) == {"ok": True}
    until(lambda: city.state()["closed"])
    until(lambda: city.platform.events("ad_1", "stopped"))
    state = city.state()
    assert 0 <= state["opened_at_ms"] - end_ms < 1000
    samples = [sample for sample in city.platform.of("ad_1", Telemetry) if sample.session == "s1"]
    assert len(samples) in range(2, 5) and samples[-1].power_w > 0
    energy = [body.energy_wh for body in city.platform.of("ad_1", Telemetry)]
    assert energy == sorted(energy)
    types = [event.type for event in city.platform.of("ad_1", Event)]
    assert types == ["boot", "permit", "refused", "presence", "plugged", "started", "stopped"]
    assert city.platform.statuses["ad_1"][-1].state == "plugged"
    until(lambda: city.state()["held"] == 0)
    assert city.platform.refused == []


def test_it_ends_on_time_while_the_broker_is_dead_and_nothing_is_lost(city: City) -> None:
    end_ms = city.grant("s1", 2.5)
    city.platform.command("ad_1", "a1", "activate", session="s1")
    until(lambda: city.platform.events("ad_1", "started"))
    stop(city.broker)
    until(lambda: city.state()["opened_at_ms"])
    assert 0 <= city.state()["opened_at_ms"] - end_ms < 1000
    assert not city.platform.events("ad_1", "stopped")
    city.broker = start_broker(city.port)
    city.platform.close()
    stored = city.platform.stored
    city.platform = Platform(city.port)
    city.platform.stored = stored
    stopped = until(lambda: city.platform.events("ad_1", "stopped"), 30)[0]
    assert stopped.reason == "time" and abs(stopped.ts_ms - city.state()["opened_at_ms"]) < 300
    until(lambda: city.state()["held"] == 0, 30)
    seqs = city.platform.seqs("ad_1", city.state()["boot"])
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.slow
def test_killed_in_mid_session_it_goes_on_for_what_is_left(city: City) -> None:
    end_ms = city.grant("s1", 5.0)
    city.platform.command("ad_1", "a1", "activate", session="s1")
    until(lambda: city.platform.events("ad_1", "started"))
    city.platform.acknowledging = False
    time.sleep(1.2)
    first_boot = city.state()["boot"]
    os.kill(city.street.pid, signal.SIGKILL)
    city.street.wait()
    city.platform.acknowledging = True
    city.start_street()
    until(lambda: city.state()["closed"])
    until(lambda: city.state()["opened_at_ms"])
    assert 0 <= city.state()["opened_at_ms"] - end_ms < 1000
    assert city.state()["boot"] != first_boot
    until(lambda: city.platform.events("ad_1", "stopped"))
    until(lambda: city.state()["held"] == 0)
    for name, boot in {(device, boot) for device, boot, _ in list(city.platform.stored)}:
        seqs = city.platform.seqs(name, boot)
        assert seqs == list(range(1, len(seqs) + 1))
    energy = [body.energy_wh for body in city.platform.of("ad_1", Telemetry)]
    assert energy == sorted(energy)
    assert len(city.platform.events("ad_1", "started")) == 1


def test_faults_network_and_plug_by_the_control_port(city: City) -> None:
    city.grant("s1", 60)
    city.platform.command("ad_1", "a1", "activate", session="s1")
    until(lambda: city.state()["closed"])
    city.do("offline", seconds=1.5)
    until(lambda: not city.state()["online"])
    assert city.state()["link_error"]
    assert city.state()["closed"] and city.state("ad_2")["online"]
    assert city.do("fault", fault="over_temperature", on=True)["ok"]
    until(lambda: not city.state()["closed"], 2)
    until(lambda: city.state()["online"])
    stopped = until(lambda: city.platform.events("ad_1", "stopped"))[0]
    assert (stopped.reason, stopped.code) == ("fault", "over_temperature")
    until(lambda: not city.platform.statuses["ad_1"][-1].online or city.platform.statuses["ad_1"][-1].state == "fault")
    assert any(not status.online for status in city.platform.statuses["ad_1"])
    assert city.do("plug")["ok"] and city.do("unplug")["ok"]
    assert not city.do("fault", fault="earthquake")["ok"]
    assert not city.do("state", device="nobody")["ok"]
    assert not city.do("dance")["ok"]
    assert not city.do("offline")["ok"]
    assert len(ask(city.control, {"do": "list"})["devices"]) == 3
    boot = city.state()["boot"]
    assert city.do("restart")["ok"] and city.state()["boot"] != boot


def image(city: City, version: str) -> dict[str, Any]:
    """A signed image of this version, served over HTTP as the platform does; what the command says of it."""
    data = pack({"firmware/app/version.py": f'FIRMWARE = "{version}"\n'.encode(), "big.bin": b"x" * 90_000}, version)
    served = city.home / "served"
    served.mkdir(exist_ok=True)
    (served / "image.bin").write_bytes(data)
    return signing.manifest(data, city.home / "keys" / signing.PRIVATE, url=f"{city.web}/image.bin")


def ota_words(city: City) -> list[str]:
    return [event.reason for event in city.platform.of("ad_1", Event) if event.code == "ota"]


@pytest.mark.slow
def test_an_update_over_http_and_one_that_crashes_goes_back(city: City) -> None:
    city.platform.command("ad_1", "u1", "ota", data=image(city, "1.9.0"))
    assert until(lambda: city.platform.reply("ad_1", "u1")).ok
    until(lambda: "healthy" in ota_words(city), 20)
    assert ota_words(city) == ["downloading", "verified", "installed", "healthy"]
    assert city.platform.statuses["ad_1"][-1].fw == "1.9.0" and city.state()["firmware"] == "1.9.0"
    assert city.do("fault", fault="ota_crash")["ok"]
    city.platform.command("ad_1", "u2", "ota", data=image(city, "1.9.1"))
    until(lambda: ota_words(city)[-1].startswith("rolled_back"), 20)
    assert ota_words(city)[-1] == "rolled_back:boots"
    until(lambda: city.state()["online"] and city.platform.statuses["ad_1"][-1].fw == "1.9.0")
    wrong = image(city, "1.9.2") | {"sig": image(city, "1.9.3")["sig"]}
    city.platform.command("ad_1", "u3", "ota", data=wrong)
    assert until(lambda: city.platform.reply("ad_1", "u3")).error == "bad_signature"
    assert city.platform.refused == []


def test_a_new_password_is_taken_over(city: City) -> None:
    boot = city.state()["boot"]
    city.platform.command("ad_1", "p1", "credential", data={"secret": "n" * 30})
    until(lambda: [event for event in city.platform.of("ad_1", Event) if event.code == "credential"])
    assert city.state()["boot"] == boot and until(lambda: city.platform.reply("ad_1", "p1")).ok


def test_a_card_begins_and_ends_a_session(city: City) -> None:
    assert city.do("card", uid="04a1b2c3")["ok"] and not city.do("card", uid="04")["ok"]
    told = until(lambda: city.platform.events("ad_1", "card"))[0]
    assert told.id_tag == "04A1B2C3"
    city.grant("s1", 60)
    city.platform.command("ad_1", "a1", "activate", session="s1", data={"id_tag": told.id_tag})
    until(lambda: city.state()["closed"])
    time.sleep(2.1)
    city.do("card", uid="04A1B2C3")
    assert until(lambda: city.platform.events("ad_1", "stopped"))[0].reason == "local"
    assert city.state()["opened_with_ma"] < 1000  # the vehicle was asked to stop before


def test_faults_on_demand_end_in_one_session_and_nothing_lost(city: City) -> None:
    city.grant("s1", 60)
    assert city.do("fault", fault="replayed_commands")["ok"]
    city.platform.command("ad_1", "a1", "activate", session="s1")
    until(lambda: city.state()["closed"])
    for fault in ("clock_jump", "slow_flash", "ring_overflow"):
        assert city.do("fault", fault=fault)["ok"], fault
    time.sleep(1.5)
    for fault in ("clock_jump", "slow_flash", "ring_overflow"):
        city.do("fault", fault=fault, on=False)
    assert city.state()["closed"]
    city.do("fault", fault="power_cut")
    assert not city.state()["closed"]
    until(lambda: not city.platform.statuses["ad_1"][-1].online)
    city.do("fault", fault="power_cut", on=False)
    until(lambda: city.state()["closed"])
    city.do("fault", fault="brown_out")
    until(lambda: not city.state()["closed"])
    city.do("fault", fault="brown_out", on=False)
    city.platform.command("ad_1", "st1", "stop", session="s1")
    until(lambda: city.platform.events("ad_1", "stopped"))
    until(lambda: city.state()["held"] == 0)
    assert len(city.platform.events("ad_1", "started")) == len(city.platform.events("ad_1", "stopped")) == 1
    summary = city.do("summary")["summary"]
    assert summary["faults"]["power_cut"] == 1 and summary["said"]["fault brown_out"] == 1
    assert summary["crashes"] == 0 and summary["held"] == 0 and city.platform.refused == []


@pytest.mark.slow
def test_newcomers_enrol_and_wait(tmp_path: Path) -> None:
    """At a broker that lets nobody in, and a platform that notes them."""
    from tests.firmware.test_main import Platform8000, Refusing

    with Platform8000() as platform, Refusing() as refusing:
        words = ["--mqtt", f"127.0.0.1:{refusing.port}", "--home", str(tmp_path), "--enrol", platform.address]
        command = [sys.executable, "-m", "firmware.simulator", *words, "--count", "3", "--for", "4"]
        out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
        lines = [json.loads(line) for line in out.splitlines()]
        waiting = {line["device"]: line["claim"] for line in lines if line["event"] == "device_waits"}
        assert {body["device"]: body["claim"] for body in platform.enrolled} == waiting and len(waiting) == 3
        assert len(platform.enrolled) == 3 and lines[-2]["event"] == "street_summary"
        again = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
        assert {json.loads(line).get("claim") for line in again.splitlines()} - {None} == set(waiting.values())


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked_and_says_so(city: City, name: signal.Signals) -> None:
    city.street.send_signal(name)
    out, _ = city.street.communicate(timeout=10)
    assert city.street.returncode == 0
    assert json.loads(out.splitlines()[-1])["event"] == "street_stopped"
    assert json.loads(out.splitlines()[-2])["event"] == "street_summary"
    until(lambda: all(not city.platform.statuses[device][-1].online for device in NAMES))


@pytest.mark.slow
def test_two_hundred_devices_charge_at_once_and_all_end_on_time(big_city: City) -> None:
    city, names = big_city, big_city.names
    until(lambda: all(city.state(name)["online"] for name in names), 60)
    now_ms = time.time_ns() // 1_000_000
    end_ms = now_ms + 20_000
    for name in names:
        data = permit(f"s-{name}", now_ms - 1000, end_ms, key=KEY, device=name)
        city.platform.command(name, f"p-{name}", "permit", permit=data)
        city.platform.command(name, f"a-{name}", "activate", session=f"s-{name}")
    until(lambda: len(city.platform.events("", "started")) == 200, 15)
    until(lambda: len(city.platform.events("", "stopped")) == 200, 60)
    states = ask(city.control, {"do": "list"})["devices"]
    assert all(0 <= state["opened_at_ms"] - end_ms < 2000 for state in states)
    until(lambda: sum(state["held"] for state in ask(city.control, {"do": "list"})["devices"]) == 0, 60)
    for state in states:
        seqs = city.platform.seqs(state["device"], state["boot"])
        assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) > 20
    assert city.platform.refused == []
