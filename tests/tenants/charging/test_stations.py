"""OCPP stations: cards, walk-ups, booked sessions, and stops by the platform, as a station keeps no permit."""

import pytest

from saas.contracts.stations import tag_of_session
from saas.devices.models import Device
from saas.tenancy.models import Tenant
from tenants.cards.models import Card
from tenants.charging import actions, queries
from tenants.charging.models import DeviceCommand, HeldFact, Session
from tenants.fleets.models import Vehicle
from tests.builders import NOW, Cast, cast, confirmed, device, evse, listing
from tests.tenants.charging.story import START, Story


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


@pytest.fixture
def station(ampere: Tenant) -> Device:
    return device(kind="station", station_id="CP-1")


def speaker(station: Device, name: str) -> Story:
    told = Story.__new__(Story)
    told.device, told.name, told.evse, told.seq = station, name, 1, 0
    return told


@pytest.mark.req("CHG-10")
def test_cards_of_the_roster_may_charge_unknown_ones_not(people: Cast, station: Device) -> None:
    Vehicle.objects.create(plate="A", rfid="04AB", driver=people.driver)
    Vehicle.objects.create(plate="B", rfid="GONE", active=False)

    def status(tag: str) -> str:
        return actions.authorise(device=station, id_tag=tag, now=NOW).status

    assert [status(tag) for tag in ("04ab", "GONE", "nobody", "", " ")] == [
        "Accepted", "Blocked", "Unknown", "Unknown", "Unknown"
    ]  # fmt: skip
    spot = evse(of=station)
    Session.objects.create(evse=spot, device_id=station.device_id, id_tag="04AB", state="charging")
    assert status("04AB") == "Accepted", "who charges may identify himself to stop"
    assert actions.authorise(device=station, id_tag="04AB", now=NOW, purpose="start").status == "ConcurrentTx"


@pytest.mark.req("CHG-09")
@pytest.mark.parametrize("stop_first", [False, True])
def test_a_walk_up_is_one_session_with_a_cost_in_any_order(people: Cast, station: Device, stop_first: bool) -> None:
    Vehicle.objects.create(plate="A", rfid="04AB", driver=people.driver)
    listing(host=people.host, on=evse(of=station), per_hour=None, per_kwh="0.40")
    told = speaker(station, "271828")
    facts = [
        told.event("started", energy_wh=100, id_tag="04AB"),
        told.event("stopped", 30, energy_wh=5_100, reason="local", code="StoppedByEV", id_tag="04AB"),
    ]
    for fact in (facts[::-1] if stop_first else facts) * 2:
        told._tell(fact, START)
    session = Session.objects.get()
    assert (session.state, session.energy_wh, session.cost_minor, session.driver) == (
        "closed",
        5_000,
        200,
        people.driver,
    )
    assert session.cdr["cdr_token"]["type"] == "RFID"
    assert session.evidence["word"] == "StoppedByEV"
    told.evse = 4
    told._tell(told.event("started", energy_wh=1, session="31"), START)
    assert HeldFact.objects.get().reason == "unknown_evse" and Session.objects.count() == 1


@pytest.mark.req("CHG-09")
@pytest.mark.parametrize("offered", [False, True])
def test_a_station_can_show_what_a_walk_up_costs_so_far_and_in_the_end(
    people: Cast, station: Device, offered: bool
) -> None:
    if offered:
        listing(host=people.host, on=evse(of=station), per_hour=None, per_kwh="0.40")
    else:
        evse(of=station)
    told = speaker(station, "271828")

    def shown() -> str | None:
        return queries.total_cost(device=station, transaction="271828", now=START)

    assert shown() is None
    told._tell(told.event("started", energy_wh=100), START)
    assert shown() == "0.00"
    told._tell(told.sample(10, 2_600), START)
    assert shown() == ("1.00" if offered else "0.00")
    told._tell(told.event("stopped", 30, energy_wh=5_100, reason="local"), START)
    assert shown() == ("2.00" if offered else "0.00") and Session.objects.get().state == "closed"
    elsewhere = device(kind="station", station_id="CP-2")
    assert queries.total_cost(device=elsewhere, transaction="271828", now=START) is None


@pytest.mark.req("MKT-11", "MKT-12")
def test_a_booked_session_is_started_found_and_stopped_by_the_platform(people: Cast, station: Device) -> None:
    _, session = confirmed(of=listing(host=people.host, on=evse(of=station)), by=people.driver)
    code = queries.qr_token(session.evse)
    actions.activate(session_uid=session.uid, driver=people.driver, qr_token=code, now=START)
    tag = tag_of_session(str(session.uid))
    assert actions.authorise(device=station, id_tag=tag.lower(), now=START).status == "Accepted"
    told = Story(session, name="4711")
    told.tell(told.event("started", energy_wh=0, id_tag=tag), told.sample(10, 1500))
    assert (told.session.state, told.session.transaction_id, told.session.energy_wh) == ("charging", "4711", 1500)
    stop = DeviceCommand.objects.get(type="stop")
    assert (stop.next_at, stop.payload["reason"]) == (told.at(60), "time")
    told.tell(told.event("stopped", 60.1, energy_wh=8000, reason="remote"))
    assert (told.session.outcome, told.session.cost_minor) == ("normal", 600)
    stop.refresh_from_db()
    assert stop.state == "expired" and Session.objects.count() == 1


@pytest.mark.req("MKT-11")
def test_a_station_is_stopped_at_the_paid_energy(people: Cast, station: Device) -> None:
    offer = listing(host=people.host, on=evse(of=station), per_hour=None, per_kwh="0.40")
    _, session = confirmed(of=offer, by=people.driver, energy_wh=2_000)
    told = Story(session)
    told.tell(
        told.event("started", energy_wh=0), told.sample(10, 1_999), told.sample(11, 2_001), told.sample(12, 2_050)
    )
    assert [c.payload["reason"] for c in DeviceCommand.objects.filter(type="stop")] == ["energy"]
    told.tell(told.event("stopped", 13, energy_wh=2_060, reason="remote"))
    assert (told.session.outcome, told.session.cost_minor) == ("normal", 80)  # never more than was held


@pytest.mark.req("CHG-10", "MKT-11")
def test_a_booked_station_starts_by_a_card_of_its_booker_alone(people: Cast, station: Device) -> None:
    Card.objects.create(id_tag="04AB", driver=people.driver)
    Card.objects.create(id_tag="04CD", driver=people.host)
    _, session = confirmed(of=listing(host=people.host, on=evse(of=station)), by=people.driver)

    def start(tag: str) -> str:
        return actions.authorise(device=station, id_tag=tag, now=START, purpose="start", evse=1).status

    assert [start(tag) for tag in ("04CD", "04AB")] == ["NotAtThisTime", "Accepted"]
    assert actions.authorise(device=station, id_tag="04CD", now=START, purpose="start", evse=2).status == "Accepted"
    told = Story(session, name="4711")
    told.tell(told.event("started", energy_wh=0, id_tag="04AB"), now=told.at(0.1))
    assert (told.session.state, told.session.transaction_id) == ("charging", "4711") and Session.objects.count() == 1
    assert DeviceCommand.objects.get(type="stop").next_at == told.at(60)
