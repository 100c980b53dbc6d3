from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from saas.devices import actions as registry
from saas.kit.errors import Invalid, NotFound
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.bookings import actions, queries
from tenants.bookings.models import Booking
from tenants.marketplace.actions import pause
from tests.builders import NOW, Cast, cast, evse, held, listing, minutes, person

START = NOW + timedelta(hours=1)


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


@pytest.mark.req("MKT-08")
def test_a_held_slot_is_gone_for_all_others_and_back_after_ten_minutes(people: Cast) -> None:
    offer = listing(host=people.host)
    booking = held(of=offer, by=people.driver)
    assert (booking.state, booking.hold_expires_at) == ("held", NOW + minutes(10))
    for shift in (0, 30, -30):
        with pytest.raises(actions.SlotTaken):
            held(of=offer, by=person("rival"), start=START + minutes(shift))
    assert held(of=offer, by=person("next"), start=START + minutes(60)).state == "held"  # half open
    again = held(of=offer, by=person("rival"), now=NOW + minutes(10))
    booking.refresh_from_db()
    assert (again.state, booking.state) == ("held", "expired")


@pytest.mark.req("MKT-08")
def test_the_sweep_frees_holds_that_ran_out(people: Cast) -> None:
    held(of=listing(host=people.host), by=people.driver)
    assert actions.expire_holds(now=NOW + minutes(9)) == 0
    assert actions.expire_holds(now=NOW + minutes(10)) == 1
    assert actions.expire_holds(now=NOW + minutes(10)) == 0


@pytest.mark.req("MKT-08")
def test_the_database_itself_forbids_overlaps(people: Cast) -> None:
    offer = listing(host=people.host)
    booking = held(of=offer, by=people.driver)
    copy = Booking.objects.get(pk=booking.pk)
    copy.pk, copy.uid = None, people.driver.uid
    with pytest.raises(IntegrityError, match="booking_no_overlap"), transaction.atomic():
        copy.save(force_insert=True)
    copy.state = "cancelled_by_driver"
    copy.save(force_insert=True)


@pytest.mark.req("MKT-08", "TEN-03")
def test_cloned_tenants_have_the_rule_too(barq: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace "
            "WHERE n.nspname = 'barq' AND c.conname = 'booking_no_overlap'"
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.req("MKT-08")
@pytest.mark.parametrize(
    ("start", "length", "error"),
    [
        (START + timedelta(seconds=30), 60, Invalid),
        (START, 0, Invalid),
        (START, 14, actions.TooShort),
        (START, 121, actions.TooLong),
        (NOW - minutes(1), 30, actions.TooLate),
        (NOW + minutes(4), 30, actions.TooLate),
        (NOW + timedelta(days=400), 30, Invalid),
        (NOW + timedelta(hours=3), 90, actions.OutsideAvailability),
    ],
)
def test_times_that_the_host_does_not_offer_are_refused_by_name(
    people: Cast, start: object, length: int, error: type[Exception]
) -> None:
    offer = listing(
        host=people.host, least_minutes=15, most_minutes=120, lead_minutes=5, availability=[(4, 0, 840)]  # to 12:00 UTC
    )  # fmt: skip
    with pytest.raises(error):
        held(of=offer, by=people.driver, start=start, length=length)  # type: ignore[arg-type]
    assert held(of=offer, by=people.driver, start=NOW + minutes(5), length=15).state == "held"


@pytest.mark.req("MKT-08")
def test_a_gap_between_bookings_is_kept(people: Cast) -> None:
    offer = listing(host=people.host, gap_minutes=15)
    held(of=offer, by=people.driver)
    with pytest.raises(actions.SlotTaken, match="15 minutes"):
        held(of=offer, by=people.driver, start=START + minutes(74))
    assert held(of=offer, by=people.driver, start=START + minutes(75)).state == "held"


@pytest.mark.req("MKT-02", "MKT-08")
def test_only_what_is_live_and_online_is_booked(people: Cast) -> None:
    offer = listing(host=people.host)
    registry.seen(device_id=offer.evse.device_id or "", now=NOW, online=False)
    with pytest.raises(actions.NotBookable):
        held(of=offer, by=people.driver)
    with pytest.raises(actions.NotBookable):
        held(of=pause(listing=listing(host=people.host), now=NOW), by=people.driver)
    with pytest.raises(NotFound):
        held(of=listing(host=people.host, live=False), by=people.driver)


@pytest.mark.req("MKT-07", "MKT-08")
def test_private_chargers_are_for_drivers_whose_identity_was_checked(people: Cast) -> None:
    with pytest.raises(actions.IdentityRequired):
        held(of=listing(host=people.host), by=people.outsider)
    assert held(of=listing(host=people.host, on=evse(private=False)), by=people.outsider).state == "held"


@pytest.mark.req("MKT-04", "MKT-08")
def test_a_quote_holds_the_time_and_the_most_energy(people: Cast) -> None:
    offer = listing(host=people.host, per_hour="3.00", per_kwh="0.20", tax_bp=2400)
    whole = queries.quote(listing=offer, start=START, end=START + minutes(90), now=NOW)
    assert (whole.energy_wh, whole.net_minor, whole.amount_minor) == (16_500, 450 + 330, 967)
    chosen = queries.quote(listing=offer, start=START, end=START + minutes(90), energy_wh=5_000, now=NOW)
    assert (chosen.energy_wh, chosen.net_minor) == (5_000, 550)
    assert sum(line.amount_minor for line in chosen.lines) == chosen.amount_minor
    for end, energy in ((START, 0), (START + timedelta(days=31), 0), (START + minutes(60), -1)):
        with pytest.raises(Invalid):
            queries.quote(listing=offer, start=START, end=end, energy_wh=energy, now=NOW)
    by_time = queries.quote(listing=listing(host=people.host), start=START, end=START + minutes(60), now=NOW)
    assert (by_time.energy_wh, by_time.amount_minor) == (0, 600)


@pytest.mark.req("MKT-08", "TEN-03", "TEN-04")
def test_who_may_see_a_booking(people: Cast) -> None:
    booking = held(of=listing(host=people.host), by=people.driver)
    for viewer in (people.driver, people.host, people.operator):
        assert queries.get(uid=booking.uid, viewer=viewer) == booking
    assert queries.of_driver(driver=people.driver) == [booking]
    assert queries.of_host(host=people.host) == []  # a hold is no booking yet
    for stranger in (people.outsider, None):
        with pytest.raises(NotFound):
            queries.get(uid=booking.uid, viewer=stranger)
    with tenant_schema("barq"), pytest.raises(NotFound):
        queries.get(uid=booking.uid, viewer=cast().owner)


@pytest.mark.req("MKT-08")
def test_a_vehicle_of_somebody_else_is_not_found(people: Cast) -> None:
    from tenants.fleets.models import Vehicle

    mine = Vehicle.objects.create(driver=people.driver, plate="ABC-1")
    offer = listing(host=people.host)
    assert held(of=offer, by=people.driver, vehicle_uid=mine.uid).vehicle == mine
    with pytest.raises(NotFound):
        held(of=offer, by=people.host, vehicle_uid=mine.uid, start=START + timedelta(hours=2))
