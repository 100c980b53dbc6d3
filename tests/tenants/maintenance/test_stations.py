"""What OCPP stations say becomes alerts: statuses, monitored events, security events, ends of transactions."""

from typing import Any

import pytest

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event
from saas.kit.time import to_ms
from tenants.charging.actions import receive_event, tell_refused
from tenants.charging.actions.stations import AuthResult
from tenants.charging.signals import began, ended
from tenants.maintenance import tasks
from tenants.maintenance.actions.orders import order_for_alert
from tenants.maintenance.models import Alert, MaintenancePolicy, Outage, VendorCode
from tenants.maintenance.queries import units
from tests import builders
from tests.builders import NOW
from tests.tenants.stations.rig import Rig

from .story import later

pytestmark = [pytest.mark.django_db, pytest.mark.req("MNT-01"), pytest.mark.usefixtures("ampere")]


class Post(Rig):
    """A station with an EVSE; its facts come as the gateway tells them."""

    def __init__(self, protocol: str = "ocpp1.6") -> None:
        super().__init__(protocol)
        self.evse = builders.evse(of=self.device)
        self.seq = 0

    def fact(self, kind: str, minute: float = 0, **more: Any) -> None:
        self.seq += 1
        at = later(minute)
        event = Event(v=1, boot=9, seq=self.seq, ts_ms=to_ms(at), type=kind, **more)
        receive_event(device=self.device, event=event, received_at=at)

    def fails(self, detail: str, minute: float = 0, evse: int = 1) -> None:
        self.fact(wire.EV_FAULT, minute, code="station_fault", reason="OtherError", detail=detail, evse=evse)

    @property
    def alerts(self) -> list[Alert]:
        return list(Alert.objects.filter(device_id=self.device.device_id).order_by("pk"))


def test_a_vendors_code_makes_the_alert_and_names_the_outage() -> None:
    post = Post()
    VendorCode.objects.create(vendor="acme", code="e17", mrec="CX025")
    post.fails("errorCode=OtherError, vendorId=ACME, vendorErrorCode=E17, info=latch")
    (alert,) = post.alerts
    assert (alert.code, alert.mrec, alert.source, alert.detail["info"]) == ("ACME:E17", "CX025", "ocpp", "latch")
    outage = Outage.objects.get(evse=post.evse)
    assert (outage.mrec, outage.cause, outage.broken) == ("CX025", "hardware", True)
    post.fact(wire.EV_CLEARED, 5, code="station_fault")
    assert post.alerts[0].state == "resolved"


def test_a_code_that_nobody_knows_is_another_error_with_the_raw_code_kept() -> None:
    post = Post()
    post.fails("errorCode=OtherError, vendorId=ACME, vendorErrorCode=0x99")
    (alert,) = post.alerts
    assert (alert.code, alert.mrec, alert.detail["vendorErrorCode"]) == ("ACME:0x99", "OtherError", "0x99")


def test_a_fault_of_the_whole_station_is_one_alert() -> None:
    post = Post()
    post.fails("errorCode=GroundFailure", evse=0)
    (alert,) = post.alerts
    assert (alert.device_evse, alert.evse, alert.location) == (0, None, post.evse.location)
    assert Outage.objects.get(evse=post.evse).mrec == "CX002"


def test_an_error_of_a_connector_that_works_is_a_warning_and_no_outage() -> None:
    post = Post()
    post.fact(wire.EV_NOTICE, code="GroundFailure", reason="GroundFailure", detail="errorCode=GroundFailure")
    (alert,) = post.alerts
    assert (alert.code, alert.severity, alert.broken) == ("warning:GroundFailure", "major", False)
    assert not Outage.objects.exists()


def test_a_connector_without_an_error_ends_what_it_had() -> None:
    from saas.contracts import rpc
    from tenants.stations.actions import station_status

    post = Post()
    post.fact(wire.EV_NOTICE, code="WeakSignal", detail="errorCode=WeakSignal")
    said = rpc.StatusReport(
        device=post.device.device_id, evse=1, status="Available", error_code="NoError", ts_ms=to_ms(later(3))
    )
    station_status(device=post.device, status=said, now=later(3))
    assert post.alerts[0].state == "resolved"


