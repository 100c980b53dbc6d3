"""The rig of the scripted cases itself."""

from pathlib import Path
from typing import Any

import pytest

from .whole import answered, connected, opened, play, registered


@pytest.mark.req("CHG-01")
def test_a_station_boots_and_is_reset(ampere: Any, tmp_path: Path) -> None:
    device, secret = registered()

    async def scene() -> None:
        async with opened(tmp_path) as house, connected(house, device, secret, "ocpp1.6") as station:
            boot = await station.call("BootNotification", chargePointVendor="V", chargePointModel="M")
            assert boot["status"] == "Accepted"
            command = await house.order(device, "Reset", {"type": "Soft"})
            assert await station.expect("Reset") == {"type": "Soft"}
            assert (await answered(command)).answer == {"status": "Accepted"}
            assert house.broker.poison == []

    play(scene)
