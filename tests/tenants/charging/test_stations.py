"""OCPP stations: cards, walk-ups, booked sessions, and stops by the platform, as a station keeps no permit."""

import pytest

from saas.contracts import rpc
from saas.contracts.stations import tag_of_session
from saas.devices.models import Device
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.charging import actions, queries
from tenants.charging.errors import UnknownEvse
from tenants.charging.models import DeviceCommand, Session, Station
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


def report(station: Device, status: str, minute: int, number: int = 1) -> None:
    question = rpc.StatusReport(
        device=station.device_id, evse=number, status=status, ts_ms=to_ms(START) + minute * 60_000
    )
    actions.station_status(device=station, status=question, now=START)


@pytest.mark.req("CHG-01")
def test_a_station_describes_itself(station: Device) -> None:
    boot = rpc.Boot(device=station.device_id, protocol="ocpp1.6", vendor="V" * 80, model="M")
    actions.station_boot(device=station, boot=boot, now=NOW)
    actions.station_boot(device=station, boot=rpc.Boot(device=station.device_id, firmware="2"), now=NOW)
    row = Station.objects.get()
    assert (row.station_id, row.vendor, row.model, row.firmware) == ("CP-1", "V" * 50, "M", "2")
    assert queries.stations() == [row]


@pytest.mark.req("CHG-10")
def test_cards_of_the_roster_may_charge_unknown_ones_not(people: Cast, station: Device) -> None:
    Vehicle.objects.create(plate="A", rfid="04AB", driver=people.driver)
    Vehicle.objects.create(plate="B", rfid="GONE", active=False)

    def status(tag: str) -> str:
        return actions.authorise(device=station, id_tag=tag, now=NOW).status

    assert [status(tag) for tag in ("04ab", "GONE", "nobody", "", " ")] == [
        "Accepted", "Blocked", "Invalid", "Invalid", "Invalid"
    ]  # fmt: skip
    spot = evse(of=station)
    Session.objects.create(evse=spot, device_id=station.device_id, id_tag="04AB", state="charging")
    assert status("04AB") == "ConcurrentTx"


@pytest.mark.req("CHG-09")
@pytest.mark.parametrize("stop_first", [False, True])
def test_a_walk_up_is_one_session_with_a_cost_in_any_order(people: Cast, station: Device, stop_first: bool) -> None:
    Vehicle.objects.create(plate="A", rfid="04AB", driver=people.driver)
    listing(host=people.host, on=evse(of=station), per_hour=None, per_kwh="0.40")
    told = speaker(station, "271828")
    facts = [
        told.event("started", energy_wh=100, id_tag="04AB"),
        told.event("stopped", 30, energy_wh=5_100, reason="local", id_tag="04AB"),
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
    told.evse = 4
    with pytest.raises(UnknownEvse):
        told._tell(told.event("started", energy_wh=1, session="31"), START)


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


@pytest.mark.req("CHG-08")
def test_connector_status_in_ocpps_words(people: Cast, station: Device) -> None:
    spot = evse(of=station)

    def after(status: str, minute: int, number: int = 1) -> str:
        report(station, status, minute, number)
        spot.refresh_from_db()
        return str(spot.status)

    assert after("Available", 1) == "AVAILABLE" and after("Charging", 2) == "CHARGING"
    assert after("Faulted", 3) == "OUTOFORDER" and after("Available", 4) == "AVAILABLE"
    assert after("Charging", 3) == "AVAILABLE"  # late
    assert after("Unavailable", 5, 0) == "INOPERATIVE" and after("Gibberish", 6) == "INOPERATIVE"
