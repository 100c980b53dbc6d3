"""The wiring of the ESP32, run with stand-ins for the chip's own modules, against a real broker."""

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
        "wifi": {"name": "home", "password": "pass"},
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


def suppressed(control: Any) -> None:
    with pytest.raises(RuntimeError):
        control()


def test_a_fault_in_the_network_thread_stops_the_control_loop(modules: tuple[Any, Any], tmp_path: Path) -> None:
    main, _ = modules
    here = main.Machine({**config(1), "wifi": {}}, str(tmp_path))
    here.network()
    with pytest.raises(KeyError):
        here.control()


def test_tls_is_left_out_on_the_plain_port_only(modules: tuple[Any, Any], tmp_path: Path) -> None:
    main, _ = modules
    assert main._tls({"port": 1883}) is None
    with pytest.raises(FileNotFoundError):
        main._tls({"port": 8883, "ca_file": str(tmp_path / "none.pem")})


def test_pilot_and_thermometer(modules: tuple[Any, Any]) -> None:
    _, esp32 = modules
    assert [esp32.pilot_duty(current) * 100 // 65535 for current in (0, 6000, 16000, 32000)] == [100, 9, 26, 53]
    assert esp32.pilot_duty(63000) * 1000 // 65535 == 891
    assert esp32.ntc_mc(1_470_000) == 30_000 and esp32.ntc_mc(1_148_000) == 40_000
    assert 30_000 < esp32.ntc_mc(1_300_000) < 40_000
    assert esp32.ntc_mc(3_300_000) == 0 and esp32.ntc_mc(0) == 110_000


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
