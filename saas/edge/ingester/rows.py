"""Facts as the lines of a COPY in PostgreSQL's text format. Pure; the hot part of storing."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from saas.contracts.telemetry.messages import encode

from .reading import Fact

NAMES = (
    "ts_ms, device, boot, seq, kind, tenant, evse, received_at, energy_wh, session, "
    "power_w, current_ma, voltage_mv, temperature_mc, soc_pct, type, reason, code, body, clock"
)
NONE = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def lines(facts: Iterable[Fact]) -> str:
    """One line a fact."""
    return "".join([_sample(fact) if fact.kind == "telemetry" else _other(fact) for fact in facts])


def _sample(fact: Fact) -> str:
    b = fact.body
    power, current, voltage, warmth, soc = b.power_w, b.current_ma, b.voltage_mv, b.temperature_mc, b.soc_pct
    return (
        f"{_head(fact)}\t{b.energy_wh}\t{NONE if b.session is None else _text(b.session)}\t"
        f"{NONE if power is None else power}\t{NONE if current is None else current}\t"
        f"{NONE if voltage is None else voltage}\t{NONE if warmth is None else warmth}\t{NONE if soc is None else soc}"
        f"\t\\N\t\\N\t\\N\t\\N\t{fact.clock or NONE}\n"
    )


def _other(fact: Fact) -> str:
    """An event or a reply: all of it stands in `body` as well."""
    held: Any = fact.body
    words = (getattr(held, name, None) for name in ("type", "reason", "code"))
    energy_wh, session = getattr(held, "energy_wh", None), getattr(held, "session", None)
    columns = [
        NONE if energy_wh is None else str(energy_wh), NONE if session is None else _text(session),
        *[NONE] * 5, *(NONE if word is None else escaped(word) for word in words), escaped(encode(held).decode()),
        fact.clock or NONE,
    ]  # fmt: skip
    return "\t".join((_head(fact), *columns)) + "\n"


def _head(fact: Fact) -> str:
    b, device = fact.body, fact.device
    return (
        f"{b.ts_ms}\t{_text(device.device_id)}\t{b.boot}\t{b.seq}\t{fact.kind}\t{_text(device.tenant.schema_name)}\t"
        f"{b.evse}\t{_moment(fact.source.received_at)}"
    )


def escaped(text: str) -> str:
    """As the text format wants it; NUL was refused before."""
    return text.translate(_ESCAPES)


_text = lru_cache(maxsize=100_000)(escaped)  # ids come again and again


@lru_cache(maxsize=1000)
def _moment(at: datetime) -> str:
    return at.isoformat()
