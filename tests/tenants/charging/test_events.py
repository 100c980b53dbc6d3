"""Facts may come late, twice and in any order: one right session, one right bill."""

import random
from typing import Any

import pytest

from saas.contracts.telemetry.messages import Status
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.charging.errors import IncompleteEvent, UnknownEvse, UnknownSession
from tenants.charging.models import DeviceCommand, Session
from tenants.charging.queries import proof
from tenants.feed.models import Event as FeedEvent
from tenants.ledger.models import Entry
from tests.builders import Cast, cast, confirmed, device, listing
from tests.tenants.charging.story import START, Story

FACTS = (
    "state", "started_at", "ended_at", "meter_start_wh", "meter_stop_wh", "register_wh", "energy_wh", "power_w",
    "current_ma", "voltage_mv", "soc_pct", "last_sample_at", "stop_reason", "outcome", "cost_minor", "bill",
)  # fmt: skip


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


def story(people: Cast, **price: Any) -> Story:
    _, session = confirmed(of=listing(host=people.host, **price), by=people.driver)
    return Story(session)


def final(told: Story) -> dict[str, Any]:
    told.session.refresh_from_db()
    evse = told.session.evse
    evse.refresh_from_db()
    booking = told.session.booking
    assert booking is not None
    entries = Entry.objects.filter(posting__reference=f"booking:{booking.uid}")
    return {name: getattr(told.session, name) for name in FACTS} | {
        "evse": evse.status,
        "money": sorted(entries.values_list("account__kind", "amount_minor")),
    }


@pytest.mark.req("MKT-11", "BIL-06", "CHG-08")
def test_any_order_and_any_repeats_end_the_same(people: Cast) -> None:
    results = []
    for seed in range(8):
        told = story(people, per_hour="3.00", per_kwh="0.25", tax_bp=2400)
        dice = random.Random(seed)
        messages = [
            told.event("permit"), told.event("presence"), told.event("plugged", session=None),
            *told.whole(45, 6_400, "unplugged"), told.event("unplugged", 46, session=None),
            told.event("fault", 50, session=None, code="tamper"),
            told.event("cleared", 51, session=None, code="tamper"),
        ]  # fmt: skip
        if seed:
            messages += dice.choices(messages, k=8)
            dice.shuffle(messages)
        told.tell(*messages)
        results.append(final(told))
    assert results[0]["state"] == "closed" and results[0]["outcome"] == "early_stop"
    assert results[0]["cost_minor"] == 570  # an hour and 6.4 kWh, plus 24 %
    assert results[0]["evse"] == "AVAILABLE"
    assert all(result == results[0] for result in results[1:])
    assert proof() == []


@pytest.mark.req("MKT-11")
def test_a_stop_without_its_start_waits_for_it(people: Cast) -> None:
    told = story(people)
    started, *_, stopped = told.whole()
    assert told.tell(stopped).state == "ended"
    assert told.session.bill is None
    assert told.tell(started).state == "closed" and told.session.energy_wh == 7000


@pytest.mark.req("TEN-03", "DEV-05")
def test_what_is_not_this_devices_is_refused(people: Cast) -> None:
    told, stranger = story(people), device()
    event = told.event("started", energy_wh=1)
    told.device = stranger
    with pytest.raises(UnknownSession):
        told.tell(event)
    with pytest.raises(UnknownSession):
        told.tell(told.event("stopped", energy_wh=1, session="no-such-thing"))
    with pytest.raises(UnknownSession):
        told.tell(told.sample(1, 5))
    told.session.refresh_from_db()
    assert told.session.state == "permitted"


@pytest.mark.req("TEN-03")
def test_the_other_tenant_knows_no_such_session(people: Cast, barq: Tenant) -> None:
    with pytest.raises(UnknownSession):
        other = Story.__new__(Story)
        other.device, other.name, other.evse, other.seq = device(), "0" * 32, 1, 0
        other._tell(other.event("started", energy_wh=1), START)


@pytest.mark.req("DEV-05")
def test_a_start_without_a_meter_cannot_be_billed(people: Cast) -> None:
    told = story(people)
    with pytest.raises(IncompleteEvent):
        told.tell(told.event("started"))
    told.evse = 9
    with pytest.raises(UnknownEvse):
        told.tell(told.event("fault", session=None, code="tamper"))


@pytest.mark.req("CHG-08")
def test_a_sample_reaches_the_page_with_energy_power_and_cost(people: Cast) -> None:
    told = story(people, per_hour="6.00")
    told.tell(told.event("started", energy_wh=1000), told.sample(20, 3000, 6500))
    heard = FeedEvent.objects.get(audience=f"session:{told.session.uid}", kind="sample").data
    assert (heard["energy_wh"], heard["power_w"], heard["cost_minor"], heard["soc_pct"]) == (2000, 6500, 200, 40)
    told.tell(told.sample(10, 2000, 1))  # an older one changes nothing that is shown
    assert (told.session.power_w, told.session.energy_wh) == (6500, 2000)


@pytest.mark.req("CHG-08")
def test_faults_put_the_charger_out_of_order_until_all_are_cleared(people: Cast) -> None:
    told = story(people)
    evse = told.session.evse

    def status(*events: Any) -> str:
        told.tell(*events)
        evse.refresh_from_db()
        return str(evse.status)

    assert status(told.event("fault", 1, code="tamper"), told.event("fault", 2, code="over_current")) == "OUTOFORDER"
    assert status(told.event("cleared", 3, code="tamper")) == "OUTOFORDER"
    assert status(told.event("cleared", 4, code="over_current")) != "OUTOFORDER"
    assert status(told.event("fault", 0.5, code="tamper")) != "OUTOFORDER"  # late news of what was cleared since
    ready = Status(v=1, boot=7, seq=0, ts_ms=to_ms(told.at(5)), online=True, state="fault")
    assert status(ready) == "OUTOFORDER"
    assert status(Status(v=1, boot=7, seq=0, ts_ms=to_ms(told.at(6)), online=True, state="idle")) == "AVAILABLE"


@pytest.mark.req("MKT-10")
def test_a_device_that_starts_a_cancelled_session_is_told_to_stop(people: Cast) -> None:
    from tenants.charging.actions import cancel_booking

    told = story(people)
    assert told.session.booking is not None
    cancel_booking(booking_uid=told.session.booking.uid, by=people.driver, now=START.replace(hour=8))
    assert told.tell(told.event("started", 1, energy_wh=5), now=told.at(1)).state == "cancelled"
    assert DeviceCommand.objects.filter(session=told.session, type="stop", state="queued").count() == 1


@pytest.mark.req("MKT-13")
def test_maps_and_chargers_hear_nothing_private(people: Cast) -> None:
    told = story(people)
    told.tell(*told.whole())
    public = FeedEvent.objects.filter(audience="map") | FeedEvent.objects.filter(audience__startswith="charger:")
    assert public.exists()
    assert {frozenset(event.data) for event in public} == {frozenset({"charger"})}
    credit = FeedEvent.objects.get(kind="credit")
    assert credit.audience == f"user:{people.host.uid}" and credit.data["amount_minor"] == 510
    assert Session.objects.count() == 1
