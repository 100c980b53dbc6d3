"""From bytes on a topic to a typed fact of a known device, or the reason why not. Pure."""

from dataclasses import dataclass
from typing import Any

import msgspec

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import DECODERS, Boot, Seq
from saas.devices.models import Device

from .port import Message

KINDS = ("telemetry", "event", "reply", "status")
STORED = ("telemetry", "event", "reply")
INT4 = 2**31 - 1
INT4_FIELDS = ("power_w", "current_ma", "voltage_mv")


class _Envelope(msgspec.Struct):
    """The name of a message, when little else of it can be read."""

    boot: Boot
    seq: Seq
    low: Seq | None = None


_envelope = msgspec.json.Decoder(_Envelope).decode


@dataclass(slots=True)
class Fact:
    """A message that fits. `body` is the struct of its kind."""

    device: Device
    kind: str
    body: Any
    source: Message


@dataclass(slots=True)
class Poison:
    """A message that is set aside. Where its name can be read and its device is known, the device is told to drop it:
    else it would send it for ever."""

    source: Message
    reason: str
    device: Device | None = None
    boot: int | None = None
    seq: int | None = None
    low: int | None = None


def device_of(topic: str) -> str | None:
    """The device that a topic names; None for a topic that is not ours."""
    parts = topic.split("/")
    ours = len(parts) == 4 and parts[:2] == ["ev", "v1"] and parts[3] in KINDS
    return parts[2] if ours else None


def read(message: Message, device: Device | None) -> Fact | Poison:
    """`device` is what the registry knows by the topic's name; None when nothing."""
    if device is None or device.state == Device.State.REVOKED:
        return Poison(message, "revoked_device" if device else "unknown_device")
    kind = message.topic.rsplit("/", 1)[1]
    if len(message.payload) > wire.MAX_BYTES:
        return _named(message, device, f"too_large: {len(message.payload)} bytes, at most {wire.MAX_BYTES}")
    try:
        body = DECODERS[kind].decode(message.payload)
    except msgspec.ValidationError as wrong:
        return _named(message, device, f"bad_shape: {wrong}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return Poison(message, f"bad_json: {wrong}", device)
    if reason := _unfit(message.payload, body):
        return _named(message, device, reason)
    return Fact(device, kind, body, message)


def _unfit(payload: bytes, body: Any) -> str | None:
    """What the wire allows and the store cannot keep."""
    if b"\\u0000" in payload:
        return "nul_character: text may not hold U+0000"
    for field in INT4_FIELDS:
        if (getattr(body, field, None) or 0) > INT4:
            return f"out_of_range: {field}"
    return None


def _named(message: Message, device: Device, reason: str) -> Poison:
    """With its name where it can be read. A status has none: its seq must not use up that of a stored message."""
    if message.topic.rsplit("/", 1)[1] not in STORED:
        return Poison(message, reason, device)
    try:
        envelope = _envelope(message.payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Poison(message, reason, device)
    return Poison(message, reason, device, envelope.boot, envelope.seq, envelope.low)
