"""The simulated OCPP stations against the real gateway: they charge, obey and come back, in both versions."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.stations import control, limits
from firmware.stations.__main__ import built
from firmware.stations.outlet import Outlet, Transaction, Vehicle
from firmware.stations.station import Station
from saas.contracts import rpc
from tests.saas.edge.ocpp.fakes import House, opened, play, until

pytestmark = [pytest.mark.req("DEV-08"), pytest.mark.slow]
VERSIONS = ("ocpp1.6", "ocpp2.0.1")
Story = Callable[[House, Station], Awaitable[None]]


def told(folder: Path, protocol: str, story: Story) -> None:
    async def scene() -> None:
        async with opened(folder) as house:
            row = {"station": "CP1", "tenant": "ampere", "protocol": protocol, "password": "secret-of-cp1"}
            station = built(row, f"ws://127.0.0.1:{house.port}/ocpp")
            station.settings["MeterValueSampleInterval"].value = "1"
            task = asyncio.create_task(station.run())
            try:
                await until(station.link.registered.is_set)
                await story(house, station)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    play(scene)


async def command(house: House, action: str, payload: dict[str, Any]) -> rpc.CallDone:
    """Have the gateway send a raw call, and hear what it tells the domain of it."""
    key = f"c{len(house.answers.of(rpc.CallDone))}"
    house.broker.command("st_1", id=key, type="ocpp", data={"action": action, "payload": payload, "timeout_s": 5})
    await until(lambda: [done for done in house.answers.of(rpc.CallDone) if done.id == key])
    return next(done for done in house.answers.of(rpc.CallDone) if done.id == key)


@pytest.mark.parametrize("protocol", VERSIONS)
def test_a_card_starts_and_stops(tmp_path: Path, protocol: str) -> None:
    async def story(house: House, station: Station) -> None:
        station.plug(1, Vehicle())
        assert await station.card(1, "STRANGER") == "refused"
        assert await station.card(1, "04A1B2C3") == ""
        await until(lambda: "started" in house.broker.events())
        await until(lambda: [t for t in house.broker.of("telemetry") if t.get("power_w") == 22_080])
        assert await station.card(1, "04FFFFFF") == "in use"
        assert await station.card(1, "04a1b2c3") == ""
        await until(lambda: "stopped" in house.broker.events())

    told(tmp_path, protocol, story)


TOKEN = {"idToken": "WLX", "type": "Central"}
REMOTE = {
    "ocpp1.6": (
        ("RemoteStartTransaction", {"connectorId": 2, "idTag": "WLX"}),
        ("SetChargingProfile", "connectorId", "csChargingProfiles"),
    ),
    "ocpp2.0.1": (
        ("RequestStartTransaction", {"evseId": 2, "remoteStartId": 7, "idToken": TOKEN}),
        ("SetChargingProfile", "evseId", "chargingProfile"),
    ),
}  # fmt: skip


def profile(protocol: str, amperes: float) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}]}
    common = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}
    if protocol == "ocpp1.6":
        return {**common, "chargingProfileId": 1, "chargingSchedule": schedule}
    return {**common, "id": 1, "chargingSchedule": [{**schedule, "id": 1}]}


@pytest.mark.parametrize("protocol", VERSIONS)
def test_it_obeys_the_platform(tmp_path: Path, protocol: str) -> None:
    async def story(house: House, station: Station) -> None:
        (start, body), (setting, evse, field) = REMOTE[protocol]
        assert (await command(house, start, body)).payload == {"status": "Accepted"}
        station.plug(2, Vehicle())
        await until(lambda: "started" in house.broker.events())
        limit = {evse: 2, field: profile(protocol, 8)}
        assert (await command(house, setting, limit)).payload == {"status": "Accepted"}
        await until(lambda: [t for t in house.broker.of("telemetry") if t.get("current_ma") == 8_000])
        answer = (await command(house, "GetCompositeSchedule", {evse: 2, "duration": 60})).payload
        assert answer is not None and '"limit": 8.0' in str(answer).replace("'", '"')
        reset = {"type": "Hard" if protocol == "ocpp1.6" else "Immediate"}
        assert (await command(house, "Reset", reset)).payload == {"status": "Accepted"}
        await until(lambda: "stopped" in house.broker.events())
        await until(lambda: len(house.answers.of(rpc.Boot)) == 2)
        assert station.limit_ma(station.outlets[2]) == 8_000  # the default outlives the transaction and the reset

    told(tmp_path, protocol, story)


def test_what_must_arrive_survives_the_gateway(tmp_path: Path) -> None:
    async def story(house: House, station: Station) -> None:
        station.plug(1, Vehicle())
        await station.card(1, "04A1B2C3")
        await until(lambda: "started" in house.broker.events())
        house.broker.away = True
        station.stop(station.outlets[1], "Local")
        await asyncio.sleep(0.3)
        assert "stopped" not in house.broker.events()
        house.broker.come_back()
        await station.link.drop()  # instead of waiting until the call times out
        await until(lambda: "stopped" in house.broker.events())
        assert station.link.waiting == 0

    told(tmp_path, "ocpp1.6", story)


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=20))
def test_a_meter_never_falls_and_no_limit_is_passed(asked: list[int]) -> None:
    outlet = Outlet(1, vehicle=Vehicle(wants_wh=10**6), transaction=Transaction(1, "tag", 0, 0.0))
    before = 0
    for limit_ma in asked:
        outlet.step(1.0, limit_ma)
        assert outlet.register_mwh >= before
        assert outlet.current_ma == 0 or 6_000 <= outlet.current_ma <= min(limit_ma, 32_000)
        before = outlet.register_mwh


def test_profiles_stack_as_the_standard_says() -> None:
    def one(number: int, purpose: str, stack: int, limit: float, **more: Any) -> limits.Profile:
        return limits.Profile(number, 1, purpose, stack, "Relative", "A", ((0, limit, 3), (60, limit / 2, 3)), **more)

    default, high = one(1, "TxDefaultProfile", 0, 32), one(2, "TxDefaultProfile", 1, 20, valid_to_s=500)
    tx, whole = one(3, "TxProfile", 0, 16, transaction="9"), one(4, "ChargePointMaxProfile", 0, 10)

    def now(now_s: float, *profiles: limits.Profile) -> int | None:
        return limits.allowed_ma(profiles, evse=1, now_s=now_s, transaction="9", begun_s=100)

    assert now(100) is None
    assert [now(100, default), now(160, default), now(100, default, high), now(500, default, high)] == [
        32_000, 16_000, 20_000, 16_000,
    ]  # fmt: skip
    assert [now(100, default, tx), now(100, tx, whole), now(100, default, whole)] == [16_000, 10_000, 10_000]
    assert limits.allowed_ma([tx, default], evse=1, now_s=100, transaction=None, begun_s=None) == 32_000


def test_hands_are_told_what_they_cannot_do() -> None:
    async def scene() -> None:
        station = built({"station": "CP1", "tenant": "t"}, "ws://127.0.0.1:9/ocpp")
        stations = {"CP1": station}
        assert (await control.answer(stations, b'{"do": "list"}'))["stations"][0]["outlets"][0]["status"] == "Available"
        assert await control.answer(stations, b'{"do": "plug", "station": "CP1", "outlet": 1}') == {"ok": True}
        refused = await control.answer(stations, b'{"do": "card", "station": "CP1", "outlet": 2, "id_tag": "A"}')
        assert refused == {"ok": False, "error": "not ready"}
        for wrong in (b"{", b"[]", b'{"do": "fly"}', b'{"do": "plug", "station": "CP9", "outlet": 1}'):
            assert (await control.answer(stations, wrong))["ok"] is False

    play(scene)
