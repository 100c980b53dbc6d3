"""What stations report of themselves and of their connectors."""

import pytest

from saas.contracts import rpc
from saas.devices.models import Device
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.stations import actions, queries
from tenants.stations.models import Station
from tests.builders import NOW, device, evse
from tests.tenants.charging.story import START


@pytest.fixture
def station(ampere: Tenant) -> Device:
    return device(kind="station", station_id="CP-1")


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
