"""The wiring of the ESP32, run with stand-ins for the chip's own modules, against a real broker."""

import http.server
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.firmware import esp32_stand_in as chip
from tests.firmware.broker import Platform, free_port, start_broker, stop, until
from tests.firmware.micropython.kit import CODE, KEY, permit

pytestmark = pytest.mark.req("DEV-01", "MKT-12")
PINS = {"relay": 5, "lock": 18, "led": 2, "case": 19, "ntc": 34, "pilot": 25}


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ModuleType]]:
    """firmware.main and firmware.drivers.esp32 on the stand-ins; nothing of them stays."""
    for name in ("ticks_ms", "ticks_diff", "sleep_ms"):
        monkeypatch.setattr(time, name, None, raising=False)
    for name in ("machine", "network"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    chip.install()
    from firmware import main
    from firmware.drivers import esp32

    yield main, esp32
    for name in ("firmware.main", "firmware.drivers.esp32", "firmware.net.wifi"):
        sys.modules.pop(name, None)


def config(port: int) -> dict[str, Any]:
    text = {
        "device": "ad_bench",
        "secret": "x",
        "key_hex": KEY.hex(),
        "wifi": {"name": "home", "password": "passpass"},
        "mqtt": {"host": "localhost", "port": port},
        "ntp": "localhost",
        "pins": PINS,
        "meter": {"kind": "pzem004t", "uart": 1, "tx": 17, "rx": 16},
        "keypad": {"rows": [12, 13, 14, 15], "columns": [21, 22, 23]},
    }
    loaded: dict[str, Any] = json.loads(json.dumps(text))
    return loaded


def test_a_session_through_the_whole_wiring(
    modules: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, _ = modules
    port = free_port()
    broker = start_broker(port)
    platform = Platform(port)
    monkeypatch.setattr(main, "_tls", lambda mqtt: None)
    monkeypatch.setattr(main.ntp, "WAIT_S", 0.1)
    here = main.Machine(config(port), str(tmp_path))
    threads = [threading.Thread(target=target) for target in (here.network, lambda: suppressed(here.control))]
    for thread in threads:
        thread.start()
    until(lambda: platform.statuses.get("ad_bench"))
    until(lambda: here.adapter.clock.trusted)  # told by the acknowledgement: there is no time server here
    now_ms = time.time_ns() // 1_000_000
    platform.command("ad_bench", "c1", "permit", permit=permit(start=now_ms - 1000, end=now_ms + 3_000))
    assert until(lambda: platform.reply("ad_bench", "c1")).ok
    with here.lock:
        assert here.adapter.type_code(CODE) is None
    until(lambda: chip.Pin.made[5].history[-1] == 1)
    assert chip.Pwm.duty == 32_000 * 65535 // 60_000 and chip.Pin.made[18].history[-1] == 1
    stop(broker)  # the cut-off needs neither broker nor cloud
    until(lambda: chip.Pin.made[5].history[-1] == 0, 5)
    assert 0 <= time.time_ns() // 1_000_000 - (now_ms + 3_000) < 1000
    assert chip.Pin.made[5].history == [0, 1, 0] and chip.Pwm.duty == 65535
    assert chip.Watchdog.fed > 20
    here.failure = RuntimeError("end of the test")
    for thread in threads:
        thread.join()
    platform.close()


def test_a_new_device_is_set_up_by_its_own_page(
    modules: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the first start: identity, label, own network, form, a wrong password, the right one, enrolment."""
    main, _ = modules
    monkeypatch.setattr(main, "_tls", lambda mqtt: None)
    monkeypatch.setattr(main, "GOOD_BYE_MS", 500)
    monkeypatch.setattr(main.ntp, "WAIT_S", 0.1)
    text = config(1)
    for name in ("device", "secret", "key_hex", "wifi"):
        del text[name]
    web_port, name_port = free_port(), free_port()
    with Platform8000() as platform, Refusing() as refusing:
        text["platform"], text["mqtt"]["port"] = platform.address, refusing.port
        assert main._platform(text) == "" and main._platform({**text, "platform": "https://x"}) == "https://x"
        monkeypatch.setattr(main, "_platform", lambda config: config["platform"])
        text["portal_host"], text["portal_ports"] = "127.0.0.1", [web_port, name_port]
        here = main.Machine(text, str(tmp_path))
        label = capsys.readouterr().out
        assert here.identity.qr() in label and here.identity.hotspot in label
        assert here.identity.secret not in label and here.identity.key_hex not in label
        thread = threading.Thread(target=here.network)
        thread.start()
        until(lambda: "<form" in page(web_port))
        assert chip.Wlan.points[-1] == {"ssid": here.identity.network(), "key": here.identity.hotspot, "security": 3}
        submit(web_port, name="home", password="wrong-password")
        until(lambda: "did not take the password" in page(web_port))
        assert not here.network_kept.name and "wrong-password" not in page(web_port)
        submit(web_port, name="home", password="passpass")
        until(lambda: platform.enrolled)
        assert platform.enrolled[0] == {
            "device": here.identity.device, "secret": here.identity.secret, "permit_key": here.identity.key_hex,
            "claim": here.identity.claim, "fw": here.adapter.firmware, "hardware": "esp32",
        }  # fmt: skip
        here.failure = RuntimeError("end of the test")
        thread.join()
    again = main.Machine(text, str(tmp_path))
    assert again.identity.device == here.identity.device and again.network_kept.name == "home"
    assert capsys.readouterr().out == ""


def test_an_update_through_the_whole_wiring(
    modules: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ordered by the broker, fetched over HTTP, installed; the control loop ends, so that the chip restarts."""
    from tests.firmware.micropython.test_update import MODULUS, image, manifest
    from tests.firmware.test_web import Handler

    main, _ = modules
    monkeypatch.setattr(main, "_tls", lambda mqtt: None)
    monkeypatch.setattr(main.ntp, "WAIT_S", 0.1)
    monkeypatch.setattr("tests.firmware.test_web.BODY", image())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = free_port()
    broker, folder = start_broker(port), str(tmp_path)
    platform = Platform(port)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/version").write_text("1.1.0")
    here = main.Machine(config(port), folder)
    here.adapter.updater._modulus_hex = MODULUS
    threads = [threading.Thread(target=target) for target in (here.network, here.control)]
    for thread in threads:
        thread.start()
    until(lambda: platform.statuses.get("ad_bench"))
    data = manifest(url=f"http://127.0.0.1:{server.server_port}/ranges")
    platform.command("ad_bench", "u1", "ota", data=data)
    threads[1].join(20)
    assert not threads[1].is_alive() and here.adapter.updater.restart
    here.failure = RuntimeError("end of the test")
    threads[0].join()
    assert (tmp_path / "b/firmware/x.py").read_text() == "X = 1\n"
    assert json.loads((tmp_path / "slot.json").read_text())["active"] == "b"
    server.shutdown()
    server.server_close()
    platform.close()
    stop(broker)


def page(port: int) -> str:
    import urllib.request

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def submit(port: int, **form: str) -> None:
    import urllib.parse
    import urllib.request

    data = urllib.parse.urlencode(form).encode()
    urllib.request.urlopen(f"http://127.0.0.1:{port}/save", data, timeout=2).close()


class Platform8000:
    """Takes enrolments."""

    def __enter__(self) -> "Platform8000":
        enrolled: list[dict[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/api/v1/devices/enrol"
                enrolled.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"state": "waiting"}')

            def log_message(self, *arguments: object) -> None:
                pass

        self.enrolled = enrolled
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Refusing:
    """A broker that lets nobody in: return code 5."""

    def __enter__(self) -> "Refusing":
        import socketserver

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.recv(1024)
                self.request.sendall(b"\x20\x02\x00\x05")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def suppressed(control: Any) -> None:
    with pytest.raises(RuntimeError):
        control()


def test_a_fault_in_the_network_thread_stops_the_control_loop(modules: tuple[Any, Any], tmp_path: Path) -> None:
    main, _ = modules
    here = main.Machine({**config(1), "wifi": {"name": "home"}}, str(tmp_path))
    here.network()
    with pytest.raises(KeyError):
        here.control()


def test_tls_is_left_out_on_the_plain_port_only(modules: tuple[Any, Any], tmp_path: Path) -> None:
    main, _ = modules
    assert main._tls({"port": 1883}) is None
    with pytest.raises(FileNotFoundError):
        main._tls({"port": 8883, "ca_file": str(tmp_path / "none.pem")})


def test_thermometer(modules: tuple[Any, Any]) -> None:
    _, esp32 = modules
    assert esp32.ntc_mc(1_470_000) == 30_000 and esp32.ntc_mc(1_148_000) == 40_000
    assert 30_000 < esp32.ntc_mc(1_300_000) < 40_000
    assert esp32.ntc_mc(3_000_000) == 0 and esp32.ntc_mc(0) == 110_000
    assert esp32.ntc_mc(3_300_000) == 125_000  # a broken wire


def test_ticks_never_wrap(modules: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    _, esp32 = modules
    raw = [(1 << 30) - 100]
    monkeypatch.setattr(time, "ticks_ms", lambda: raw[0])
    ticks = esp32.Ticks()
    raw[0] = 50
    assert ticks.ms() == 150


def test_the_chip_is_told_the_time_too_for_the_dates_of_certificates(modules: tuple[Any, Any]) -> None:
    _, esp32 = modules
    esp32.set_clock(1763606400000)
    assert chip.Rtc.set_to == (2025, 11, 20, 3, 2, 40, 0, 0)


def test_boot_numbers_have_62_bits_and_are_new(modules: tuple[Any, Any]) -> None:
    _, esp32 = modules
    numbers = {esp32.boot_number() for _ in range(50)}
    assert len(numbers) == 50 and min(numbers) >= 1 and max(numbers) <= 1 << 62


@pytest.mark.parametrize("state", ["idle", "plugged", "charging", "fault"])
def test_the_light_shows_each_state(modules: tuple[Any, Any], state: str) -> None:
    _, esp32 = modules
    ticks = esp32.Ticks()
    board = esp32.Esp32Board(PINS, ticks)
    seen = set()
    for tenth in range(40):
        monotonic = tenth * 100
        ticks.ms = lambda monotonic=monotonic: monotonic
        board.show(state)
        seen.add(chip.Pin.made[2].history[-1])
    assert seen == ({1} if state == "charging" else {0, 1})


def test_the_board_of_the_shelf_is_wired_by_its_file(modules: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """firmware/boards/adapter-a.json: every part is there, no pin is used twice, none that the chip needs itself."""
    _, esp32 = modules
    onewire, neopixel = ModuleType("onewire"), ModuleType("neopixel")
    onewire.OneWire = lambda pin: None  # type: ignore[attr-defined]
    neopixel.NeoPixel = lambda pin, count: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "onewire", onewire)
    monkeypatch.setitem(sys.modules, "neopixel", neopixel)
    text = json.loads((Path(__file__).parents[2] / "firmware/boards/adapter-a.json").read_text())
    used = list(text["pins"].values()) + text["keypad"]["rows"] + text["keypad"]["columns"] + [text["button"]]
    used += [text["meter"]["tx"], text["meter"]["rx"], text["reader"]["tx"], text["reader"]["rx"]]
    assert len(used) == len(set(used))
    assert not set(used) & {0, 3, 45, 46, 19, 20, *range(26, 38), 43, 44}  # strapping, USB, flash and PSRAM, console
    assert {text["pins"]["pilot_adc"], text["pins"]["supply"]} <= set(range(1, 11))  # ADC1: the other needs the radio
    board = esp32.Esp32Board(text["pins"], esp32.Ticks(), text["scales"])
    assert board.supply_mv() == 2940 and board.contact() is True and board.has_pilot()
    assert not board.tampered()
    board.lock(True)
    chip.Pin.made[text["pins"]["lock_sense"]].history.append(1)
    assert not board.tampered()
    monkeypatch.setattr(esp32, "FORCED_MS", 0)
    assert board.tampered()
    board.lock(False)
    assert not board.tampered()
    chip.Pin.made[text["pins"]["case"]].history.append(1)
    assert board.tampered()


def test_the_vehicle_is_seen_through_the_pilot(modules: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    _, esp32 = modules
    monkeypatch.setattr(esp32, "LOOK_MS", 0)
    board = esp32.Esp32Board({"relay": 5, "pilot": 25, "pilot_adc": 1}, esp32.Ticks(), {"pilot_gain": 9091})
    seen = []
    for volts in (12, 9, 6, 3, 12):
        board._pilot._adc.microvolts = volts * 1_000_000_000 // 9091
        board.plugged()
        seen.append((board.plugged(), board.asks()))
    assert seen == [(False, False), (True, False), (True, True), (True, True), (False, False)]
