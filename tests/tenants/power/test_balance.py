"""The loop against a site of simulated stations and vehicles: the limit holds, second by second, whatever they do."""

import pytest

from saas.tenancy.models import Tenant
from tenants.power.actions import save_circuit
from tenants.power.models import Alarm, Capability
from tests.tenants.power.street import Street, member_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-07")]
LIMIT = 32_000


def never_above(street: Street) -> None:
    assert street.total() <= street.root.limit_ma, (street.ticks, [unit.drawn_ma for unit in street.boxes])


def settled(street: Street) -> Street:
    """Every station has been asked what it can, and holds its safe default."""
    street.run(15)
    return street


def test_one_vehicle_gets_all_and_two_share(ampere: Tenant) -> None:
    street = Street()
    first, second = street.box(), street.box()
    settled(street)
    street.start(first)
    street.run(30, watch=never_above)
    assert first.drawn_ma == LIMIT
    street.start(second)
    street.run(40, watch=never_above)
    assert (first.drawn_ma, second.drawn_ma) == (16_000, 16_000)
    street.end(first)
    street.run(40, watch=never_above)
    assert second.drawn_ma == LIMIT


def test_a_station_of_2_0_1_that_knows_only_watts_shares_with_one_of_1_6(ampere: Tenant) -> None:
    street = Street()
    old, new = street.box(), street.box(protocol="ocpp2.0.1")
    settled(street)
    for box in (old, new):
        street.start(box)
    street.run(40, watch=never_above)
    assert old.drawn_ma == 16_000 and 15_900 <= new.drawn_ma <= 16_000
    held = Capability.objects.get(station=new.station)
    assert (held.units, held.max_stack, held.smart, held.accepted[-1]) == ("W", 3, True, "W TxProfile Absolute timed")


def test_a_station_gets_its_safe_default_first_and_keeps_it_alone(ampere: Tenant) -> None:
    street = Street()
    box = street.box()
    settled(street)
    assert box.limit_ma(street.now) == 6_000
    held = Capability.objects.get(station=box.station)
    assert (held.state, held.units, held.max_stack, held.max_periods, held.max_profiles) == ("known", "A,W", 5, 24, 10)
    kinds = [(action, payload) for _, action, payload in box.told]
    assert [action for action, _ in kinds][:2] == ["GetConfiguration", "SetChargingProfile"]
    assert kinds[1][1]["csChargingProfiles"]["chargingProfilePurpose"] == "TxDefaultProfile"


def test_empty_places_give_their_room_and_a_newcomer_waits_for_a_moment(ampere: Tenant) -> None:
    """Three fallbacks of 10 A; one vehicle takes all 32 A: the two others are held at nothing until it is lowered."""
    street = Street(fallback_ma=10_000)
    boxes = [street.box() for _ in range(3)]
    settled(street)
    street.start(boxes[0])
    street.run(40, watch=never_above)
    assert boxes[0].drawn_ma == LIMIT
    assert [box.limit_ma(street.now) for box in boxes[1:]] == [0, 0]
    street.start(boxes[1])
    street.run(60, watch=never_above)
    assert (boxes[0].drawn_ma, boxes[1].drawn_ma) == (16_000, 16_000)


def test_the_cloud_goes_away_at_any_moment_and_the_limit_holds(ampere: Tenant) -> None:
    """Raises end before the holds that made room for them; then everybody has the safe default."""
    street = Street(fallback_ma=10_000)
    boxes = [street.box() for _ in range(3)]
    settled(street)
    street.start(boxes[0])
    street.run(60, watch=never_above)
    street.cloud = False
    for box in boxes[1:]:
        street.start(box)
    street.run(1_300, every=15, watch=never_above)
    assert [box.drawn_ma for box in boxes] == [10_000, 10_000, 10_000]


def test_a_station_that_goes_offline_is_counted_with_its_fallback(ampere: Tenant) -> None:
    street = Street(fallback_ma=10_000)
    first, second = street.box(), street.box()
    settled(street)
    for box in (first, second):
        street.start(box)
    street.run(40, watch=never_above)
    street.connect(first, online=False)
    street.run(700, every=15, watch=never_above)
    assert (first.drawn_ma, second.drawn_ma) == (10_000, 22_000)
    row = member_of(first).allocation
    assert (row.reason, row.may_ma) == ("offline", 10_000)
    street.connect(first, online=True)
    street.run(60, watch=never_above)
    assert (first.drawn_ma, second.drawn_ma) == (16_000, 16_000)


@pytest.mark.slow
def test_a_raise_is_renewed_as_long_as_somebody_looks(ampere: Tenant) -> None:
    street = Street()
    box = street.box()
    settled(street)
    street.start(box)
    street.run(40)
    street.run(700, every=15)
    assert box.drawn_ma == LIMIT
    assert len([1 for _, action, _ in box.told if action == "SetChargingProfile"]) < 10


def test_a_station_that_ignores_its_profile_is_alarmed_corrected_and_stopped(ampere: Tenant) -> None:
    street = Street()
    good, bad = street.box(), street.box(obeys=False, reads=False)
    settled(street)
    for box in (good, bad):
        street.start(box)
    street.run(45)
    assert street.total() <= LIMIT, "the other gives way within the reaction time"
    assert Alarm.objects.get(kind="ignores", cleared_at=None).member.evse == bad.evse
    street.run(60)
    assert bad.session is not None
    bad.session.refresh_from_db()
    assert bad.session.stop_by == "operator" and member_of(bad).allocation.reason == "stopped"
    assert Alarm.objects.filter(kind="stopped", cleared_at=None).exists()
    street.end(bad)
    street.run(30)
    assert good.drawn_ma >= 22_000 and not Alarm.objects.filter(kind="stopped", cleared_at=None).exists()


