"""The messages between devices and the platform, typed.

One struct per topic. Integers in base units: energy Wh, power W, current mA, voltage mV, temperature milli-degrees
Celsius, time ms since 1970 UTC. Additive change is a new optional key; anything else is a v2 beside v1.
`examples/*.json` holds one golden message per kind; firmware, gateway, ingester and transforms all test against them.
"""

from typing import Annotated, Any, Literal

import msgspec

from . import wire

Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Boot = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Seq = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Evse = Annotated[int, msgspec.Meta(ge=0, le=255)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Upward(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every stored upward message carries.

    (device, boot, seq) names the message for ever. `low` is the lowest seq that the device still holds unacknowledged:
    whatever lies below it and never arrived was dropped by a full ring, and the acknowledgement may pass over it.
    """

    v: Literal[1]
    boot: Boot
    seq: Seq
    ts_ms: Natural
    low: Seq | None = None
    evse: Evse = 1


class Telemetry(Upward, kw_only=True, omit_defaults=True):
    """One sample of the meter. `energy_wh` is the lifetime register: it never falls."""

    energy_wh: Natural
    power_w: Natural | None = None
    current_ma: Natural | None = None
    voltage_mv: Natural | None = None
    temperature_mc: Annotated[int, msgspec.Meta(ge=-100_000, le=1_000_000)] | None = None
    soc_pct: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    session: Id | None = None


class Event(Upward, kw_only=True, omit_defaults=True):
    """Something happened. `session` is the permit's session; `energy_wh` the lifetime register at that moment."""

    type: Literal[wire.EVENTS]  # type: ignore[valid-type]
    session: Id | None = None
    energy_wh: Natural | None = None
    reason: Text | None = None
    code: Text | None = None
    method: Text | None = None
    id_tag: Text | None = None  # the token shown at an OCPP station; there `session` is the station's transaction id
    fw: Text | None = None
    reservation: int | None = None  # the station's reservation that this start uses up
    detail: Text | None = None  # what the device itself adds to a fault: codes of its maker, free words
    gaps: bool | None = None  # of a station's transaction: messages before this one were not heard yet


class Status(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Retained; also the last will (online false). Transport state only: it is not stored and has no seq of its own."""

    v: Literal[1]
    boot: Boot
    seq: Natural
    ts_ms: Natural
    online: bool
    state: Literal[wire.STATES] | None = None  # type: ignore[valid-type]
    fw: Text | None = None


class Reply(Upward, kw_only=True, omit_defaults=True):
    """The device's answer to the command `id`."""

    id: Id
    ok: bool
    error: Text | None = None


class Permit(msgspec.Struct, kw_only=True):
    """A licence to deliver power that the device can enforce alone.

    Half-open period [start_ms, end_ms). `energy_wh` and `current_ma` are upper limits, 0 for none. `sig` is described
    beside `wire.PERMIT_FIELDS`.
    """

    session: Id
    start_ms: Natural
    end_ms: Natural
    energy_wh: Natural
    current_ma: Natural
    code_hash: Annotated[str, msgspec.Meta(max_length=64)]
    nonce: Id
    sig: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]


class Command(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Downward. A device carries out a command id once, however often it arrives, and refuses it after expires_ms."""

    v: Literal[1]
    id: Id
    type: Literal[wire.COMMANDS]  # type: ignore[valid-type]
    ts_ms: Natural
    expires_ms: Natural
    session: Id | None = None
    reason: Text | None = None
    permit: Permit | None = None
    current_ma: Natural | None = None
    evse: Evse = 1
    data: dict[str, Any] | None = None


class Ack(msgspec.Struct, kw_only=True):
    """Committed: every message of this boot up to and including seq. `now_ms` is the platform's clock."""

    v: Literal[1]
    boot: Boot
    seq: Natural
    now_ms: Natural


BY_KIND: dict[str, type] = {
    "telemetry": Telemetry,
    "event": Event,
    "status": Status,
    "reply": Reply,
    "cmd": Command,
    "ack": Ack,
}
DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(struct) for kind, struct in BY_KIND.items()
}
encode = msgspec.json.Encoder().encode


def permit_text(device: str, permit: Permit) -> str:
    """The text whose HMAC-SHA256 under the device's key is `permit.sig`."""
    return "|".join([wire.PERMIT_PREFIX, device, *(str(getattr(permit, field)) for field in wire.PERMIT_FIELDS)])
