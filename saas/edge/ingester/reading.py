"""From bytes on a topic to a typed fact of a known device, or the reason why not. Pure."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import DECODERS, Boot, Seq
from saas.devices.models import Device

from .port import Message

KINDS = ("telemetry", "event", "reply", "status")
STORED = frozenset(("telemetry", "event", "reply"))
INT4 = 2**31 - 1
IN_INT4 = ("power_w", "current_ma", "voltage_mv")  # none is negative, so their bits show whether one is too large
EARLIEST_MS = 1_704_067_200_000  # 2024: no device that speaks this protocol is older
LATEST_MS = 4_102_444_800_000  # 2100: beyond it a time is no wrong clock but nonsense, and days are made of it
AHEAD_MS = 300_000
BootName = tuple[str, int]  # device, boot
REVOKED = Device.State.REVOKED.value
_decode = {kind: DECODERS[kind].decode for kind in KINDS}


class _Envelope(msgspec.Struct):
    """The name of a message, when little else of it can be read."""

    boot: Boot
    seq: Seq
    low: Seq | None = None


_envelope = msgspec.json.Decoder(_Envelope).decode


class Fact(msgspec.Struct, gc=False):
    """A message that fits. `body` is the struct of its kind; `boot` names the device and its boot; `clock` says
    "ahead" or "behind" when the device's clock is wrong beyond doubt."""

    device: Device
    kind: str
    body: Any
    source: Message
    boot: BootName
    clock: str | None = None


@dataclass(slots=True)
class Poison:
    """A message that is set aside. Where its name can be read and its device is known, the device is told to drop it:
    else it would send it for ever. `stored`: it is a fact, and only the tenant's rules refused it."""

    source: Message
    reason: str
    boot: BootName | None = None
    seq: int | None = None
    low: int | None = None
    stored: bool = False


@lru_cache(maxsize=200_000)
def parts_of(topic: str) -> tuple[str, str] | None:
    """The device and the kind that a topic names; None for a topic that is not ours."""
    parts = topic.split("/")
    ours = len(parts) == 4 and parts[:2] == ["ev", "v1"] and parts[3] in KINDS
    return (parts[2], parts[3]) if ours else None


def read(message: Message, device: Device | None, kind: str) -> Fact | Poison:
    """`device` is what the registry knows by the topic's name; None when nothing."""
    if device is None or device.state == REVOKED:
        return Poison(message, "revoked_device" if device else "unknown_device")
    payload = message.payload
    if len(payload) > wire.MAX_BYTES:
        return _named(message, device, kind, f"too_large: {len(payload)} bytes, at most {wire.MAX_BYTES}")
    try:
        body = _decode[kind](payload)
    except msgspec.ValidationError as wrong:
        return _named(message, device, kind, f"bad_shape: {wrong}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return Poison(message, f"bad_json: {wrong}")
    if unfit := _unfit(payload, kind, body):
        return _named(message, device, kind, unfit)
    clock = None if EARLIEST_MS <= body.ts_ms <= received_ms(message.received_at) + AHEAD_MS else _off(body.ts_ms)
    return Fact(device, kind, body, message, (device.device_id, body.boot), clock)


def _off(ts_ms: int) -> str:
    """A message may be late by days, after a time without a network; it is never early."""
    return "behind" if ts_ms < EARLIEST_MS else "ahead"


@lru_cache(maxsize=1000)
def received_ms(at: datetime) -> int:
    """Milliseconds since 1970; many messages are read at one moment."""
    return int(at.timestamp() * 1000)


def _unfit(payload: bytes, kind: str, body: Any) -> str | None:
    """What the wire allows and the store cannot keep."""
    if b"\\u0000" in payload:
        return "nul_character: text may not hold U+0000"
    if body.ts_ms > LATEST_MS:
        return "out_of_range: ts_ms"
    if kind == "telemetry" and ((body.power_w or 0) | (body.current_ma or 0) | (body.voltage_mv or 0)) > INT4:
        return f"out_of_range: {next(field for field in IN_INT4 if (getattr(body, field) or 0) > INT4)}"
    return None


def _named(message: Message, device: Device, kind: str, reason: str) -> Poison:
    """With its name where it can be read. A status has none: its seq must not use up that of a stored message."""
    if kind not in STORED:
        return Poison(message, reason)
    try:
        envelope = _envelope(message.payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Poison(message, reason)
    return Poison(message, reason, (device.device_id, envelope.boot), envelope.seq, envelope.low)
