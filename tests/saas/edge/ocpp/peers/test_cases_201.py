"""Cases of OCPP 2.0.1 part 6 for a CSMS, walked by a scripted charging station. The letters are the document's.

What the platform sends alone (variables, reports, lists, reservations, profiles, monitors, messages, firmware,
certificates) is in test_calls; here are the conversations.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from .scripted import CallError, Scripted
from .walking import Desk, at, just_now, walked
from .whole import Whole, at_desk

pytestmark = [pytest.mark.slow, pytest.mark.req("CHG-01")]
BOOT = {"chargingStation": {"vendorName": "V", "model": "M", "serialNumber": "S", "firmwareVersion": "1"}}
Scene = Callable[["Case"], Awaitable[None]]


def token(tag: str = "ACCEPTED1", kind: str = "ISO14443") -> dict[str, str]:
    return {"idToken": tag, "type": kind}


class Case(Desk):
    """One case: the station, and what an operator does."""

    def __init__(self, house: Whole, device: Any, station: Scripted) -> None:
        super().__init__(house, device, station)
        self.transaction, self.seq_no = "tx-1", 0

    async def boot(self, reason: str = "PowerUp") -> None:
        answer = await self.station.call("BootNotification", reason=reason, **BOOT)
        assert answer["status"] == "Accepted" and answer["interval"] > 0
        for evse in (1, 2):
            await self.status("Available", evse)

    async def status(self, status: str, evse: int = 1) -> None:
        said = {"evseId": evse, "connectorId": 1, "connectorStatus": status, "timestamp": just_now()}
        assert await self.station.call("StatusNotification", **said) == {}

    async def authorise(self, tag: str = "ACCEPTED1") -> dict[str, Any]:
        return dict((await self.station.call("Authorize", idToken=token(tag)))["idTokenInfo"])

    async def event(self, kind: str, trigger: str, minute: float, wh: int | None = None, **more: Any) -> dict[str, Any]:
        info = {"transactionId": self.transaction, **more.pop("info", {})}
        evse = more.pop("evse", {"id": 1, "connectorId": 1})
        if wh is not None:
            more["meterValue"] = [{"timestamp": at(minute), "sampledValue": [{"value": wh}]}]
        if evse:
            more["evse"] = evse
        answer = await self.station.call(
            "TransactionEvent", eventType=kind, triggerReason=trigger, seqNo=self.seq_no, timestamp=at(minute),
            transactionInfo=info, **more,
        )  # fmt: skip
        self.seq_no += 1
        return answer


def walk(folder: Path, scene: Scene, *, boot: bool = True) -> None:
    """Play a case with a booted station of two EVSEs."""
    walked(folder, Case, "ocpp2.0.1", scene, boot=boot)


CHARGING, READY, AWAY = ({"chargingState": state} for state in ("Charging", "EVConnected", "Idle"))
CLOSED = [("closed", 5000, "ACCEPTED1")]


async def ended(case: Case, trigger: str = "StopAuthorized", reason: str = "Local", **more: Any) -> dict[str, Any]:
    return await case.event("Ended", trigger, 30, 6000, info={"stoppedReason": reason}, **more)


def test_tc_b_01_boot_and_b_30_nothing_before_it_is_accepted(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.boot()
        assert (await case.station.call("Heartbeat"))["currentTime"].endswith("Z")

    walk(tmp_path, scene, boot=False)


@pytest.mark.parametrize("state", ["pending", "revoked"])
def test_tc_b_02_b_03_b_31_a_station_that_is_not_accepted(ampere: Any, tmp_path: Path, state: str) -> None:
    async def scene(case: Case) -> None:
        await at_desk(lambda: _become(case, state))
        answer = await case.station.call("BootNotification", reason="PowerUp", **BOOT)
        assert answer["status"] == {"pending": "Pending", "revoked": "Rejected"}[state]
        for action, payload in (("Heartbeat", {}), ("Authorize", {"idToken": token()})):
            with pytest.raises(CallError, match="SecurityError"):
                await case.station.call(action, **payload)

    walk(tmp_path, scene, boot=False)


def _become(case: Case, state: str) -> None:
    case.device.state = state
    case.device.save(update_fields=["state"])


def test_tc_b_12_a_report_in_parts(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.order("GetBaseReport", requestId=7, reportBase="FullInventory")
        for seq_no in range(3):
            variable = {
                "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": f"V{seq_no}"},
                "variableAttribute": [{"value": "1"}],
            }  # fmt: skip
            said = {"requestId": 7, "generatedAt": at(), "seqNo": seq_no, "tbc": seq_no < 2, "reportData": [variable]}
            assert await case.station.call("NotifyReport", **said) == {}

    walk(tmp_path, scene)


@pytest.mark.parametrize(("kind", "reason"), [("Immediate", "ImmediateReset"), ("OnIdle", "Local")])
def test_tc_b_20_to_b_25_resets(ampere: Any, tmp_path: Path, kind: str, reason: str) -> None:
    async def scene(case: Case) -> None:
        await case.event("Started", "Authorized", 0, 1000, idToken=token())
        await case.order("Reset", type=kind)
        await ended(case, "ResetCommand" if kind == "Immediate" else "StopAuthorized", reason)
        await case.boot("RemoteReset")
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


@pytest.mark.parametrize(
    ("tag", "status"), [("STRANGER", {"Unknown", "Invalid"}), ("BLOCKED1", {"Blocked"}), ("EXPIRED1", {"Expired"})]
)
def test_tc_c_02_06_07_20_tokens_that_may_not(ampere: Any, tmp_path: Path, tag: str, status: set[str]) -> None:
    async def scene(case: Case) -> None:
        assert (await case.authorise(tag))["status"] in status
        answer = await case.event("Started", "Authorized", 0, 1000, idToken=token(tag))
        assert answer["idTokenInfo"]["status"] in status
        await ended(case, "Deauthorized", "DeAuthorized")
        assert [state for state, _, _ in await case.sessions()] == ["closed"]

    walk(tmp_path, scene)


def test_tc_c_08_a_token_from_the_cache(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        answer = await case.event("Started", "Authorized", 0, 1000, idToken=token())
        assert answer["idTokenInfo"]["status"] == "Accepted"
        await ended(case)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_c_39_c_43_another_token_of_the_group_stops(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        assert (await case.authorise())["groupIdToken"]["idToken"] == "GROUP1"
        await case.event("Started", "Authorized", 0, 1000, idToken=token())
        assert (await case.authorise("ACCEPTED2"))["groupIdToken"]["idToken"] == "GROUP1"
        answer = await ended(case, idToken=token("ACCEPTED2"))
        assert answer["idTokenInfo"]["status"] == "Accepted"
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


# TxStartPoint and what follows: messages (kind, trigger, minute, Wh, more) up to the end.
STARTS: dict[str, list[tuple[str, str, float, int, dict[str, Any]]]] = {
    "e_01_power_path_closed": [("Started", "ChargingStateChanged", 0, 1000, {"info": CHARGING, "idToken": token()})],
    "e_02_energy_transfer": [("Started", "ChargingStateChanged", 0, 1000, {"info": CHARGING, "idToken": token()})],
    "e_03_cable_first": [
        ("Started", "CablePluggedIn", 0, 1000, {"info": READY}),
        ("Updated", "Authorized", 1, 1000, {"idToken": token()}),
        ("Updated", "ChargingStateChanged", 2, 1000, {"info": CHARGING}),
    ],
    "e_04_authorisation_first": [
        ("Started", "Authorized", 0, 1000, {"idToken": token()}),
        ("Updated", "CablePluggedIn", 1, 1000, {"info": READY}),
        ("Updated", "ChargingStateChanged", 2, 1000, {"info": CHARGING}),
    ],
    "e_11_data_signed": [("Started", "SignedDataReceived", 0, 1000, {"idToken": token(), "info": CHARGING})],
    "e_12_parking_bay": [
        ("Started", "EVDetected", 0, 1000, {"info": AWAY}),
        ("Updated", "Authorized", 1, 1000, {"idToken": token()}),
        ("Updated", "CablePluggedIn", 2, 1000, {"info": READY}),
        ("Updated", "ChargingStateChanged", 3, 1000, {"info": CHARGING}),
    ],
    "e_38_vehicle_not_ready": [
        ("Started", "Authorized", 0, 1000, {"idToken": token()}),
        ("Updated", "ChargingStateChanged", 1, 1000, {"info": {"chargingState": "SuspendedEV"}}),
    ],
}


@pytest.mark.parametrize("name", STARTS)
def test_tc_e_starts(ampere: Any, tmp_path: Path, name: str) -> None:
    async def scene(case: Case) -> None:
        await case.authorise()
        for kind, trigger, minute, wh, more in STARTS[name]:
            answer = await case.event(kind, trigger, minute, wh, **more)
            assert ("idTokenInfo" in answer) == ("idToken" in more)
        await case.event("Updated", "MeterValuePeriodic", 10, 2500)
        await ended(case)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


ENDS = [
    ("StopAuthorized", "Local"), ("EVDeparted", "EVDisconnected"), ("EVCommunicationLost", "EVDisconnected"),
    ("ChargingStateChanged", "StoppedByEV"), ("RemoteStop", "Remote"), ("EnergyLimitReached", "EnergyLimitReached"),
    ("TimeLimitReached", "TimeLimitReached"), ("Deauthorized", "DeAuthorized"), ("EVConnectTimeout", "Timeout"),
    ("AbnormalCondition", "GroundFault"),
]  # fmt: skip


@pytest.mark.parametrize(("trigger", "reason"), ENDS, ids=[reason for _, reason in ENDS])
def test_tc_e_ends(ampere: Any, tmp_path: Path, trigger: str, reason: str) -> None:
    async def scene(case: Case) -> None:
        await case.event("Started", "Authorized", 0, 1000, idToken=token())
        await ended(case, trigger, reason)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_e_09_e_10_a_plug_alone_is_no_session(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        assert await case.event("Started", "CablePluggedIn", 0, 1000, info=READY) == {}
        await case.event("Ended", "EVDeparted", 5, 1000, info={"stoppedReason": "EVDisconnected"})
        assert await case.sessions() == []

    walk(tmp_path, scene)


def test_tc_e_26_suspended_and_resumed(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.event("Started", "Authorized", 0, 1000, idToken=token(), info=CHARGING)
        await case.event("Updated", "EVCommunicationLost", 5, 1500, info=AWAY)
        await case.event("Updated", "CablePluggedIn", 6, 1500, info=READY)
        await case.event("Updated", "ChargingStateChanged", 7, 1500, info=CHARGING)
        await ended(case)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_e_29_to_e_34_messages_that_waited_offline(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.event("Started", "Authorized", 0, 1000, idToken=token(), offline=True)
        await case.event("Updated", "MeterValuePeriodic", 10, 2500, offline=True)
        case.station.replies["GetTransactionStatus"] = {"messagesInQueue": True, "ongoingIndicator": True}
        over = await case.order("GetTransactionStatus", transactionId="tx-1")
        assert over.answer == {"messagesInQueue": True, "ongoingIndicator": True}
        await ended(case, offline=True)
        case.station.replies["GetTransactionStatus"] = {"messagesInQueue": False}
        assert (await case.order("GetTransactionStatus")).answer == {"messagesInQueue": False}
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_e_53_each_transaction_counts_from_zero(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        for name in ("tx-1", "tx-2"):
            case.transaction, case.seq_no = name, 0
            await case.event("Started", "Authorized", 0, 1000, idToken=token())
            await ended(case)
        assert await case.sessions() == CLOSED * 2

    walk(tmp_path, scene)


def test_tc_f_01_to_f_04_remote_start_and_stop(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.order("RequestStartTransaction", remoteStartId=9, evseId=1, idToken=token("ACCEPTED1", "Central"))
        info = {"remoteStartId": 9, **CHARGING}
        answer = await case.event("Started", "RemoteStart", 0, 1000, idToken=token("ACCEPTED1", "Central"), info=info)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        await case.order("RequestStopTransaction", transactionId="tx-1")
        await ended(case, "RemoteStop", "Remote")
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


MESSAGES = [
    "BootNotification", "Heartbeat", "StatusNotification", "MeterValues", "TransactionEvent", "LogStatusNotification",
    "FirmwareStatusNotification",
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES)
def test_tc_f_11_to_f_27_triggers(ampere: Any, tmp_path: Path, message: str) -> None:
    async def scene(case: Case) -> None:
        await case.event("Started", "Authorized", 0, 1000, idToken=token())
        evse = {"evse": {"id": 1, "connectorId": 1}} if message == "StatusNotification" else {}
        await case.order("TriggerMessage", requestedMessage=message, **evse)
        await TRIGGERED[message](case)

    walk(tmp_path, scene)


TRIGGERED: dict[str, Callable[[Case], Awaitable[Any]]] = {
    "BootNotification": lambda case: case.station.call("BootNotification", reason="Triggered", **BOOT),
    "Heartbeat": lambda case: case.station.call("Heartbeat"),
    "StatusNotification": lambda case: case.status("Occupied"),
    "MeterValues": lambda case: case.station.call(
        "MeterValues", evseId=1, meterValue=[{"timestamp": at(), "sampledValue": [{"value": 1, "context": "Trigger"}]}]
    ),
    "TransactionEvent": lambda case: case.event("Updated", "Trigger", 5, 2000),
    "LogStatusNotification": lambda case: case.station.call("LogStatusNotification", status="Idle"),
    "FirmwareStatusNotification": lambda case: case.station.call("FirmwareStatusNotification", status="Idle"),
}


@pytest.mark.parametrize("status", ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"])
def test_tc_g_01_to_g_20_statuses(ampere: Any, tmp_path: Path, status: str) -> None:
    async def scene(case: Case) -> None:
        await case.status(status)

    walk(tmp_path, scene)


@pytest.mark.parametrize("update", ["Expired", "Removed"])
def test_tc_h_reservations(ampere: Any, tmp_path: Path, update: str) -> None:
    async def scene(case: Case) -> None:
        await case.order("ReserveNow", id=5, expiryDateTime=at(120), idToken=token(), evseId=1)
        await case.status("Reserved")
        said = {"reservationId": 5, "reservationUpdateStatus": update}
        assert await case.station.call("ReservationStatusUpdate", **said) == {}

    walk(tmp_path, scene)


def test_tc_j_meter_values_of_the_clock_and_of_the_transaction(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.event("Started", "Authorized", 0, 1000, idToken=token())
        await case.event("Updated", "MeterValueClock", 10, 2500)
        sampled = [{"timestamp": at(12), "sampledValue": [{"value": 2.7, "unitOfMeasure": {"unit": "kWh"}}]}]
        assert await case.station.call("MeterValues", evseId=1, meterValue=sampled) == {}
        assert (await case.sessions())[0][1] == 1700
        await ended(case)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


EARLY = "2026-01-01T00:00:00Z"
PROFILE = {
    "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
    "chargingSchedule": [
        {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
    ],
}  # fmt: skip
HOT = {
    "eventId": 1, "timestamp": EARLY, "trigger": "Alerting", "actualValue": "90",
    "eventNotificationType": "HardWiredNotification", "component": {"name": "EVSE"},
    "variable": {"name": "Temperature"},
}  # fmt: skip
CERTIFICATE = {
    "hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c",
    "responderURL": "http://127.0.0.1:9/ocsp",
}  # fmt: skip
EXI = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "x"}
PART = {"seqNo": 0, "generatedAt": EARLY}
# What a station tells of itself, by block: the action, the payload.
TOLD: list[tuple[str, dict[str, Any]]] = [
    (
        "ReportChargingProfiles",
        {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [PROFILE]},
    ),
    ("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}}),
    ("ClearedChargingLimit", {"chargingLimitSource": "EMS"}),
    ("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase"}}),
    ("FirmwareStatusNotification", {"status": "InstallVerificationFailed", "requestId": 3}),
    ("PublishFirmwareStatusNotification", {"status": "Published", "location": ["https://example.com/f"]}),
    ("LogStatusNotification", {"status": "UploadFailure", "requestId": 3}),
    ("NotifyMonitoringReport", {"requestId": 2, **PART}),
    ("NotifyEvent", {"eventData": [HOT], **PART}),
    ("NotifyCustomerInformation", {"data": "x", "requestId": 4, **PART}),
    ("NotifyDisplayMessages", {"requestId": 5}),
    ("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": EARLY}),
    ("SignCertificate", {"csr": "none", "certificateType": "ChargingStationCertificate"}),
    ("GetCertificateStatus", {"ocspRequestData": CERTIFICATE}),
    ("Get15118EVCertificate", EXI),
    ("DataTransfer", {"vendorId": "com.example", "messageId": "m", "data": {"any": 1}}),
]


@pytest.mark.parametrize(("action", "payload"), TOLD, ids=[action for action, _ in TOLD])
def test_tc_k_to_p_what_stations_tell(ampere: Any, tmp_path: Path, action: str, payload: dict[str, Any]) -> None:
    async def scene(case: Case) -> None:
        await case.station.call(action, **payload)  # the rig checks that the answer is lawful

    walk(tmp_path, scene)
