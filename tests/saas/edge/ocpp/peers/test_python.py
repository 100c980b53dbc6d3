"""Charge points of the Python `ocpp` package before the real business: a session in each version."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tenants.charging.models import Session

from .whole import Whole, answered, at_desk, opened, play, registered

pytestmark = [pytest.mark.slow, pytest.mark.req("CHG-01", "CHG-02")]
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z"


class Station16(ChargePoint16):  # type: ignore[misc]
    @on("Reset")
    def on_reset(self, **_: Any) -> Any:
        return result16.Reset(status="Accepted")


class Station201(ChargePoint201):  # type: ignore[misc]
    @on("Reset")
    def on_reset(self, **_: Any) -> Any:
        return result201.Reset(status="Scheduled")


@asynccontextmanager
async def plugged(house: Whole, device: Any, secret: str, kind: type, protocol: str) -> AsyncIterator[Any]:
    url = f"ws://127.0.0.1:{house.port}/ocpp/ampere/{device.station_id}"
    token = base64.b64encode(f"{device.station_id}:{secret}".encode()).decode()
    async with connect(url, subprotocols=[protocol], additional_headers={"Authorization": f"Basic {token}"}) as socket:  # type: ignore[list-item]
        station = kind(device.station_id, socket, response_timeout=10)
        talking = asyncio.create_task(station.start())
        yield station
        talking.cancel()
        with suppress(asyncio.CancelledError, ConnectionClosed):
            await talking


async def closed(house: Whole) -> list[tuple[str, int]]:
    assert house.broker.poison == []
    return await at_desk(lambda: list(Session.objects.values_list("state", "energy_wh")))  # type: ignore[no-any-return]


def test_a_session_of_16(ampere: Any, tmp_path: Path) -> None:
    device, secret = registered()

    async def scene() -> None:
        async with opened(tmp_path) as house, plugged(house, device, secret, Station16, "ocpp1.6") as station:
            boot = await station.call(call16.BootNotification(charge_point_model="M", charge_point_vendor="V"))
            assert boot.status == "Accepted"
            assert (await station.call(call16.Authorize(id_tag="ACCEPTED1"))).id_tag_info["status"] == "Accepted"
            begun = await station.call(
                call16.StartTransaction(connector_id=1, id_tag="ACCEPTED1", meter_start=1000, timestamp=EARLY)
            )
            command = await house.order(device, "Reset", {"type": "Soft"})
            assert (await answered(command)).answer == {"status": "Accepted"}
            await station.call(
                call16.StopTransaction(meter_stop=6000, timestamp=LATE, transaction_id=begun.transaction_id)
            )
            assert await closed(house) == [("closed", 5000)]

    play(scene)


def test_a_session_of_201(ampere: Any, tmp_path: Path) -> None:
    device, secret = registered()

    def event(kind: str, trigger: str, seq_no: int, at: str, wh: int, **more: Any) -> Any:
        value = [{"timestamp": at, "sampledValue": [{"value": wh}]}]
        return call201.TransactionEvent(
            event_type=kind, timestamp=at, trigger_reason=trigger, seq_no=seq_no, meter_value=value,
            transaction_info={"transactionId": "tx-1"}, evse={"id": 1, "connectorId": 1}, **more,
        )  # fmt: skip

    async def scene() -> None:
        async with opened(tmp_path) as house, plugged(house, device, secret, Station201, "ocpp2.0.1") as station:
            boot = call201.BootNotification(charging_station={"model": "M", "vendor_name": "V"}, reason="PowerUp")
            assert (await station.call(boot)).status == "Accepted"
            token = {"idToken": "ACCEPTED1", "type": "ISO14443"}
            begun = await station.call(event("Started", "Authorized", 0, EARLY, 1000, id_token=token))
            assert begun.id_token_info["status"] == "Accepted"
            command = await house.order(device, "Reset", {"type": "OnIdle"})
            assert (await answered(command)).answer == {"status": "Scheduled"}
            await station.call(event("Ended", "StopAuthorized", 1, LATE, 6000))
            assert await closed(house) == [("closed", 5000)]

    play(scene)
