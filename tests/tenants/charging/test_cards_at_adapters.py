"""A card at an adapter's reader: it starts a walk-up or its booked session, stops its own, or is refused by name."""

from datetime import timedelta
from typing import Any

import pytest

from saas.contracts.telemetry import wire
from saas.devices import queries as devices
from saas.tenancy.models import Tenant
from tenants.cards.models import Card, CardGroup
from tenants.charging import actions
from tenants.charging.models import DeviceCommand, Session
from tenants.feed.models import Event as FeedEvent
from tenants.fleets.models import Vehicle
from tests.builders import Cast, cast, confirmed, device, evse, listing
from tests.tenants.charging.story import START, Story

pytestmark = pytest.mark.req("CHG-10")
NOW = START


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


class Reader:
    """An adapter with a card reader."""

    def __init__(self, people: Cast) -> None:
        self.evse = evse()
        self.device = devices.get(self.evse.device_id or "")
        self.listing = listing(host=people.host, on=self.evse)
        self._seq = 0

    def hold(self, tag: str, minute: float = 0, **fields: Any) -> None:
        """Hold this card to it."""
        self._seq += 1
        told = Story.__new__(Story)
        told.device, told.name, told.evse, told.seq = self.device, "", 1, self._seq
        now = NOW + timedelta(minutes=minute)
        told._tell(told.event(wire.EV_CARD, minute, id_tag=tag, **{"session": None, **fields}), now)

    def commands(self) -> list[tuple[str, Any]]:
        rows = DeviceCommand.objects.filter(device_id=self.device.device_id).order_by("id")
        return [(row.type, row.payload.get("data")) for row in rows if row.state in ("queued", "sent")]

    def refusals(self) -> list[tuple[str, str]]:
        events = FeedEvent.objects.filter(kind="card_refused", audience="operations").order_by("id")
        return [(event.data["status"], event.data["reason"]) for event in events]


def test_a_known_card_begins_a_walk_up_with_a_signed_permit(people: Cast) -> None:
    Card.objects.create(id_tag="04AB", driver=people.driver, month_limit_wh=20_000)
    reader = Reader(people)
    reader.hold("04ab")
    session = Session.objects.get()
    assert (session.state, session.driver, session.booking) == ("starting", people.driver, None)
    permit = DeviceCommand.objects.get(type="permit").payload["permit"]
    assert permit["code_hash"] == "" and permit["energy_wh"] == 20_000
    assert permit["end_ms"] - permit["start_ms"] == 12 * 3_600_000
    assert reader.commands() == [("permit", None), ("activate", {"id_tag": "04ab"})]
    told = Story(session)
    told.tell(told.event("started", 0, energy_wh=0), now=told.at(0))
    told.tell(told.event("stopped", 30, energy_wh=3000, reason="local"), now=told.at(30))
    assert (told.session.state, told.session.energy_wh) == ("closed", 3000)


def test_the_same_card_or_one_of_its_group_ends_the_session(people: Cast) -> None:
    group = CardGroup.objects.create(name="Family", parent_id="FAMILY")
    for tag in ("04AB", "04CD"):
        Card.objects.create(id_tag=tag, group=group)
    Card.objects.create(id_tag="04EF")
    reader = Reader(people)
    reader.hold("04AB")
    told = Story(Session.objects.get())
    told.tell(told.event("started", 1, energy_wh=0), now=told.at(1))
    reader.hold("04EF", 5)
    assert reader.refusals() == [("ConcurrentTx", "busy")] and ("stop", None) not in reader.commands()
    reader.hold("04CD", 6)
    assert [kind for kind, _ in reader.commands()].count("stop") == 1
    told.session.refresh_from_db()
    assert told.session.stop_by == "driver"


def test_a_device_that_ends_its_own_cards_session_needs_no_word(people: Cast) -> None:
    Card.objects.create(id_tag="04AB")
    reader = Reader(people)
    reader.hold("04AB")
    reader.hold("04AB", 5, session=str(Session.objects.get().uid))
    assert "stop" not in [kind for kind, _ in reader.commands()]


def test_an_unknown_and_a_blocked_card_are_refused_by_name(people: Cast) -> None:
    Card.objects.create(id_tag="04AB", state=Card.State.BLOCKED)
    reader = Reader(people)
    reader.hold("NOBODY")
    reader.hold("04AB", 1)
    assert reader.refusals() == [("Unknown", "unknown card"), ("Blocked", "card is blocked")]
    assert reader.commands() == [("config", {"card": "refused"})] * 2 and Session.objects.count() == 0


def test_a_charger_that_is_booked_starts_for_its_booker_alone(people: Cast) -> None:
    Card.objects.create(id_tag="04AB", driver=people.driver)
    Card.objects.create(id_tag="04CD", driver=people.host)
    reader = Reader(people)
    _, session = confirmed(of=reader.listing, by=people.driver)
    reader.hold("04CD", 5)
    assert reader.refusals() == [("NotAtThisTime", "reserved")]
    reader.hold("04AB", 6)
    session.refresh_from_db()
    assert session.state == "starting" and ("activate", {"id_tag": "04AB"}) in reader.commands()


def test_a_walk_up_ends_before_the_next_booking(people: Cast) -> None:
    Card.objects.create(id_tag="04AB")
    reader = Reader(people)
    booking, _ = confirmed(of=reader.listing, by=people.driver, start=NOW + timedelta(hours=2))
    reader.hold("04AB")
    walk_up = Session.objects.get(booking=None)
    assert walk_up.permit_end_at == booking.during.lower


def test_a_walk_up_that_never_begins_is_given_up(people: Cast) -> None:
    Card.objects.create(id_tag="04AB")
    reader = Reader(people)
    reader.hold("04AB")
    actions.sweep(now=NOW + timedelta(minutes=6))
    assert Session.objects.get().state == "cancelled" and reader.commands() == []


def test_cards_of_vehicles_and_monthly_limits(people: Cast) -> None:
    Vehicle.objects.create(plate="A", rfid="CAR1", driver=people.driver)
    Card.objects.create(id_tag="04AB", month_limit_wh=5000)
    reader = Reader(people)
    used = {"device_id": reader.device.device_id, "evse": reader.evse, "state": "closed", "energy_wh": 5000}
    Session.objects.create(id_tag="04ab", started_at=NOW - timedelta(days=1), **used)
    reader.hold("04AB")
    assert reader.refusals() == [("NoCredit", "energy of this month is used up")]
    reader.hold("car1", 1)
    assert Session.objects.get(state="starting").vehicle is not None


@pytest.mark.req("TEN-03")
def test_another_tenants_card_is_unknown(people: Cast, barq: Tenant) -> None:
    assert actions.authorise(device=device(), id_tag="04AB", now=NOW).status == "Unknown"
