from datetime import date, timedelta

import pytest

from saas.kit.errors import Invalid
from saas.tenancy.models import Tenant
from tenants.bookings.actions import OutsideAvailability, hold
from tenants.feed.models import Event
from tenants.marketplace import actions
from tenants.marketplace.queries import free_slots, search
from tests.builders import NOW, Cast, cast, confirmed, held, listing, minutes


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


@pytest.mark.req("MKT-04")
def test_a_new_price_is_for_new_bookings(people: Cast) -> None:
    offer = listing(host=people.host, per_hour="6.00")
    booking = held(of=offer, by=people.driver)
    actions.set_price(listing=offer, per_hour="12.00", now=NOW)
    booking.refresh_from_db()
    assert booking.amount_minor == 600
    assert held(of=offer, by=people.driver, start=NOW + timedelta(hours=3)).amount_minor == 1200
    assert search(viewer=None, now=NOW).items[0].price_per_hour_minor == 1200


@pytest.mark.req("MKT-03")
def test_availability_may_go_at_any_time_and_bookings_survive(people: Cast) -> None:
    offer = listing(host=people.host)
    booking, _ = confirmed(of=offer, by=people.driver)
    actions.set_availability(listing=offer, weekly=[], now=NOW)
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert free_slots(listing=offer, start=NOW, end=NOW + timedelta(days=7), now=NOW) == []
    with pytest.raises(OutsideAvailability):
        held(of=offer, by=people.driver, start=NOW + timedelta(hours=5))


@pytest.mark.req("MKT-03")
def test_an_exception_closes_a_day_and_can_be_taken_back(people: Cast) -> None:
    offer = listing(host=people.host)
    start, end = NOW + timedelta(days=1), NOW + timedelta(days=1, hours=1)
    closed = actions.add_exception(
        listing=offer, day=date(2026, 11, 21), start_minute=0, end_minute=1440, open=False, now=NOW
    )
    with pytest.raises(OutsideAvailability):
        hold(listing_uid=offer.uid, driver=people.driver, start=start, end=end, now=NOW)
    actions.remove_exception(listing=offer, exception_id=closed.pk, now=NOW)
    assert hold(listing_uid=offer.uid, driver=people.driver, start=start, end=end, now=NOW).state == "held"


@pytest.mark.req("MKT-03")
def test_every_change_is_heard_on_open_maps(people: Cast) -> None:
    offer = listing(host=people.host)
    changes = [
        lambda: actions.set_availability(listing=offer, weekly=[(0, 0, 60)], now=NOW),
        lambda: actions.update_listing(listing=offer, title="Another name", now=NOW),
        lambda: actions.set_price(listing=offer, per_kwh="0.2", now=NOW),
        lambda: actions.pause(listing=offer, now=NOW),
        lambda: actions.resume(listing=offer, now=NOW),
        lambda: actions.delete(listing=offer, now=NOW),
    ]
    for change in changes:
        before = Event.objects.filter(audience="map").count()
        change()
        assert Event.objects.filter(audience="map").count() == before + 1


@pytest.mark.req("MKT-01")
def test_pausing_hides_deleting_waits_for_bookings(people: Cast) -> None:
    offer = listing(host=people.host)
    confirmed(of=offer, by=people.driver)
    actions.pause(listing=offer, now=NOW)
    assert search(viewer=None, now=NOW).items == []
    with pytest.raises(actions.StillBooked):
        actions.delete(listing=offer, now=NOW)
    other = actions.delete(listing=listing(host=people.host), now=NOW)
    with pytest.raises(actions.Deleted):
        actions.resume(listing=other, now=NOW)


@pytest.mark.req("MKT-01", "MKT-03")
@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "x"}, {"least_minutes": 0}, {"least_minutes": 60, "most_minutes": 30}, {"gap_minutes": -1},
        {"host_id": 5}, {"availability": [(7, 0, 60)]}, {"availability": [(0, 60, 60)]},
        {"availability": [(0, 0, 1441)]},
    ],
)  # fmt: skip
def test_details_that_cannot_be_are_refused(people: Cast, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        listing(host=people.host, **wrong)


@pytest.mark.req("MKT-03")
def test_free_slots_are_what_hold_accepts(people: Cast) -> None:
    offer = listing(host=people.host, gap_minutes=10, lead_minutes=30, availability=[(4, 600, 900)])  # 8–13 UTC
    held(of=offer, by=people.driver, start=NOW + minutes(90), length=30)
    slots = free_slots(listing=offer, start=NOW, end=NOW + timedelta(days=1), now=NOW)
    assert slots == [(NOW + minutes(30), NOW + minutes(80)), (NOW + minutes(130), NOW + minutes(300))]
    for start, end in slots:
        booking = hold(listing_uid=offer.uid, driver=people.driver, start=start, end=end, now=NOW)
        booking.delete()