def test_a_monitored_variable_is_an_alert_while_it_is_true() -> None:
    post = Post("ocpp2.0.1")
    place = {"component": {"name": "CableBreakawaySensor", "evse": {"id": 1}}, "variable": {"name": "Tripped"}}
    shared = {"eventId": 1, "timestamp": "2026-11-20T08:00:00Z", "trigger": "Alerting",
              "eventNotificationType": "HardWiredNotification"}  # fmt: skip
    told = {
        "generatedAt": "2026-11-20T08:00:00Z",
        "seqNo": 0,
        "eventData": [{**shared, **place, "actualValue": "true"}],
    }
    post.tell("NotifyEvent", told)
    (alert,) = post.alerts
    assert (alert.code, alert.mrec, alert.cause, alert.evse) == (
        "CableBreakawaySensor.Tripped", "CX026", "vandalism", post.evse,
    )  # fmt: skip
    told["eventData"] = [{**shared, **place, "actualValue": "false"}]
    post.tell("NotifyEvent", told, now=later(4))
    assert post.alerts[0].state == "resolved"


def test_a_security_event_is_an_alert_and_an_ordinary_one_is_none() -> None:
    post = Post("ocpp2.0.1")
    for kind in ("SettingSystemTime", "TamperDetectionActivated", "SomethingOfAVendor"):
        post.tell("SecurityEventNotification", {"type": kind, "timestamp": "2026-11-20T08:00:00Z", "techInfo": "door"})
    assert [(row.code, row.severity, row.detail) for row in post.alerts] == [
        ("TamperDetectionActivated", "critical", {"techInfo": "door"}),
        ("SomethingOfAVendor", "minor", {"techInfo": "door"}),
    ]


def test_the_end_of_a_transaction_says_what_was_wrong() -> None:
    post = Post()
    driver = builders.person("driver")
    listing = builders.listing(host=builders.person("host"), on=post.evse)
    _, session = builders.confirmed(of=listing, by=driver)
    for word in ("EVDisconnected", "GroundFault"):
        session.evidence = {"word": word}
        ended.send(type(session), session=session, now=NOW)
    (alert,) = post.alerts
    assert (alert.code, alert.mrec, alert.lasting) == ("GroundFault", "CX002", False)


def test_cards_refused_in_a_row_are_an_alert_until_somebody_charges() -> None:
    post = Post()
    MaintenancePolicy.objects.create(refused_starts=3)
    for _ in range(4):
        result = AuthResult(status="Invalid", reason="unknown")
        tell_refused(device=post.device, evse=1, id_tag="X", result=result, now=NOW)
    (alert,) = post.alerts
    assert (alert.code, alert.cause, alert.broken, alert.count) == ("refused_starts", "payment", False, 2)
    listing = builders.listing(host=builders.person("host"), on=post.evse)
    _, session = builders.confirmed(of=listing, by=builders.person("driver"))
    began.send(type(session), session=session, reservation=None, now=later(1))
    assert post.alerts[0].state == "resolved"


def test_an_alarm_of_smart_charging_is_an_alert_while_it_is_open() -> None:
    from tenants.power.models import Alarm, Circuit, Member

    post = Post()
    circuit = Circuit.objects.create(location=post.evse.location, name="Main", limit_ma=63_000)
    member = Member.objects.create(evse=post.evse, circuit=circuit)
    alarm = Alarm.objects.create(
        circuit=circuit, member=member, kind="ignores", detail={"measured_ma": 1}, raised_at=NOW
    )
    whole = Alarm.objects.create(circuit=circuit, kind="no_room", raised_at=NOW)
    tasks.watch(NOW)
    tasks.watch(NOW)
    found = Alert.objects.filter(source="power").order_by("code")
    assert [(row.code, row.evse, row.location, row.count) for row in found] == [
        ("power_ignores", post.evse, post.evse.location, 1),
        ("power_no_room", None, post.evse.location, 1),
    ]
    for row in (alarm, whole):
        row.cleared_at = later(1)
        row.save()
    tasks.watch(later(1))
    assert set(found.values_list("state", flat=True)) == {"resolved"}


def test_an_outlet_of_a_station_that_nobody_offers_is_called_by_the_stations_name() -> None:
    post = Post()
    name = post.station.station_id
    assert units.title(post.evse) == f"{name}/1" == units.titles([post.evse])[post.evse.pk]
    post.fails("errorCode=GroundFailure")
    order = order_for_alert(alert=post.alerts[0], job=None, by=builders.person("boss", "operator"), now=later(1))
    assert order.title == f"Earth-fault protection has tripped · {name}/1"
