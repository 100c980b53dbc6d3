"""What stations report of themselves and of their connectors."""

from datetime import timedelta

import pytest

from saas.contracts import rpc
from saas.contracts.telemetry import messages
from saas.devices.models import Device
from saas.kit.time import iso, to_ms
from saas.tenancy.models import Tenant
from tenants.charging.actions.events import receive_event, receive_status
from tenants.sites.models import Evse
from tenants.stations import actions, queries
from tenants.stations.models import Station
from tests.builders import NOW, device, evse
from tests.tenants.charging.story import START

from .rig import Rig


@pytest.fixture
def station(ampere: Tenant) -> Device:
    return device(kind="station", station_id="CP-1")


def report(station: Device, status: str, minute: int, number: int = 1) -> None:
    question = rpc.StatusReport(
        device=station.device_id, evse=number, status=status, ts_ms=to_ms(START) + minute * 60_000
    )
    actions.station_status(device=station, status=question, now=START + timedelta(hours=1))


@pytest.mark.req("CHG-01")
def test_a_station_describes_itself(station: Device) -> None:
    boot = rpc.Boot(device=station.device_id, protocol="ocpp1.6", vendor="V" * 80, model="M")
    actions.station_boot(device=station, boot=boot, now=NOW)
    actions.station_boot(device=station, boot=rpc.Boot(device=station.device_id, firmware="2"), now=NOW)
    row = Station.objects.get()
    assert (row.station_id, row.vendor, row.model, row.firmware) == ("CP-1", "V" * 50, "M", "2")
    assert queries.all_of_tenant() == [row]


@pytest.mark.req("CHG-08")
def test_connector_status_in_ocpps_words(station: Device) -> None:
    spot = evse(of=station)

    def after(status: str, minute: int, number: int = 1) -> str:
        report(station, status, minute, number)
        spot.refresh_from_db()
        return str(spot.status)

    assert after("Available", 1) == "AVAILABLE" and after("Charging", 2) == "CHARGING"
    assert after("Faulted", 3) == "OUTOFORDER" and after("Available", 4) == "AVAILABLE"
    assert after("Charging", 3) == "AVAILABLE"  # late
    assert after("Unavailable", 5, 0) == "INOPERATIVE" and after("Gibberish", 6) == "INOPERATIVE"


@pytest.mark.req("CHG-01", "CHG-08")
def test_the_first_word_of_an_evse_counts_at_once(station: Device) -> None:
    """The EVSE is made by it, at a moment that is later than the station's own time."""
    place = evse().location
    Station.objects.create(device_id=station.device_id, station_id="CP-1", protocol="ocpp1.6", location=place)
    report(station, "Preparing", 1, 2)
    made = Evse.objects.get(device_id=station.device_id)
    assert (made.device_evse, made.status) == (2, "AVAILABLE")
    report(station, "Charging", 2, 2)
    made.refresh_from_db()
    assert made.status == "CHARGING"


@pytest.mark.req("CHG-05", "CHG-08")
@pytest.mark.parametrize("wrong", [-30 * 24 * 60, 9, 60 * 24 * 365 * 50, -60 * 24 * 365 * 50])
def test_a_clock_that_was_wrong_keeps_no_later_word_out(station: Device, wrong: int) -> None:
    spot = evse(of=station)
    for status, minute in (("Available", 0), ("Faulted", wrong + 60), ("Charging", 61)):
        question = rpc.StatusReport(
            device=station.device_id, evse=1, status=status, ts_ms=to_ms(START) + minute * 60_000
        )
        actions.station_status(device=station, status=question, now=START + timedelta(minutes=min(max(minute, 60), 61)))
        spot.refresh_from_db()
        assert spot.status == {"Available": "AVAILABLE", "Faulted": "OUTOFORDER", "Charging": "CHARGING"}[status]


@pytest.mark.req("CHG-02", "CHG-08")
def test_a_connectors_status_may_come_by_notify_event(ampere: Tenant) -> None:
    """2.0.1 leaves it to the station whether it says so by StatusNotification."""
    rig = Rig("ocpp2.0.1")
    spot = evse(of=rig.device)

    def event(word: str, variable: str = "AvailabilityState") -> str:
        one = {
            "eventId": 1,
            "timestamp": iso(NOW),
            "trigger": "Delta",
            "actualValue": word,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
            "variable": {"name": variable},
        }
        assert rig.tell("NotifyEvent", {"generatedAt": iso(NOW), "seqNo": 0, "eventData": [one]}) == {}
        spot.refresh_from_db()
        return str(spot.status)

    assert [event(word) for word in ("Occupied", "Unavailable", "Faulted", "Available")] == [
        "CHARGING", "INOPERATIVE", "OUTOFORDER", "AVAILABLE"
    ]  # fmt: skip
    assert event("Occupied", "Enabled") == event("Gibberish") == "AVAILABLE"
    (told,) = queries.connectors_of(rig.station)
    assert (told.evse, told.connector, told.status) == (1, 2, "Available")


@pytest.mark.req("CHG-08")
def test_the_end_of_a_fault_counts_before_the_brokers_word_of_it(station: Device) -> None:
    """Facts and states travel by the broker and arrive later than the answer to StatusNotification."""
    spot = evse(of=station)
    report(station, "Faulted", 1)
    report(station, "Available", 2)
    late = to_ms(START) + 60_000
    fault = messages.Event(v=1, boot=1, seq=1, ts_ms=late, evse=1, type="fault", code="station_fault")
    state = messages.Status(v=1, boot=1, seq=2, ts_ms=late, online=True, state="fault")
    receive_event(device=station, event=fault, received_at=START + timedelta(hours=1))
    receive_status(device=station, status=state, received_at=START + timedelta(hours=1))
    spot.refresh_from_db()
    assert spot.status == "AVAILABLE"
