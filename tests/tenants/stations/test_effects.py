"""What answers and messages of a station change in what is known of it."""

from datetime import timedelta
from typing import Any

import pytest

from saas.kit.time import iso
from saas.tenancy.models import Tenant
from tenants.cards.models import Card, CardGroup
from tenants.charging.models import Session
from tenants.stations import actions, queries
from tenants.stations.models import Item, LocalListEntry, Notice, Reservation, Variable
from tests import builders
from tests.builders import NOW

from .rig import Rig

OK = {"status": "Accepted"}
HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


@pytest.fixture
def old(ampere: Tenant) -> Rig:
    return Rig("ocpp1.6")


@pytest.fixture
def new(ampere: Tenant) -> Rig:
    return Rig("ocpp2.0.1", "CP-2")


def values(rig: Rig) -> dict[str, str | None]:
    return dict(Variable.objects.filter(station=rig.station).values_list("key", "value"))


def kept(rig: Rig, kind: str) -> dict[str, Any]:
    return dict(Item.objects.filter(station=rig.station, kind=kind).values_list("key", "data"))


@pytest.mark.req("CHG-02")
def test_keys_of_1_6_are_read_changed_and_forgotten(old: Rig) -> None:
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "AuthorizationKey", "readonly": False, "value": "00ff"},
    ]
    old.call("GetConfiguration", {}, {"configurationKey": keys})
    assert values(old) == {"HeartbeatInterval": "60", "NumberOfConnectors": "2", "AuthorizationKey": "***"}
    assert Variable.objects.get(key="NumberOfConnectors").mutability == "ReadOnly"
    old.call("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "30"}, OK)
    old.call("ChangeConfiguration", {"key": "NumberOfConnectors", "value": "9"}, {"status": "Rejected"})
    old.call("ChangeConfiguration", {"key": "Vendor", "value": "x"}, {"status": "RebootRequired"})
    assert (values(old)["HeartbeatInterval"], values(old)["NumberOfConnectors"]) == ("30", "2")
    assert Variable.objects.get(key="Vendor").reboot_required
    old.call("GetConfiguration", {"key": ["Nonsense", "Vendor"]}, {"unknownKey": ["Vendor"], "configurationKey": []})
    assert "Vendor" not in values(old) and len(values(old)) == 3
    old.call("GetConfiguration", {}, {"configurationKey": keys[:1]})
    assert values(old) == {"HeartbeatInterval": "60"}


@pytest.mark.req("CHG-02")
def test_variables_of_2_0_1_are_set_and_got(new: Rig) -> None:
    asked = [{**HEARTBEAT, "attributeValue": "30"}, {**POWER, "attributeValue": "1", "attributeType": "Target"}]
    results = [
        {**HEARTBEAT, "attributeStatus": "RebootRequired"},
        {**POWER, "attributeType": "Target", "attributeStatus": "Rejected"},
    ]
    new.call("SetVariables", {"setVariableData": asked}, {"setVariableResult": results})
    assert values(new) == {"OCPPCommCtrlr/HeartbeatInterval": "30"}
    got = [
        {**HEARTBEAT, "attributeStatus": "UnknownVariable"},
        {**POWER, "attributeStatus": "Accepted", "attributeValue": "7000"},
    ]
    new.call("GetVariables", {"getVariableData": [HEARTBEAT, POWER]}, {"getVariableResult": got})
    assert values(new) == {"EVSE@1/Power": "7000"}


def reported(number: int, entries: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    data = [
        {**entry, "variableAttribute": [{"value": "1"}, {"type": "MaxSet", "value": "2", "mutability": "ReadOnly"}]}
        for entry in entries
    ]
    return {"requestId": 7, "generatedAt": iso(NOW), "seqNo": number, "tbc": more, "reportData": data}


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_inventory_in_parts_replaces_what_was_known(new: Rig, order: tuple[int, int]) -> None:
    gone = {**HEARTBEAT, "attributeStatus": "Accepted", "attributeValue": "x"}
    gone["variable"] = {"name": "Gone"}
    new.call("GetVariables", {"getVariableData": [HEARTBEAT]}, {"getVariableResult": [gone]})
    new.call("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"}, OK)
    Variable.objects.update(at=NOW - timedelta(days=9))
    parts = [reported(0, [HEARTBEAT], more=True), reported(1, [POWER], more=False)]
    later = NOW + timedelta(days=999)
    assert [new.tell("NotifyReport", parts[number], now=later) for number in order] == [{}, {}]
    assert values(new) == {
        "EVSE@1/Power": "1", "EVSE@1/Power#MaxSet": "2",
        "OCPPCommCtrlr/HeartbeatInterval": "1", "OCPPCommCtrlr/HeartbeatInterval#MaxSet": "2",
    }  # fmt: skip
    assert kept(new, "report")["report:7"]["complete"]


def tags(rig: Rig) -> dict[str, tuple[str, str]]:
    rows = LocalListEntry.objects.filter(station=rig.station)
    return {row.id_tag: (row.status, row.parent) for row in rows}


@pytest.mark.req("CHG-02", "CHG-10")
def test_the_local_list_follows_what_the_station_took_over(old: Rig) -> None:
    first = [
        {"idTag": "A", "idTagInfo": {"status": "Accepted", "parentIdTag": "G", "expiryDate": iso(NOW)}},
        {"idTag": "B", "idTagInfo": {"status": "Blocked"}},
    ]
    old.call("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": first}, OK)
    assert tags(old) == {"A": ("Accepted", "G"), "B": ("Blocked", "")} and old.fresh.local_list_version == 1
    update = [{"idTag": "b", "idTagInfo": {"status": "Accepted"}}, {"idTag": "A"}]
    differential = {"listVersion": 2, "updateType": "Differential", "localAuthorizationList": update}
    old.call("SendLocalList", differential, {"status": "VersionMismatch"})
    assert old.fresh.local_list_version == 1 and len(tags(old)) == 2
    old.call("SendLocalList", differential, OK)
    assert tags(old) == {"b": ("Accepted", "")} and old.fresh.local_list_version == 2
    old.call("GetLocalListVersion", {}, {"listVersion": 0})
    assert tags(old) == {} and old.fresh.local_list_version == 0


