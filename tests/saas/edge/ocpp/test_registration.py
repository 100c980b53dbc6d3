"""What a station may say before it is accepted."""

from pathlib import Path
from typing import Any

import pytest

from saas.edge.ocpp.registration import Registration

from . import fakes
from .fakes import opened, play, until
from .stations import AT, ask, dial, hear, say

pytestmark = pytest.mark.req("CHG-05", "CHG-01")
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
BOOT_201 = {"chargingStation": {"vendorName": "V", "model": "M"}, "reason": "PowerUp"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": AT}


@pytest.mark.parametrize(
    ("action", "payload", "allowed"),
    [
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}, "StatusNotification"),
        ("TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}, "SignCertificate"),
        ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}, "SignCertificate"),
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, "NotifyReport"),
        ("GetLog", {}, "LogStatusNotification"),
    ],
)
def test_what_was_asked_for_may_come(action: str, payload: dict[str, Any], allowed: str) -> None:
    pending = Registration(accepted=False)
    assert not pending.allows(allowed) and pending.allows("BootNotification")
    pending.asked(action, payload)
    assert pending.allows(allowed) and not pending.allows("StartTransaction") and not pending.allows("Heartbeat")
    assert Registration(accepted=True).allows("StartTransaction")


@pytest.mark.parametrize("verdict", ["Pending", "Rejected"])
def test_a_station_that_is_not_accepted_is_called_and_says_only_what_it_is_asked(tmp_path: Path, verdict: str) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            house.answers.pending, house.answers.booting = {"st_1"}, verdict
            async with dial(house) as socket:
                assert (await ask(socket, "Heartbeat", {}))[2] == "SecurityError"
                assert (await ask(socket, "BootNotification", BOOT))[2]["status"] == verdict
                assert (await ask(socket, "StatusNotification", STATUS))[2] == "SecurityError"
                await trigger(house, socket)
                assert (await ask(socket, "StatusNotification", STATUS))[2] == {}
                assert (await ask(socket, "Heartbeat", {}))[2] == "SecurityError"
                house.answers.booting = "Accepted"
                assert (await ask(socket, "BootNotification", BOOT))[2]["status"] == "Accepted"
                assert "currentTime" in (await ask(socket, "Heartbeat", {}))[2]

    play(scene)


async def trigger(house: fakes.House, socket: Any) -> None:
    data = {"action": "TriggerMessage", "payload": {"requestedMessage": "StatusNotification"}}
    await until(lambda: "ev/v1/st_1/cmd" in house.broker.handlers)
    house.broker.command("st_1", id="c1", type="ocpp", data=data)
    call = await hear(socket)
    assert call[2] == "TriggerMessage"
    await socket.send(f'[3,"{call[1]}",{{"status":"Accepted"}}]')


def test_a_station_that_was_accepted_goes_on_after_a_reconnect_without_a_boot(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            assert (await ask(socket, "StatusNotification", STATUS))[2] == {}

    play(scene)


def test_the_same_in_201(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            house.answers.pending, house.answers.booting = {"st_1"}, "Pending"
            async with dial(house, protocols=("ocpp2.0.1",)) as socket:
                assert (await ask(socket, "BootNotification", BOOT_201))[2]["status"] == "Pending"
                report = {"requestId": 7, "generatedAt": AT, "seqNo": 0}
                assert (await ask(socket, "NotifyReport", report))[2] == "SecurityError"
                data = {"action": "GetBaseReport", "payload": {"requestId": 7, "reportBase": "FullInventory"}}
                house.broker.command("st_1", id="c1", type="ocpp", data=data)
                call = await hear(socket)
                await say(socket, "NotifyReport", report, "early")  # some send it before they have answered
                assert await hear(socket) == [3, "early", {}]
                await socket.send(f'[3,"{call[1]}",{{"status":"Accepted"}}]')
                assert (await ask(socket, "NotifyReport", report))[2] == {}

    play(scene)
