"""The world, the devices and the street, without a broker."""

import asyncio
import json
from pathlib import Path

import pytest

from firmware.app.ports import Reading
from firmware.simulator import plan
from firmware.simulator.__main__ import main
from firmware.simulator.control import answer
from firmware.simulator.device import Identity, SimDevice
from firmware.simulator.street import Options, Street
from firmware.simulator.world import SimTime, World
from tests.firmware.micropython.kit import CODE, permit

pytestmark = pytest.mark.req("DEV-08")
KEY = b"k" * 32


class HandTime(SimTime):
    """Moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.value = 0

    def ms(self) -> int:
        return self.value

    def wall_ms(self) -> int:
        return 1763606400000 + self.value


def identity(number: int, power_w: int = 7_360) -> Identity:
    return Identity(f"ad_{number}", "x", KEY, power_w)


def street(tmp_path: Path, count: int) -> Street:
    return Street([identity(number) for number in range(count)], tmp_path, Options("127.0.0.1", 1))


def grant(device: SimDevice, session: str, start_ms: int, end_ms: int, **limits: int) -> None:
    data = permit(session, start_ms, end_ms, key=KEY, device=device.identity.device, **limits)
    command = {"v": 1, "id": session, "type": "permit", "ts_ms": start_ms, "expires_ms": end_ms, "permit": data}
    device.uplink.received(device.uplink.topic_cmd, json.dumps(command).encode())


def run(device: SimDevice, time: HandTime, seconds: int) -> None:
    for _ in range(seconds * 5):
        time.value += 200
        device.step()


def charging(tmp_path: Path, power_w: int = 7_360, **limits: int) -> tuple[SimDevice, HandTime]:
    time = HandTime()
    device = SimDevice(identity(1, power_w), tmp_path / "ad_1", time)
    grant(device, "s1", time.wall_ms(), time.wall_ms() + 600_000, **limits)
    run(device, time, 2)
    assert device.type_code(CODE) is None
    run(device, time, 2)
    assert device.world.contacts.closed
    return device, time


def test_power_starts_softly_and_keeps_to_the_permit(tmp_path: Path) -> None:
    device, time = charging(tmp_path, current_ma=16_000)
    low = device.world.power_w
    run(device, time, 10)
    assert low < 2_000 < 3_600 < device.world.power_w <= 3_680


@pytest.mark.parametrize("power_w", [3_680, 7_360, 11_000, 22_000])
def test_any_usual_vehicle_charges_without_a_fault(tmp_path: Path, power_w: int) -> None:
    device, time = charging(tmp_path, power_w)
    run(device, time, 120)
    assert device.adapter.faults.active == [] and device.world.power_w > power_w * 0.98
    delivered_wh = device.adapter.register.total_wh
    assert delivered_wh == pytest.approx(power_w * 119 / 3600, rel=0.05)


def test_the_vehicle_drives_away_after_the_end(tmp_path: Path) -> None:
    device, time = charging(tmp_path)
    run(device, time, 700)
    assert not device.world.plugged_in and device.state()["state"] == "idle"


def test_started_again_from_its_flash_it_goes_on(tmp_path: Path) -> None:
    device, time = charging(tmp_path)
    run(device, time, 20)
    before = device.state()
    told_wh = device.adapter.outbox.high_wh
    again = SimDevice(identity(1), tmp_path / "ad_1", time)
    run(again, time, 3)
    assert again.world.contacts.closed and again.state()["session"] == "s1"
    assert again.state()["energy_wh"] >= told_wh > 30 and again.state()["boot"] != before["boot"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("over_temperature", "over_temperature"),
        ("meter_silent", "meter_failure"),
        ("meter_frozen", "meter_failure"),
        ("tamper", "tamper"),
        ("over_current", "over_current"),
        ("overload", "over_current"),
        ("brown_out", "brown_out"),
        ("weak_mains", "brown_out"),
    ],
)
def test_each_fault_opens_the_relay_and_goes_away(tmp_path: Path, fault: str, code: str) -> None:
    device, time = charging(tmp_path)
    device.fault(fault, True)
    run(device, time, 25)
    assert not device.world.contacts.closed and device.state()["faults"] == [code]
    device.fault(fault, False)
    run(device, time, 700 if fault == "meter_frozen" else 70)  # what flowed meanwhile is told as unmetered energy
    assert device.state()["faults"] == []
    assert device.world.contacts.closed == (code == "brown_out")


@pytest.mark.parametrize("fault", ["warm", "meter_noise", "meter_reset", "deaf_vehicle"])
def test_what_can_be_borne_is_borne(tmp_path: Path, fault: str) -> None:
    device, time = charging(tmp_path)
    run(device, time, 20)
    before = device.adapter.register.total_wh
    device.fault(fault, True)
    run(device, time, 60)
    assert device.world.contacts.closed and device.state()["faults"] == []
    assert device.adapter.register.total_wh >= before + 60


def test_power_that_flows_past_the_relay_is_told(tmp_path: Path) -> None:
    time = HandTime()
    device = SimDevice(identity(1), tmp_path / "ad_1", time)
    run(device, time, 10)
    device.fault("unmetered", True)
    run(device, time, 20)
    assert device.state()["faults"] == ["unmetered_energy"]


def test_the_vehicle_stops_before_the_relay_opens(tmp_path: Path) -> None:
    device, time = charging(tmp_path)
    run(device, time, 20)
    device.adapter.sessions.ask_end("remote")
    run(device, time, 4)
    assert not device.world.contacts.closed and device.world.contacts.broken_ma == 0
    device, time = charging(tmp_path / "deaf")
    device.fault("deaf_vehicle", True)
    run(device, time, 20)
    device.adapter.sessions.ask_end("remote")
    run(device, time, 4)
    assert not device.world.contacts.closed and device.world.contacts.broken_ma > 10_000


def test_a_stuck_relay_is_noticed_when_it_should_be_open(tmp_path: Path) -> None:
    device, time = charging(tmp_path)
    device.fault("stuck_relay", True)
    run(device, time, 2)
    device.adapter.sessions.ask_end("remote")
    run(device, time, 9)
    assert "stuck_relay" in device.state()["faults"]


def test_without_a_time_server_it_knows_no_time(tmp_path: Path) -> None:
    device = SimDevice(identity(1), tmp_path / "ad_1", HandTime(), ntp=False)
    assert not device.state()["clock_set"]


def test_the_crash_of_one_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    three = street(tmp_path, 3)

    def broken() -> Reading | None:
        raise RuntimeError("broken")

    three.devices["ad_1"].world.poll = broken  # type: ignore[method-assign]
    for name in three.devices:
        three.step(name)
    assert three.devices["ad_1"].crashes == 1 and three.devices["ad_2"].crashes == 0
    assert three.devices["ad_2"].adapter.register.known
    assert json.loads(capsys.readouterr().out.splitlines()[0])["event"] == "device_crashed"


def test_one_that_cannot_start_again_is_taken_off_the_street(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = street(tmp_path, 2)
    (tmp_path / "ad_1" / "outbox.log").unlink()
    (tmp_path / "ad_1" / "outbox.log").mkdir()
    two.crashed(two.devices["ad_1"], RuntimeError("flash"))
    for name in list(two.devices):
        two.step(name)
    assert list(two.devices) == ["ad_0"]
    assert "device_dead" in capsys.readouterr().out


def test_the_control_port_never_raises(tmp_path: Path) -> None:
    one = street(tmp_path, 1)
    for line in (b"", b"{", b"[]", b"7", b'{"do": "state"}', b'{"do": "offline", "device": "ad_0", "seconds": "x"}'):
        assert asyncio.run(answer(one, line))["ok"] is False
    assert asyncio.run(answer(one, b'{"do": "list"}'))["ok"] is True


def test_speed_makes_time_run_faster() -> None:
    fast = SimTime(speed=1000.0)
    first = fast.ms()
    world = World(fast, 7_360, 1, "x")
    world.plugged_in = True
    world.offer(32_000)
    world.close_relay()
    while fast.ms() - first < 60_000:
        world.advance()
    assert world.poll().counter_wh > 50  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "words",
    [
        ["--mqtt", "127.0.0.1:1"],
        ["--mqtt", "nothing", "--count", "1"],
        ["--mqtt", "127.0.0.1:1", "--count", "1", "--faults", "earthquake"],
        ["--mqtt", "127.0.0.1:1", "--devices", "missing.json"],
        ["--mqtt", "127.0.0.1:1", "--count", "1", "--speed", "0"],
    ],
)
def test_what_it_does_not_understand_it_says(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--home", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("simulator: ")


def test_the_plan_of_faults_is_read() -> None:
    chances, planned = plan.read("tamper, brown_out:3,wifi_loss:10@60s+2m,power_cut:all@1m,broker_kill:1@5")
    assert chances == ("tamper",)
    assert planned == (
        plan.Planned("brown_out", 3, 10, 10), plan.Planned("wifi_loss", 10, 60, 120),
        plan.Planned("power_cut", None, 60, 10), plan.Planned("broker_kill", None, 5, 10),
    )  # fmt: skip
    for wrong in ("earthquake", "tamper:x", "tamper:1@", "tamper:1+2h"):
        with pytest.raises(ValueError, match="not understood"):
            plan.read(wrong)
    assert plan.read("") == ((), ()) and "brown_out" in plan.described()


def test_every_fault_can_be_switched_on_and_off(tmp_path: Path) -> None:
    device, time = charging(tmp_path)
    for name in plan.EVERYTHING:
        device.fault(name, True)
        run(device, time, 1)
        device.fault(name, False)
        run(device, time, 1)
    with pytest.raises(ValueError, match="earthquake"):
        device.fault("earthquake", True)
    assert device.state()["broken"] == []


def test_the_same_seed_breaks_the_same_devices(tmp_path: Path) -> None:
    chosen = []
    for number in range(2):
        options = Options("127.0.0.1", 1, seed="42", planned=(plan.Planned("tamper", 3, 0, 0),))
        nine = Street([identity(index) for index in range(9)], tmp_path / str(number), options)
        broken: list[str] = []
        nine.fault = lambda name, fault, on, broken=broken: broken.append(name)  # type: ignore[method-assign,assignment,misc]
        asyncio.run(nine._carry_out(options.planned[0]))
        chosen.append(broken)
    assert chosen[0] == chosen[1] and len(set(chosen[0])) == 3


def test_a_meter_that_forgets_and_one_that_keeps(tmp_path: Path) -> None:
    for forgets in (True, False):
        time = HandTime()
        who = Identity("ad_1", "x", KEY, 7_360, forgets)
        device = SimDevice(who, tmp_path / str(forgets), time)
        grant(device, "s1", time.wall_ms(), time.wall_ms() + 600_000)
        device.type_code(CODE)
        run(device, time, 60)
        before = device.adapter.register.total_wh
        device.fault("power_cut", True)
        run(device, time, 5)
        assert device.state()["closed"] is False
        device.fault("power_cut", False)
        run(device, time, 2)
        lost_wh = before - device.adapter.register.total_wh
        assert device.world.contacts.closed and (-6 <= lost_wh <= 0 or (forgets and lost_wh <= 31))


def test_the_ring_overflows_and_keeps_every_event(tmp_path: Path) -> None:
    device, time = charging(tmp_path)
    device.fault("ring_overflow", True)
    run(device, time, 60)
    held = [item.kind for item in device.adapter.outbox.items]
    assert len(held) == 20 and device.adapter.outbox.dropped > 30 and held.count("event") >= 4
    assert not device.reachable()


def test_the_clock_that_jumps_ends_nothing(tmp_path: Path) -> None:
    device, time = charging(tmp_path)
    device.fault("clock_jump", True)
    run(device, time, 120)
    assert device.world.contacts.closed