@pytest.mark.req("CHG-02", "CHG-10")
def test_the_local_list_of_2_0_1(new: Rig) -> None:
    entry = {
        "idToken": {"idToken": "04AB", "type": "ISO14443"},
        "idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": "G", "type": "Central"}},
    }
    new.call("SendLocalList", {"versionNumber": 5, "updateType": "Full", "localAuthorizationList": [entry]}, OK)
    assert tags(new) == {"04AB": ("Accepted", "G")} and new.fresh.local_list_version == 5
    new.call("SendLocalList", {"versionNumber": 6, "updateType": "Full"}, OK)
    assert tags(new) == {}


def reservation(rig: Rig) -> tuple[int, str, str]:
    row = Reservation.objects.filter(station=rig.station).latest("id")
    return row.evse, row.id_tag, row.state


@pytest.mark.req("CHG-02")
def test_reservations_are_made_and_cancelled(old: Rig) -> None:
    until = iso(NOW + timedelta(hours=1))
    held = {"connectorId": 1, "expiryDate": until, "idTag": "A", "reservationId": 9}
    old.call("ReserveNow", held, {"status": "Occupied"})
    assert not Reservation.objects.exists()
    old.call("ReserveNow", held, OK)
    old.call("ReserveNow", {**held, "idTag": "B"}, OK)
    assert reservation(old) == (1, "B", "active")
    assert list(Reservation.objects.order_by("id").values_list("state", flat=True)) == ["cancelled", "active"]
    old.call("CancelReservation", {"reservationId": 9}, OK)
    assert reservation(old) == (1, "B", "cancelled")


@pytest.mark.req("CHG-02")
def test_a_station_gives_a_reservation_up(new: Rig) -> None:
    until = iso(NOW + timedelta(hours=1))
    held = {"id": 3, "expiryDateTime": until, "idToken": {"idToken": "C", "type": "Central"}}
    new.call("ReserveNow", held, OK)
    assert reservation(new) == (0, "C", "active")
    assert new.tell("ReservationStatusUpdate", {"reservationId": 3, "reservationUpdateStatus": "Expired"}) == {}
    assert reservation(new) == (0, "C", "expired")


