"""Cases of the OCA's test-case document for a central system of OCPP 1.6, walked by a scripted charge point.

The numbers are the document's. What the platform sends alone (configuration, lists, reservations, profiles, firmware,
certificates) is in test_calls; here are the conversations.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from .scripted import Scripted
from .walking import Desk, at, just_now, walked
from .whole import Whole, connected, opened, play, registered

pytestmark = [pytest.mark.slow, pytest.mark.req("CHG-01")]
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
Scene = Callable[["Case"], Awaitable[None]]


class Case(Desk):
    """One case: the station, and what an operator does."""

    def __init__(self, house: Whole, device: Any, station: Scripted) -> None:
        super().__init__(house, device, station)
        self.transaction = 0

    async def boot(self) -> None:
        answer = await self.station.call("BootNotification", **BOOT)
        assert answer["status"] == "Accepted" and answer["interval"] > 0
        for connector in (0, 1, 2):
            await self.status("Available", connector)

    async def status(self, status: str, connector: int = 1, error: str = "NoError") -> None:
        said = {"connectorId": connector, "status": status, "errorCode": error, "timestamp": just_now()}
        assert await self.station.call("StatusNotification", **said) == {}

    async def authorise(self, tag: str = "ACCEPTED1") -> dict[str, Any]:
        answer = await self.station.call("Authorize", idTag=tag)
        return dict(answer["idTagInfo"])

    async def start(self, tag: str = "ACCEPTED1", connector: int = 1, minute: float = 0, **more: Any) -> dict[str, Any]:
        answer = await self.station.call(
            "StartTransaction", connectorId=connector, idTag=tag, meterStart=1000, timestamp=at(minute), **more
        )
        self.transaction = answer["transactionId"]
        return dict(answer["idTagInfo"])

    async def stop(self, reason: str = "Local", tag: str | None = "ACCEPTED1", minute: float = 30) -> dict[str, Any]:
        shown = {"idTag": tag} if tag else {}
        return await self.station.call(
            "StopTransaction", transactionId=self.transaction, meterStop=6000, timestamp=at(minute), reason=reason,
            **shown,
        )  # fmt: skip


def walk(folder: Path, scene: Scene, *, boot: bool = True) -> None:
    """Play a case with a booted station of two connectors."""
    walked(folder, Case, "ocpp1.6", scene, boot=boot)


CLOSED = [("closed", 5000, "ACCEPTED1")]


def test_tc_001_cold_boot_and_heartbeat(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        assert (await case.station.call("Heartbeat"))["currentTime"].endswith("Z")

    walk(tmp_path, scene)


def test_tc_003_plug_first(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.status("Preparing")
        assert (await case.authorise())["status"] == "Accepted"
        assert (await case.start())["status"] == "Accepted" and case.transaction > 0
        await case.status("Charging")
        assert (await case.stop())["idTagInfo"]["status"] == "Accepted"
        await case.status("Finishing")
        await case.status("Available")
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_004_identification_first_and_its_time_out(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        assert (await case.authorise())["status"] == "Accepted"
        await case.status("Preparing")
        await case.status("Available")  # nobody plugged in
        assert await case.sessions() == []
        await case.authorise()
        await case.status("Preparing")
        await case.start()
        await case.status("Charging")
        await case.stop()
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


@pytest.mark.parametrize("tag", ["ACCEPTED1", None])
def test_tc_005_disconnected_at_the_vehicle(ampere: Any, tmp_path: Path, tag: str | None) -> None:
    async def scene(case: Case) -> None:
        await case.start()
        await case.status("SuspendedEV")
        await case.stop("EVDisconnected", tag)
        await case.status("Finishing")
        await case.status("Available")
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_007_and_037_start_from_the_cache_or_offline(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        assert (await case.start())["status"] == "Accepted"  # without Authorize
        await case.stop()
        assert (await case.start("STRANGER", minute=35))["status"] == "Invalid" and case.transaction > 0
        await case.stop("DeAuthorized", None, minute=36)
        assert [state for state, _, _ in await case.sessions()] == ["closed", "closed"]

    walk(tmp_path, scene)


def test_tc_010_to_012_remote_start_and_stop(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        over = await case.order("RemoteStartTransaction", connectorId=1, idTag="ACCEPTED1")
        assert over.answer == {"status": "Accepted"}
        assert (await case.authorise())["status"] == "Accepted"
        await case.start()
        await case.order("RemoteStopTransaction", transactionId=case.transaction)
        await case.stop("Remote", None)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


@pytest.mark.parametrize(("kind", "reason"), [("Hard", "HardReset"), ("Soft", "SoftReset")])
def test_tc_013_to_016_resets(ampere: Any, tmp_path: Path, kind: str, reason: str) -> None:
    async def scene(case: Case) -> None:
        await case.start()
        await case.order("Reset", type=kind)
        await case.stop(reason, None)
        await case.boot()
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


@pytest.mark.parametrize("status", ["Unlocked", "UnlockFailed", "NotSupported"])
def test_tc_017_018_030_031_unlock(ampere: Any, tmp_path: Path, status: str) -> None:
    async def scene(case: Case) -> None:
        case.station.replies["UnlockConnector"] = {"status": status}
        assert (await case.order("UnlockConnector", connectorId=1)).answer == {"status": status}

    walk(tmp_path, scene)


@pytest.mark.parametrize(
    ("tag", "status"),
    [("STRANGER", "Invalid"), ("EXPIRED1", "Expired"), ("BLOCKED1", "Blocked"), ("accepted1", "Accepted")],
)
def test_tc_023_cards(ampere: Any, tmp_path: Path, tag: str, status: str) -> None:
    async def scene(case: Case) -> None:
        info = await case.authorise(tag)
        assert info["status"] == status
        assert (info.get("parentIdTag") == "GROUP1") == (status == "Accepted")

    walk(tmp_path, scene)


def test_tc_024_a_start_that_fails_at_the_lock(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.status("Preparing")
        await case.authorise()
        await case.status("Faulted", error="ConnectorLockFailure")
        assert await case.sessions() == []

    walk(tmp_path, scene)


@pytest.mark.parametrize("action", ["RemoteStartTransaction", "RemoteStopTransaction"])
def test_tc_026_028_remote_start_and_stop_rejected(ampere: Any, tmp_path: Path, action: str) -> None:
    payload: dict[str, Any] = {"idTag": "ACCEPTED1"} if action.startswith("RemoteStart") else {"transactionId": 7}

    async def scene(case: Case) -> None:
        case.station.replies[action] = {"status": "Rejected"}
        assert (await case.order(action, **payload)).answer == {"status": "Rejected"}

    walk(tmp_path, scene)


@pytest.mark.parametrize("stops", ["at once", "after the boot"])
def test_tc_032_power_failure(ampere: Any, tmp_path: Path, stops: str) -> None:
    async def scene(case: Case) -> None:
        await case.start()
        if stops == "at once":
            await case.stop("PowerLoss", None)
        await case.boot()
        if stops == "after the boot":
            await case.stop("PowerLoss", None)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_036_connection_lost_in_a_transaction(ampere: Any, tmp_path: Path) -> None:
    device, secret = registered(evses=2)

    async def scene() -> None:
        async with opened(tmp_path) as house:
            async with connected(house, device, secret, "ocpp1.6") as station:
                first = Case(house, device, station)
                await first.boot()
                await first.start()
            async with connected(house, device, secret, "ocpp1.6") as station:
                again = Case(house, device, station)
                again.transaction = first.transaction
                sampled = [{"timestamp": at(10), "sampledValue": [{"value": "2500"}]}]
                said = {"connectorId": 1, "transactionId": again.transaction, "meterValue": sampled}
                assert await station.call("MeterValues", **said) == {}
                await again.stop()
                assert await again.sessions() == CLOSED

    play(scene)


def test_tc_039_a_whole_session_offline(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.start(minute=-600)
        await case.stop(minute=-570)
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_041_a_fault_and_its_end(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.status("Faulted", error="HighTemperature")
        await case.status("Available")
        faults = [body for body in case.house.broker.of("event", case.device.device_id) if body["type"] == "fault"]
        assert [(fault["reason"], fault["detail"]) for fault in faults] == [
            ("over_temperature", "errorCode=HighTemperature")
        ]

    walk(tmp_path, scene)


UPDATE = {"location": "https://example.com/f", "retrieveDate": "2026-01-01T00:00:00Z"}
LOG = {"logType": "SecurityLog", "requestId": 7, "log": {"remoteLocation": "https://example.com/l"}}
PROGRESS: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("UpdateFirmware", UPDATE, "FirmwareStatusNotification", ("Downloading", "Downloaded", "Installing", "Installed")),
    ("UpdateFirmware", UPDATE, "FirmwareStatusNotification", ("Downloading", "DownloadFailed")),
    (
        "GetDiagnostics",
        {"location": "https://example.com/d"},
        "DiagnosticsStatusNotification",
        ("Uploading", "Uploaded"),
    ),
    ("GetLog", LOG, "LogStatusNotification", ("Uploading", "Uploaded")),
]


@pytest.mark.parametrize(("action", "payload", "what", "statuses"), PROGRESS)
def test_tc_044_045_078_progress(
    ampere: Any, tmp_path: Path, action: str, payload: Any, what: str, statuses: tuple[str, ...]
) -> None:
    async def scene(case: Case) -> None:
        if action == "GetDiagnostics":
            case.station.replies[action] = {"fileName": "d.log"}
        await case.order(action, **payload)
        for status in statuses:
            more = {"requestId": 7} if what == "LogStatusNotification" else {}
            assert await case.station.call(what, status=status, **more) == {}

    walk(tmp_path, scene)


def test_tc_046_a_reservation_and_the_start_that_uses_it(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        expiry = at(120)
        await case.order("ReserveNow", connectorId=1, expiryDate=expiry, idTag="ACCEPTED1", reservationId=5)
        await case.status("Reserved")
        await case.authorise()
        await case.start(reservationId=5)
        await case.stop()
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


@pytest.mark.parametrize("status", ["Faulted", "Occupied", "Unavailable", "Rejected"])
def test_tc_048_reservations_that_are_refused(ampere: Any, tmp_path: Path, status: str) -> None:
    async def scene(case: Case) -> None:
        case.station.replies["ReserveNow"] = {"status": status}
        expiry = at(120)
        over = await case.order("ReserveNow", connectorId=1, expiryDate=expiry, idTag="ACCEPTED1", reservationId=5)
        assert over.answer == {"status": status}

    walk(tmp_path, scene)


def test_tc_053_068_another_card_of_the_group(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        first = await case.authorise("ACCEPTED1")
        await case.start()
        second = await case.authorise("ACCEPTED2")
        assert first["parentIdTag"] == second["parentIdTag"] == "GROUP1"
        assert (await case.stop("Local", "ACCEPTED2"))["idTagInfo"]["parentIdTag"] == "GROUP1"
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


TRIGGERED: list[tuple[str, dict[str, Any]]] = [
    ("BootNotification", BOOT),
    ("Heartbeat", {}),
    ("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}),
    ("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": at(), "sampledValue": [{"value": "1"}]}]}),
    ("FirmwareStatusNotification", {"status": "Idle"}),
    ("DiagnosticsStatusNotification", {"status": "Idle"}),
]


@pytest.mark.parametrize(("action", "payload"), TRIGGERED, ids=[action for action, _ in TRIGGERED])
def test_tc_054_triggers(ampere: Any, tmp_path: Path, action: str, payload: dict[str, Any]) -> None:
    async def scene(case: Case) -> None:
        await case.order("TriggerMessage", requestedMessage=action)
        await case.station.call(action, **payload)

    walk(tmp_path, scene)


@pytest.mark.parametrize("status", ["Rejected", "NotImplemented"])
def test_tc_055_triggers_refused(ampere: Any, tmp_path: Path, status: str) -> None:
    async def scene(case: Case) -> None:
        case.station.replies["TriggerMessage"] = {"status": status}
        assert (await case.order("TriggerMessage", requestedMessage="MeterValues")).answer == {"status": status}

    walk(tmp_path, scene)


def test_tc_064_data_of_a_vendor_nobody_knows(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        answer = await case.station.call("DataTransfer", vendorId="com.example", messageId="m", data="d")
        assert answer["status"] in ("UnknownVendorId", "UnknownMessageId", "Rejected")

    walk(tmp_path, scene)


def test_tc_070_values_by_the_clock_and_by_the_sample(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.start()
        for context in ("Sample.Periodic", "Sample.Clock"):
            one = {"value": "2500", "context": context, "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
            sampled = [{"timestamp": at(10), "sampledValue": [one]}]
            said = {"connectorId": 1, "transactionId": case.transaction, "meterValue": sampled}
            assert await case.station.call("MeterValues", **said) == {}
        data = [{"timestamp": at(30), "sampledValue": [{"value": "6000", "context": "Transaction.End"}]}]
        assert (await case.station.call(
            "StopTransaction", transactionId=case.transaction, meterStop=6000, timestamp=at(30), transactionData=data
        )) == {}  # fmt: skip
        assert await case.sessions() == CLOSED

    walk(tmp_path, scene)


def test_tc_074_a_new_certificate_by_request_of_the_platform(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        await case.order("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
        answer = await case.station.call("SignCertificate", csr="no request at all")
        assert answer["status"] in ("Accepted", "Rejected")

    walk(tmp_path, scene)


def test_tc_079_security_events(ampere: Any, tmp_path: Path) -> None:
    async def scene(case: Case) -> None:
        said = {"type": "FirmwareUpdated", "timestamp": just_now(), "techInfo": "1.2"}
        assert await case.station.call("SecurityEventNotification", **said) == {}

    walk(tmp_path, scene)


@pytest.mark.parametrize("statuses", [("Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"),
                                      ("Downloading", "Downloaded", "InvalidSignature")])  # fmt: skip
def test_tc_080_081_signed_firmware(ampere: Any, tmp_path: Path, statuses: tuple[str, ...]) -> None:
    firmware = {
        "location": "https://example.com/f", "retrieveDateTime": "2026-01-01T00:00:00Z", "signingCertificate": "c",
        "signature": "s",
    }  # fmt: skip

    async def scene(case: Case) -> None:
        await case.order("SignedUpdateFirmware", requestId=9, firmware=firmware)
        for status in statuses:
            assert await case.station.call("SignedFirmwareStatusNotification", status=status, requestId=9) == {}

    walk(tmp_path, scene)