def test_a_station_that_says_yes_and_reads_back_otherwise_is_told_in_another_way(ampere: Tenant) -> None:
    """It knows no TxProfile: it accepts it and goes on as before. The composite schedule shows it at once."""
    street = Street()
    box = street.box(member={"max_ma": 16_000})
    settled(street)
    install = box._install
    box._install = lambda profile: None if profile["chargingProfilePurpose"] == "TxProfile" else install(profile)  # type: ignore[method-assign]
    box.profiles.clear()
    street.start(box)
    street.run(60)
    assert box.drawn_ma == 16_000
    assert any("TxProfile" in name for name in Capability.objects.get(station=box.station).refused)


def test_the_ladder_goes_down_by_refusals_and_remembers(ampere: Tenant) -> None:
    street = Street()
    box = street.box(refuses=lambda p: "Rejected" if p["chargingSchedule"]["chargingRateUnit"] == "A" else None)
    settled(street)
    street.start(box)
    street.run(60, watch=never_above)
    assert 31_500 <= box.drawn_ma <= LIMIT
    held = Capability.objects.get(station=box.station)
    assert "A TxProfile Absolute timed" in held.refused and "W TxProfile Absolute timed" in held.accepted


def test_a_station_without_smart_charging_counts_in_full_and_is_shown_so(ampere: Tenant) -> None:
    street = Street(limit_ma=40_000)
    good, deaf = street.box(), street.box(refuses=lambda profile: "NotSupported", obeys=False)
    street.run(90)
    street.start(good)
    street.start(deaf)
    street.run(60, watch=never_above)
    assert (good.drawn_ma, deaf.drawn_ma) == (8_000, 32_000)
    assert member_of(deaf).allocation.reason == "unlimitable"
    assert Alarm.objects.filter(kind="unlimitable", cleared_at=None).count() == 1


@pytest.mark.slow
def test_slow_and_mute_stations_never_lead_above_the_limit(ampere: Tenant) -> None:
    street = Street()
    slow, mute = street.box(answers_after=7), street.box()
    settled(street)
    street.run(30)
    street.start(slow)
    street.run(30, watch=never_above)
    street.start(mute)
    mute.mute = True
    street.run(90, watch=never_above)
    assert Alarm.objects.filter(kind="no_answer", cleared_at=None).exists()
    mute.mute = False
    street.run(90, watch=never_above)
    assert (slow.drawn_ma, mute.drawn_ma) == (16_000, 16_000)


def test_adapters_share_with_stations_and_start_low(ampere: Tenant) -> None:
    street = Street()
    box, plug = street.box(), street.plug()
    settled(street)
    street.start(box)
    street.run(40, watch=never_above)
    assert box.drawn_ma == LIMIT
    session = street.book(plug)
    street.run(30, watch=never_above)
    assert (box.drawn_ma, plug.permit_ma, member_of(plug).allocation.reason) == (26_000, 6_000, "armed")
    street.present(plug)
    street.run(60, watch=never_above)
    assert (box.drawn_ma, plug.drawn_ma, plug.permit_ma) == (16_000, 16_000, 32_000)
    street.connect(plug, online=False)
    street.run(30, watch=never_above)
    row = member_of(plug).allocation
    assert (row.session, row.may_ma, row.reason) == (session, 16_000, "offline")


def test_branches_and_priorities(ampere: Tenant) -> None:
    street = Street(limit_ma=40_000)
    fields = {"name": "Row B", "limit_ma": 16_000, "parent": street.root}
    row = save_circuit(circuit=None, location=street.location, fields=fields, by=street.owner, now=street.now)
    low, high = street.box(circuit=row), street.box(circuit=row, member={"priority": 5})
    other = street.box()
    settled(street)
    for box in (low, high, other):
        street.start(box)
    street.run(60, watch=never_above)
    assert (low.drawn_ma, high.drawn_ma, other.drawn_ma) == (6_000, 10_000, 24_000)


@pytest.mark.slow
def test_too_little_for_all_and_turns(ampere: Tenant) -> None:
    street = Street(limit_ma=12_000, fallback_ma=0)
    boxes = [street.box() for _ in range(3)]
    settled(street)
    for box in boxes:
        street.start(box)
    street.run(60, watch=never_above)
    first = [box.drawn_ma for box in boxes]
    assert sorted(first) == [0, 6_000, 6_000]
    waiting = boxes[first.index(0)]
    assert member_of(waiting).allocation.reason == "minimum"
    street.run(950, every=15, watch=never_above)
    assert waiting.drawn_ma == 6_000 and street.total() == 12_000


@pytest.mark.slow
def test_a_vehicle_that_is_nearly_full_leaves_the_rest_to_the_others(ampere: Tenant) -> None:
    street = Street()
    full, hungry = street.box(), street.box()
    settled(street)
    for box in (full, hungry):
        street.start(box)
    full.wants_ma = 7_000
    street.run(150, watch=never_above)
    assert (full.drawn_ma, hungry.drawn_ma, member_of(full).allocation.agreed_ma) == (7_000, 24_000, 8_000)
    street.run(60, watch=never_above)
    assert hungry.drawn_ma == 24_000
    full.wants_ma = LIMIT
    street.run(60, watch=never_above)
    assert (full.drawn_ma, hungry.drawn_ma) == (16_000, 16_000)


def test_old_samples_of_a_slow_meter_are_no_alarm(ampere: Tenant) -> None:
    street = Street()
    street.sample_every = 60
    first, second = street.box(), street.box()
    settled(street)
    street.start(first)
    street.run(90)
    assert first.drawn_ma == LIMIT
    street.start(second)
    street.run(40)
    assert (first.drawn_ma, second.drawn_ma) == (16_000, 16_000)
    assert not Alarm.objects.exists()
