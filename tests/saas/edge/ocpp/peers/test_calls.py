"""Every call that a platform may make, by the outbox, through the real gateway, answered and written down."""

from pathlib import Path
from typing import Any

import pytest

from tenants.charging.models import DeviceCommand
from tenants.stations.models import Station
from tenants.stations.protocol import CALLS

from .least import least
from .whole import Whole, answered, at_desk, connected, opened, play, registered

pytestmark = pytest.mark.slow
BOOT: dict[str, dict[str, Any]] = {
    "ocpp1.6": {"chargePointVendor": "V", "chargePointModel": "M"},
    "ocpp2.0.1": {"chargingStation": {"vendorName": "V", "model": "M"}, "reason": "PowerUp"},
}


@pytest.mark.req("CHG-02", "CHG-01")
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_every_call_reaches_the_station_and_its_answer_the_operator(ampere: Any, tmp_path: Path, protocol: str) -> None:
    device, secret = registered()
    version = protocol.removeprefix("ocpp")

    async def scene() -> None:
        async with opened(tmp_path) as house, connected(house, device, secret, protocol) as station:
            await station.call("BootNotification", **BOOT[protocol])
            assert (await at_desk(Station.objects.get)).protocol == protocol
            for action in CALLS[version]:
                payload, reply = least(version, action), least(version, action, response=True)
                station.replies[action] = reply
                command = await house.order(device, action, payload)
                assert await station.expect(action) == payload
                over = await answered(command)
                assert (over.state, over.answer) == ("answered", reply), (action, over.error, over.error_text)
            assert await at_desk(DeviceCommand.objects.filter(attempts__gt=1).count) == 0

    play(scene)


@pytest.mark.req("CHG-02")
def test_a_refusal_a_wrong_answer_and_silence_are_told_apart(ampere: Any, tmp_path: Path) -> None:
    device, secret = registered()

    async def over(house: Whole, timeout_s: int = 1) -> tuple[str, str]:
        command = await answered(await house.order(device, "Reset", {"type": "Soft"}, timeout_s=timeout_s))
        return command.state, command.error

    async def scene() -> None:
        async with opened(tmp_path) as house, connected(house, device, secret, "ocpp1.6") as station:
            await station.call("BootNotification", **BOOT["ocpp1.6"])
            station.replies["Reset"] = {"status": "Rejected"}
            assert (await over(house))[0] == "answered"
            station.replies["Reset"] = {"status": "Perhaps"}
            assert await over(house) == ("failed", "answer_breaks_schema")
            station.errors["Reset"] = "NotSupported"
            assert await over(house) == ("refused", "NotSupported")
            station.silent = True
            assert await over(house) == ("failed", "no_answer")

    play(scene)