@pytest.mark.req("CHG-02", "CHG-10")
def test_a_card_of_the_same_group_uses_a_reservation(old: Rig) -> None:
    """OCA's TC_053 (1.6), TC_H_08 and TC_H_20 (2.0.1)."""
    group = CardGroup.objects.create(name="Vans", parent_id="VANS")
    Card.objects.create(id_tag="VAN2", group=group)
    Card.objects.create(id_tag="OTHER")
    evse = builders.evse(of=old.device)
    held = {"connectorId": 1, "expiryDate": iso(NOW + timedelta(hours=1)), "idTag": "VAN1", "reservationId": 9}
    old.call("ReserveNow", {**held, "parentIdTag": "VANS"}, OK)
    for tag, state in (("OTHER", "active"), ("VAN2", "used")):
        session = Session(evse=evse, device_id=evse.device_id, id_tag=tag, transaction_id=f"of {tag}")
        actions.session_began(session=session, reservation=None, now=NOW)
        assert reservation(old) == (1, "VAN1", state)
    assert Reservation.objects.get().transaction_id == "of VAN2"


@pytest.mark.req("CHG-02", "CHG-07")
def test_the_profile_of_a_remote_start_is_kept(old: Rig, new: Rig) -> None:
    """OCA's TC_059 (1.6), TC_K_15 (2.0.1)."""
    profile = old_profile(5, "TxProfile")
    body = {"idTag": "A", "connectorId": 1, "chargingProfile": profile}
    old.call("RemoteStartTransaction", body, {"status": "Rejected"})
    old.call("RemoteStartTransaction", {"idTag": "A"}, OK)
    assert kept(old, "charging_profile") == {}
    old.call("RemoteStartTransaction", body, OK)
    assert kept(old, "charging_profile") == {"1:5": {"evse": 1, "source": "CSO", "profile": profile}}
    schedule = [{"id": 1, **profile["chargingSchedule"]}]
    latest = {**profile, "id": 6, "chargingSchedule": schedule}
    del latest["chargingProfileId"]
    asked = {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 1, "evseId": 2}
    new.call("RequestStartTransaction", {**asked, "chargingProfile": latest}, OK)
    assert set(kept(new, "charging_profile")) == {"2:6"}


def old_profile(number: int, purpose: str = "TxDefaultProfile", level: int = 0) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
    return {
        "chargingProfileId": number, "stackLevel": level, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative", "chargingSchedule": schedule,
    }  # fmt: skip


@pytest.mark.req("CHG-02", "CHG-07")
def test_profiles_of_1_6(old: Rig) -> None:
    for number, level, answer in [(1, 0, "Accepted"), (2, 0, "Accepted"), (3, 1, "Accepted"), (4, 2, "NotSupported")]:
        body = {"connectorId": 1, "csChargingProfiles": old_profile(number, level=level)}
        old.call("SetChargingProfile", body, {"status": answer})
    assert set(kept(old, "charging_profile")) == {"1:2", "1:3"}
    old.call("ClearChargingProfile", {"chargingProfilePurpose": "TxProfile"}, {"status": "Unknown"})
    assert set(kept(old, "charging_profile")) == {"1:2", "1:3"}
    old.call("ClearChargingProfile", {"id": 3}, OK)
    old.call("ClearChargingProfile", {"connectorId": 1, "stackLevel": 0}, OK)
    assert kept(old, "charging_profile") == {}
    schedule = {"status": "Accepted", "connectorId": 1, "chargingSchedule": old_profile(1)["chargingSchedule"]}
    old.call("GetCompositeSchedule", {"connectorId": 1, "duration": 60}, schedule)
    assert kept(old, "charging_schedule") == {"composite:1": schedule}


@pytest.mark.req("CHG-02", "CHG-07")
def test_profiles_limits_and_needs_of_2_0_1(new: Rig) -> None:
    schedule = [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}]
    profile = {
        "id": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }  # fmt: skip
    new.call("SetChargingProfile", {"evseId": 1, "chargingProfile": profile}, OK)
    outside = {**profile, "id": 6, "chargingProfilePurpose": "ChargingStationExternalConstraints"}
    report = {"requestId": 1, "chargingLimitSource": "EMS", "evseId": 0, "chargingProfile": [outside]}
    assert new.tell("ReportChargingProfiles", report) == {}
    assert {key: data["source"] for key, data in kept(new, "charging_profile").items()} == {"1:5": "CSO", "0:6": "EMS"}
    new.call("ClearChargingProfile", {"chargingProfileCriteria": {"evseId": 1}}, OK)
    assert set(kept(new, "charging_profile")) == {"0:6"}
    new.tell("NotifyChargingLimit", {"evseId": 1, "chargingLimit": {"chargingLimitSource": "SO"}})
    assert set(kept(new, "charging_limit")) == {"1:SO"}
    new.tell("ClearedChargingLimit", {"evseId": 1, "chargingLimitSource": "SO"})
    assert kept(new, "charging_limit") == {}


