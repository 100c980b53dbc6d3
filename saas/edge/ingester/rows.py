"""Facts as rows of a COPY. Pure; the hot part of storing.

Samples, of which there are many, in PostgreSQL's binary format; events and replies, with all that their body may hold,
in its text format.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct, pack
from typing import Any

from saas.contracts.telemetry.messages import encode

from .reading import Fact

SAMPLE_COLUMNS = (
    "device, boot, kind, tenant, evse, received_at, session, clock, ts_ms, seq, energy_wh, power_w, current_ma, "
    "voltage_mv, temperature_mc, soc_pct"
)
OTHER_COLUMNS = (
    "ts_ms, device, boot, seq, kind, tenant, evse, received_at, energy_wh, session, type, reason, code, body, clock"
)
BEGIN, END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
SLICE = 5000  # rows that are handed over at once: the server takes them in while the next are made
NONE = r"\N"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # the server's
_COLUMNS = 16
_NULL = b"\xff\xff\xff\xff"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_usual = Struct(">iqiqiqiiiiiiiii").pack  # ts_ms, seq, energy, power, current, voltage, temperature; no state of charge
_wide, _narrow = Struct(">iqiqiq").pack, Struct(">ii").pack


def samples(facts: list[Fact]) -> Iterator[bytes]:
    """A whole COPY in the binary format, of facts that are telemetry."""
    yield BEGIN
    heads: dict[object, bytes] = {}
    for at in range(0, len(facts), SLICE):
        yield b"".join([_sample(fact, heads) for fact in facts[at : at + SLICE]])
    yield END


def _sample(fact: Fact, heads: dict[object, bytes]) -> bytes:
    b = fact.body
    key = fact.boot, b.session, b.evse, fact.clock, fact.source[2]
    head = heads.get(key)
    if head is None:
        head = heads[key] = _head(fact)
    power, current, voltage, warmth = b.power_w, b.current_ma, b.voltage_mv, b.temperature_mc
    if power is None or current is None or voltage is None or warmth is None or b.soc_pct is not None:
        return head + _unusual(b)
    return head + _usual(8, b.ts_ms, 8, b.seq, 8, b.energy_wh, 4, power, 4, current, 4, voltage, 4, warmth, -1)


def _unusual(b: Any) -> bytes:
    held = [_wide(8, b.ts_ms, 8, b.seq, 8, b.energy_wh)]
    for value in (b.power_w, b.current_ma, b.voltage_mv, b.temperature_mc):
        held.append(_NULL if value is None else _narrow(4, value))
    held.append(_NULL if b.soc_pct is None else pack(">ih", 2, b.soc_pct))
    return b"".join(held)


def _head(fact: Fact) -> bytes:
    """The columns that are the same for many samples of one device."""
    device, b = fact.device, fact.body
    at = moment(fact.source.received_at)
    return b"".join(
        (
            pack(">h", _COLUMNS), _text(device.device_id), pack(">iq", 8, b.boot), _text(fact.kind),
            _text(device.tenant.schema_name), pack(">ih", 2, b.evse), pack(">i", 8), at, _text(b.session),
            _text(fact.clock),
        )
    )  # fmt: skip


def binary(values: Sequence[bytes]) -> bytes:
    """One row of the binary format, of values that are in it already."""
    return pack(">h", len(values)) + b"".join([pack(">i", len(value)) + value for value in values])


def moment(at: datetime) -> bytes:
    """A timestamptz: microseconds since 2000."""
    return pack(">q", (at - EPOCH) // datetime.resolution)


def _text(text: str | None) -> bytes:
    if text is None:
        return _NULL
    encoded = text.encode()
    return pack(">i", len(encoded)) + encoded


def others(facts: Iterable[Fact]) -> str:
    """Lines of the text format, of facts that are no telemetry."""
    return "".join(map(_other, facts))


def _other(fact: Fact) -> str:
    """An event or a reply: all of it stands in `body` as well."""
    b, device = fact.body, fact.device
    held: dict[str, Any] = {name: getattr(b, name, None) for name in ("energy_wh", "session", "type", "reason", "code")}
    columns = (
        b.ts_ms, device.device_id, b.boot, b.seq, fact.kind, device.tenant.schema_name, b.evse,
        _moment(fact.source.received_at), *held.values(), encode(b).decode(), fact.clock,
    )  # fmt: skip
    return "\t".join([NONE if value is None else escaped(str(value)) for value in columns]) + "\n"


def escaped(text: str) -> str:
    """As the text format wants it; NUL was refused before."""
    return text.translate(_ESCAPES)


@lru_cache(maxsize=1000)
def _moment(at: datetime) -> str:
    return at.isoformat()
