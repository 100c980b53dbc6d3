"""Departures, prices, and what vehicles say by themselves."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saas.contracts import rpc
from saas.devices import queries as registry
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.charging.models import Session
from tenants.power import actions
from tenants.power.actions import Point
from tenants.power.models import Allocation, ChargingNeed
from tenants.stations.actions import call_done, heard
from tenants.stations.models import Station, StationCommand
from tests.builders import NOW, device, evse
from tests.tenants.power.street import Street, member_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-07")]


def series(street: Street, *prices: str) -> None:
    """Hourly values from the full hour before now on; the site follows them."""
    start = street.now.replace(minute=0, second=0)
    made = actions.create_series(name="Day ahead", kind="price", currency="EUR", source="", by=street.owner, now=start)
    hours = [(start + timedelta(hours=k), start + timedelta(hours=k + 1)) for k in range(len(prices))]
    points = [Point(begin, end, Decimal(price)) for (begin, end), price in zip(hours, prices, strict=True)]
    actions.put_points(series=made, points=points, by=street.owner, now=start)
    actions.save_circuit(
        circuit=street.root, location=street.location, fields={"series": made}, by=street.owner, now=start
    )


def leaves(street: Street, unit: object, hours: float, energy_wh: int | None) -> ChargingNeed:
    session = unit.session  # type: ignore[attr-defined]
    at = street.now + timedelta(hours=hours)
    return actions.set_need(
        session_uid=session.uid, by=street.owner, departure_at=at, energy_wh=energy_wh, now=street.now
    )


def test_who_leaves_soon_goes_first(ampere: Tenant) -> None:
    street = Street()
    calm, hurried = street.box(), street.box()
    street.run(15)
    street.start(calm)
    street.start(hurried)
    street.run(40)
    assert (calm.drawn_ma, hurried.drawn_ma) == (16_000, 16_000)
    leaves(street, hurried, 1, 16_000)
    street.run(40)
    assert hurried.drawn_ma >= 23_100 and 31_000 <= hurried.drawn_ma + calm.drawn_ma <= 32_000


def test_a_vehicle_waits_for_the_cheap_hour_and_then_charges(ampere: Tenant) -> None:
    street = Street()
    box, other = street.box(member={"max_ma": 16_000}), street.box()
    street.run(15)
    series(street, "30", "10", "30", "30")
    street.start(box)
    street.start(other)
    leaves(street, box, 4, 8_000)
    street.run(40)
    row = member_of(box).allocation
    assert (box.drawn_ma, row.reason, other.drawn_ma) == (0, "price", 32_000)
    assert row.resumes_at is not None and abs(row.resumes_at - (street.now + timedelta(hours=1))) < timedelta(minutes=5)
    street.now = row.resumes_at
    street.run(40)
    assert box.drawn_ma == 12_800, "8 kWh and a tenth to spare, within the hour"


@pytest.mark.parametrize(("hours", "energy_wh"), [(None, 8_000), (4, None), (0.5, 30_000)])
def test_without_a_departure_or_with_no_time_to_lose_it_charges_at_once(
    ampere: Tenant, hours: float | None, energy_wh: int | None
) -> None:
    street = Street()
    box = street.box(member={"max_ma": 16_000})
    street.run(15)
    series(street, "30", "10", "30", "30")
    session = street.start(box)
    if hours is not None:
        leaves(street, box, hours, energy_wh)
    else:
        actions.set_need(
            session_uid=session.uid, by=street.owner, departure_at=None, energy_wh=energy_wh, now=street.now
        )
    street.run(40)
    assert box.drawn_ma == 16_000


def test_a_vehicle_says_by_itself_what_it_needs(ampere: Tenant) -> None:
    street = Street()
    box = street.box()
    box.station.protocol = "ocpp2.0.1"
    box.station.save()
    session = street.start(box)
    at = street.now + timedelta(hours=3)

    def needs(evse: int) -> dict[str, object]:
        parameters = {"energyAmount": 9_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}
        said = {
            "requestedEnergyTransfer": "AC_single_phase", "departureTime": at.isoformat(),
            "acChargingParameters": parameters,
        }  # fmt: skip
        told = rpc.Heard(
            device=box.device.device_id, protocol="ocpp2.0.1", action="NotifyEVChargingNeeds",
            payload={"evseId": evse, "chargingNeeds": said}, ts_ms=to_ms(street.now),
        )  # fmt: skip
        return heard(device=box.device, heard=told, now=street.now)

    assert needs(1) == {"status": "Accepted"} and needs(2) == {"status": "Rejected"}
    need = ChargingNeed.objects.get(session=session)
    assert (need.departure_at, need.energy_wh, need.max_ma, need.phases, need.source) == (
        at,
        9_000,
        16_000,
        1,
        "vehicle",
    )
    leaves(street, box, 5, 20_000)
    needs(1)
    need.refresh_from_db()
    assert (need.source, need.energy_wh, need.departure_at) == ("driver", 20_000, street.now + timedelta(hours=5))


def test_a_vehicle_that_shares_no_circuit_gets_what_it_asks_for_and_no_more(ampere: Tenant) -> None:
    """OCA's TC_K_53, TC_K_55 and TC_K_57."""
    station = Station.objects.create(device_id=device(kind="station").device_id, station_id="S", protocol="ocpp2.0.1")
    box = registry.get(station.device_id)
    spot = evse(of=box, power_w=11_000)
    Session.objects.create(evse=spot, device_id=box.device_id, transaction_id="tx-1", state="charging")

    def tell(action: str, **payload: Any) -> dict[str, Any]:
        told = rpc.Heard(
            device=box.device_id, protocol="ocpp2.0.1", action=action, payload={"evseId": 1, **payload},
            ts_ms=to_ms(NOW),
        )  # fmt: skip
        return heard(device=box, heard=told, now=NOW)

    def given() -> dict[str, Any]:
        sent = StationCommand.objects.order_by("-id")[0]
        done = rpc.CallDone(device=box.device_id, id=str(sent.uid), payload={"status": "Accepted"}, took_ms=1)
        call_done(device=box, done=done, now=NOW)
        return dict(sent.payload["chargingProfile"])

    for most, limit in ((10, 10.0), (99, spot.max_current_ma / 1000), (None, spot.max_current_ma / 1000)):
        needs = {"requestedEnergyTransfer": "AC_three_phase"}
        wants = {"energyAmount": 1, "evMinCurrent": 6, "evMaxCurrent": most, "evMaxVoltage": 230}
        more = {"acChargingParameters": wants} if most else {}
        assert tell("NotifyEVChargingNeeds", chargingNeeds={**needs, **more}) == {"status": "Accepted"}
        profile = given()
        assert (profile["chargingProfilePurpose"], profile["transactionId"]) == ("TxProfile", "tx-1")
        [schedule] = profile["chargingSchedule"]
        assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": limit}]
    plan = {"timeBase": "2026-01-01T00:00:00Z", "chargingSchedule": schedule}
    assert tell("NotifyEVChargingSchedule", **plan) == {"status": "Accepted"}
    later = [*schedule["chargingSchedulePeriod"], {"startPeriod": 60, "limit": limit * 2}]
    plan["chargingSchedule"] = {**schedule, "chargingSchedulePeriod": later}
    assert tell("NotifyEVChargingSchedule", **plan) == {"status": "Rejected"}
    assert given() == profile and StationCommand.objects.count() == 4
    plan["chargingSchedule"] = {**plan["chargingSchedule"], "chargingRateUnit": "W"}
    assert tell("NotifyEVChargingSchedule", **plan) == {"status": "Accepted"}


def test_a_single_phase_vehicle_leaves_the_other_lines_free(ampere: Tenant) -> None:
    street = Street()
    first, second = street.box(member={"lines": "123"}), street.box(member={"lines": "231"})
    street.run(15)
    for box in (first, second):
        session = street.start(box)
        ChargingNeed.objects.create(session=session, phases=1, updated_at=street.now, source="vehicle")
    street.run(60)
    assert (first.drawn_ma, second.drawn_ma) == (32_000, 32_000)
    assert set(Allocation.objects.values_list("reason", flat=True)) == {"full"}


def test_the_clock_of_the_plan_is_not_the_station_s(ampere: Tenant) -> None:
    """Prices that ended long ago leave nobody waiting."""
    street = Street()
    box = street.box()
    street.run(15)
    series(street, "30", "10")
    street.now = datetime.fromisoformat("2026-11-21T08:00:00+00:00")
    street.start(box)
    leaves(street, box, 4, 8_000)
    street.run(40)
    assert box.drawn_ma > 0
