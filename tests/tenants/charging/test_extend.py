import pytest

from saas.kit.errors import Invalid, NotFound
from saas.tenancy.models import Tenant
from tenants.bookings.actions import OutsideAvailability, SlotTaken
from tenants.charging import actions
from tenants.charging.errors import NotRunning, TimeOver
from tenants.charging.models import DeviceCommand, Session
from tenants.charging.queries import proof, receipt
from tests.builders import NOW, Cast, cast, confirmed, held, listing, minutes, person
from tests.tenants.charging.story import START, Story


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


def longer(session: Session, people: Cast, by: int = 30, at: float = 50, **more: object) -> Session:
    call = {"driver": people.driver, "minutes": by, "now": START + minutes(at), **more}
    return actions.extend(session_uid=session.uid, **call)  # type: ignore[arg-type]


@pytest.mark.req("MKT-11")
def test_a_free_next_slot_makes_the_session_longer_and_is_paid(people: Cast) -> None:
    booking, session = confirmed(of=listing(host=people.host), by=people.driver)
    told = Story(session)
    told.tell(told.event("started", energy_wh=0), now=told.at(0))
    extended = longer(session, people)
    assert extended.permit_end_at == told.at(90)
    permits = DeviceCommand.objects.filter(type="permit").order_by("id")
    assert [c.state for c in permits] == ["expired", "queued"]
    assert permits[1].payload["permit"]["end_ms"] - permits[0].payload["permit"]["end_ms"] == 30 * 60_000
    told.tell(told.event("stopped", 90, energy_wh=9000, reason="time"), now=told.at(90))
    actions.sweep(now=told.at(91))
    assert told.session.cost_minor == 900 and receipt(told.session).held_minor == 900
    assert sorted(p.captured_minor for p in booking.payments.all()) == [300, 600] and proof() == []


@pytest.mark.req("MKT-11", "MKT-08")
def test_a_taken_next_slot_is_refused_and_nothing_is_held(people: Cast) -> None:
    offer = listing(host=people.host)
    booking, session = confirmed(of=offer, by=people.driver)
    held(of=offer, by=person("next"), start=START + minutes(75), now=START)
    with pytest.raises(SlotTaken):
        longer(session, people, at=5)
    assert longer(session, people, by=15, at=5).permit_end_at == START + minutes(75)
    assert {p.state for p in booking.payments.all()} == {"held", "released"} and proof() == []


@pytest.mark.req("MKT-11")
def test_only_a_running_session_of_ones_own_inside_what_is_offered(people: Cast) -> None:
    offer = listing(host=people.host, availability=[(4, 0, 720)], most_minutes=120)  # until 10:00 UTC
    _, session = confirmed(of=offer, by=people.driver)
    with pytest.raises(OutsideAvailability):
        longer(session, people)
    with pytest.raises(NotFound):
        longer(session, people, driver=people.outsider)
    with pytest.raises(TimeOver):
        longer(session, people, at=60)
    for wrong in (0, -5, 121):
        with pytest.raises(Invalid):
            longer(session, people, by=wrong)
    assert session.booking is not None
    actions.cancel_booking(booking_uid=session.booking.uid, by=people.driver, now=NOW)
    with pytest.raises(NotRunning):
        longer(session, people)
