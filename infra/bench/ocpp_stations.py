"""Stations of the OCPP comparison: what they say, and how it goes over the wire for next to nothing."""

import base64
import json
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any

FRAMES = 512
AT = "2026-01-01T%02d:%02d:%02dZ"


def moment(number: int) -> str:
    return AT % (number // 3600 % 24, number // 60 % 60, number % 60)


def meter_values(number: int) -> dict[str, Any]:
    """OCPP 1.6, as a wall box sends it every minute of a session."""
    sampled = [
        {"value": str(1_204_511 + number), "context": "Sample.Periodic", "measurand": "Energy.Active.Import.Register",
         "location": "Outlet", "unit": "Wh"},
        {"value": f"{7000 + number % 400}", "context": "Sample.Periodic", "measurand": "Power.Active.Import",
         "location": "Outlet", "unit": "W"},
        {"value": f"{31 + number % 10 / 10:.1f}", "context": "Sample.Periodic", "measurand": "Current.Import",
         "location": "Outlet", "unit": "A"},
    ]  # fmt: skip
    return {
        "connectorId": 1,
        "transactionId": 7001,
        "meterValue": [{"timestamp": moment(number), "sampledValue": sampled}],
    }


def transaction_event(number: int) -> dict[str, Any]:
    """OCPP 2.0.1, the same."""
    sampled = [
        {"value": 1_204_511 + number, "context": "Sample.Periodic", "measurand": "Energy.Active.Import.Register",
         "location": "Outlet", "unitOfMeasure": {"unit": "Wh"}},
        {"value": 7000.5 + number % 400, "context": "Sample.Periodic", "measurand": "Power.Active.Import",
         "location": "Outlet", "unitOfMeasure": {"unit": "W"}},
        {"value": 31 + number % 10 / 10, "context": "Sample.Periodic", "measurand": "Current.Import",
         "location": "Outlet", "unitOfMeasure": {"unit": "A"}},
    ]  # fmt: skip
    return {
        "eventType": "Updated", "timestamp": moment(number), "triggerReason": "MeterValuePeriodic", "seqNo": number,
        "transactionInfo": {"transactionId": "b2c8f0e2-7d0e-4b55-9a0e-2f6f6c4b7a11", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1}, "meterValue": [{"timestamp": moment(number), "sampledValue": sampled}],
    }  # fmt: skip


CASES: tuple[tuple[str, str, Callable[[int], dict[str, Any]]], ...] = (
    ("ocpp1.6", "MeterValues", meter_values),
    ("ocpp2.0.1", "TransactionEvent", transaction_event),
)


class Failed(Exception):
    """A server answered with an error, or not at all."""


# A station: a blocking socket, frames masked with zeros (which RFC 6455 allows, and costs the server the same).


def upgrade(port: int, name: str, protocol: str) -> bytes:
    basic = base64.b64encode(f"{name}:a-password-of-some-length".encode()).decode()
    lines = (
        f"GET /ocpp/ampere/{name} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {protocol}", f"Authorization: Basic {basic}", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


def framed(content: Any) -> bytes:
    data = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + data


def connect(port: int, name: str, protocol: str) -> socket.socket:
    station = socket.create_connection(("127.0.0.1", port), timeout=30)
    station.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    station.sendall(upgrade(port, name, protocol))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += station.recv(4096)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise Failed(answer.decode())
    return station


def lawful(answer: bytes) -> None:
    if not answer or answer[2:4] == b"[4":
        raise Failed(answer.decode("utf-8", "replace"))


# Many stations.

BOOT = {"chargePointVendor": "Bench", "chargePointModel": "One"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": moment(0)}
ON_BOOT = (("BootNotification", BOOT), ("StatusNotification", STATUS), ("Heartbeat", {}))


def storm(port: int, count: int, calls: tuple[tuple[str, dict[str, Any]], ...]) -> tuple[float, list[socket.socket]]:
    """All connect at once and make these calls, each after the answer to the one before. Seconds until the last answer,
    and the open sockets. Raises Failed on any error frame, refusal or lost connection.
    """
    began, waiting, step = time.monotonic(), selectors.DefaultSelector(), {}
    frames = [framed([2, f"boot-{number}", *call]) for number, call in enumerate(calls)]
    for number in range(count):
        station = socket.socket()
        station.connect(("127.0.0.1", port))
        station.sendall(upgrade(port, f"CP{number}", "ocpp1.6"))
        waiting.register(station, selectors.EVENT_READ)
        step[station] = 0
    left = count
    while left:
        ready = waiting.select(30)
        if not ready:
            raise Failed(f"{left} of {count} stations got no answer within 30 s")
        for key, _ in ready:
            station: Any = key.fileobj
            answer = station.recv(4096)
            if step[station] == 0 and not answer.startswith(b"HTTP/1.1 101"):
                raise Failed(answer.decode("utf-8", "replace") or "connection lost")
            if step[station]:
                lawful(answer)
            if step[station] == len(frames):
                waiting.unregister(station)
                left -= 1
            else:
                station.sendall(frames[step[station]])
                step[station] += 1
    return time.monotonic() - began, list(step)