@pytest.mark.req("CHG-04", "MNT-04")
def test_firmware_and_logs_show_how_far_they_are(old: Rig) -> None:
    old.call("UpdateFirmware", {"location": "http://x/y", "retrieveDate": iso(NOW)}, {})
    assert old.fresh.progress["firmware"]["status"] == "Accepted"
    old.call("GetDiagnostics", {"location": "http://x/y"}, {})
    assert old.fresh.progress["diagnostics"]["status"] == "NothingToSend"
    old.tell("FirmwareStatusNotification", {"status": "Downloading"})
    old.tell("SignedFirmwareStatusNotification", {"status": "Installed", "requestId": 4})
    assert old.fresh.progress["firmware"] == {"status": "Installed", "request_id": 4, "at": iso(NOW)}
    assert queries.notices(station=old.station, kind="FirmwareStatusNotification").items[0].summary == "Downloading"


@pytest.mark.req("CHG-01")
def test_published_firmware_messages_monitors_and_customers(new: Rig) -> None:
    new.call("PublishFirmware", {"location": "http://x", "checksum": "c" * 32, "requestId": 8}, OK)
    new.tell("PublishFirmwareStatusNotification", {"status": "Published", "location": ["http://y"], "requestId": 8})
    assert kept(new, "published_firmware") == {"c" * 32: {"location": ["http://y"]}}
    new.call("UnpublishFirmware", {"checksum": "c" * 32}, {"status": "Unpublished"})
    assert kept(new, "published_firmware") == {}
    message = {"id": 1, "priority": "InFront", "message": {"format": "UTF8", "content": "Hi"}}
    new.call("SetDisplayMessage", {"message": message}, OK)
    new.tell("NotifyDisplayMessages", {"requestId": 1, "messageInfo": [{**message, "id": 2}]})
    new.call("ClearDisplayMessage", {"id": 1}, OK)
    assert set(kept(new, "display_message")) == {"2"}
    monitor = {**POWER, "type": "Delta", "value": 1.0, "severity": 5}
    result = [{**POWER, "type": "Delta", "severity": 5, "status": "Accepted", "id": 44}]
    new.call("SetVariableMonitoring", {"setMonitoringData": [monitor]}, {"setMonitoringResult": result})
    assert kept(new, "monitor")["44"]["value"] == 1.0
    gone = {"clearMonitoringResult": [{"id": 44, "status": "Accepted"}]}
    new.call("ClearVariableMonitoring", {"id": [44]}, gone)
    assert kept(new, "monitor") == {}
    for number, text, more in [(1, "Doe", False), (0, "Jane ", True)]:
        part = {"data": text, "seqNo": number, "tbc": more, "requestId": 3, "generatedAt": iso(NOW)}
        new.tell("NotifyCustomerInformation", part)
    assert kept(new, "customer_information")["3"]["text"] == "Jane Doe"


@pytest.mark.req("CHG-01", "CHG-02")
def test_vendors_words_and_security_events_are_kept(old: Rig) -> None:
    assert old.tell("DataTransfer", {"vendorId": "Acme", "data": "a\x00b"}) == {"status": "UnknownVendorId"}
    pnc = "org.openchargealliance.iso15118pnc"
    assert old.tell("DataTransfer", {"vendorId": pnc, "messageId": "?"}) == {"status": "UnknownMessageId"}
    when = NOW - timedelta(hours=1)
    event = {"type": "FirmwareUpdated", "timestamp": iso(when), "techInfo": "v2"}
    assert old.tell("SecurityEventNotification", event) == {}
    notice = Notice.objects.get(kind="SecurityEventNotification")
    assert (notice.summary, notice.at, notice.received_at) == ("FirmwareUpdated v2", when, NOW)


@pytest.mark.req("CHG-01")
def test_secrets_of_a_network_are_not_kept(new: Rig) -> None:
    apn = {"apn": "net", "apnUserName": "u", "apnPassword": "quiet", "apnAuthentication": "PAP"}
    data = {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://x", "messageTimeout": 30,
        "securityProfile": 2, "ocppInterface": "Wired0", "apn": apn,
    }  # fmt: skip
    new.call("SetNetworkProfile", {"configurationSlot": 1, "connectionData": data}, OK)
    assert kept(new, "network_profile")["1"]["apn"]["apnPassword"] == "***"
