"""OCPP stations that charge a vehicle each, and do not give up: what was not answered is said again."""

import asyncio
import base64
import json
import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from .prepare_stations import PASSWORD

ANSWER_S = 30.0  # as most stations do
BACK_OFF_S = (0.3, 8.0)
FIRST_WH, STEP_WH = 10_000, 250


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Station:
    """One session: start, a few samples, stop. Even ones speak 1.6, odd ones 2.0.1."""

    def __init__(self, port: int, held: dict[str, Any], *, number: int, samples: int, pause_s: float) -> None:
        self.held, self._port, self._samples, self._pause_s = held, port, samples, pause_s
        self.version = ("ocpp1.6", "ocpp2.0.1")[number % 2]
        self._random = random.Random(number)
        self._transaction = uuid4().hex
        self.connections = self.repeats = 0
        self.errors: list[list[Any]] = []
        self.last_wh = FIRST_WH + samples * STEP_WH

    async def charge(self) -> None:
        """Until the stop is answered."""
        left = list(self._story())
        pause_s = BACK_OFF_S[0]
        while left:
            try:
                async with self._dial() as socket:
                    self.connections += 1
                    pause_s = BACK_OFF_S[0]
                    while left:
                        await self._tell(socket, *left[0])
                        left.pop(0)
                        await asyncio.sleep(self._pause_s * self._random.uniform(0.5, 1.5))
            except (OSError, WebSocketException, TimeoutError):
                self.repeats += 1
                await asyncio.sleep(pause_s * self._random.uniform(0.5, 1.5))
                pause_s = min(BACK_OFF_S[1], pause_s * 2)

    async def _tell(self, socket: ClientConnection, action: str, payload: dict[str, Any]) -> None:
        """Under a new id each time, with the same content. TimeoutError, and a new connection, without an answer."""
        if "transactionId" in payload and payload["transactionId"] is None:
            payload["transactionId"] = self._transaction
        if action in ("StartTransaction", "StopTransaction"):
            payload.setdefault("timestamp", stamp())
        message_id = uuid4().hex
        await socket.send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(ANSWER_S):
            while (answer := json.loads(await socket.recv()))[1] != message_id:
                if answer[0] == 2:
                    await socket.send(json.dumps([3, answer[1], {"status": "Accepted"}]))
        if answer[0] == 4:
            self.errors.append([action, *answer[2:]])
            raise TimeoutError
        if action == "StartTransaction":
            self._transaction = answer[2]["transactionId"]

    def _dial(self) -> connect:
        basic = base64.b64encode(f"{self.held['station_id']}:{PASSWORD}".encode()).decode()
        return connect(
            f"ws://127.0.0.1:{self._port}/ocpp/{self.held['tenant']}/{self.held['station_id']}",
            subprotocols=[self.version],  # type: ignore[list-item]
            additional_headers={"Authorization": f"Basic {basic}"},
            compression=None,
            open_timeout=10,
            ping_interval=None,
            close_timeout=1,
        )

    def _story(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return self._story_16() if self.version == "ocpp1.6" else self._story_201()

    def _story_16(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "BootNotification", {"chargePointVendor": "Swarm", "chargePointModel": "F2"}
        yield "StartTransaction", {"connectorId": 1, "idTag": self.held["id_tag"], "meterStart": FIRST_WH}
        for number in range(1, self._samples):
            sampled = [{"timestamp": stamp(), "sampledValue": [{"value": str(FIRST_WH + number * STEP_WH)}]}]
            yield "MeterValues", {"connectorId": 1, "transactionId": None, "meterValue": sampled}
        yield "StopTransaction", {"transactionId": None, "meterStop": self.last_wh, "reason": "EVDisconnected"}

    def _story_201(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "BootNotification", {"chargingStation": {"vendorName": "Swarm", "model": "F2"}, "reason": "PowerUp"}
        token = {"idToken": {"idToken": self.held["id_tag"], "type": "Central"}}
        yield self._event("Started", 0, FIRST_WH, triggerReason="Authorized", **token)
        for number in range(1, self._samples):
            yield self._event("Updated", number, FIRST_WH + number * STEP_WH, triggerReason="MeterValuePeriodic")
        yield self._event("Ended", self._samples, self.last_wh, triggerReason="EVDeparted", stopped="EVDisconnected")

    def _event(
        self, kind: str, seq_no: int, wh: int, *, stopped: str | None = None, **more: Any
    ) -> tuple[str, dict[str, Any]]:
        at = stamp()
        info = {"transactionId": self._transaction, **({"stoppedReason": stopped} if stopped else {})}
        return "TransactionEvent", {
            "eventType": kind, "timestamp": at, "seqNo": seq_no, "transactionInfo": info,
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh}]}], **more,
        }  # fmt: skip


async def charge_all(stations: Iterable[Station], *, within_s: float) -> None:
    """Every session to its end. TimeoutError when one does not come to it."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        await asyncio.gather(*(station.charge() for station in stations))
    print(f"all sessions ended after {time.monotonic() - began:.1f} s")
