"""What a session delivered, and when, from registers and clocks that may contradict each other. Pure.

Evidence is merged so that order and repeats do not matter. Adapters are ours and taken at their word. Stations are
believed as long as what they say can be; else the next best reading counts, never more than the meter shows, and
`note` says what was not certain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict

from saas.kit.time import from_ms, to_ms

Moment = list[int]  # [milliseconds, register in Wh]
Turn = list[int | None]  # [the device's own clock in ms, when it was received in ms, register in Wh or None]


class Evidence(TypedDict, total=False):
    """As it is kept on a session."""

    station: bool
    start: Turn  # the earliest start
    stop: Turn  # the latest stop
    first: Moment  # earliest sample
    last: Moment  # latest sample
    high: int  # highest register of a sample
    power: int  # highest power of a sample, W
    gaps: bool  # the stop came while messages of the transaction were missing
    heard: int  # when news of it was last received, ms
    over: NotRequired[str]  # why it must be over: unplugged, boot, start
    word: NotRequired[str]  # the device's own word for why it stopped


@dataclass(frozen=True)
class Metered:
    """Registers that count, in Wh; `note` is empty where nothing is in doubt."""

    start_wh: int | None
    stop_wh: int | None
    energy_wh: int
    note: str = ""


@dataclass(frozen=True)
class Period:
    """When power flowed; None: not known."""

    start: datetime | None
    end: datetime | None
    note: str = ""


SANE_FROM_MS = 1_577_836_800_000  # 2020: a clock before that was never set
SKEW_MS = 300_000  # a clock may run ahead by that much without being called wrong
BELIEVED_WH = 200_000  # more than any car takes: below, no register is called impossible
BELIEVED_FACTOR = 4  # times what the EVSE is said to deliver, or was seen to
MOST_W = 1_000_000
LONGEST_MS = 7 * 24 * 3_600_000
KWH = 1000

CLOCK_START, CLOCK_STOP, CLOCK_BOTH = "clock wrong at start", "clock wrong at stop", "clock wrong, duration kept"
FROM_FIRST = "no register at start, counted from first sample"
NO_START = "no register at start"
UNFILLED = "start and stop have the same register, counted by samples"
WRONG_START = "start register is of another meter, counted from first sample"
WRONG_STOP = "stop register does not fit, counted to highest sample"
IN_KWH = "registers in kWh though called Wh"
OF_SESSION = "register counts the session"
FAST = "more than this EVSE is said to deliver"
CONTRADICT = "registers contradict each other, nothing is billed for energy"


def believed_ms(ts_ms: int, received_ms: int) -> int:
    """A station's time, unless its clock is unset or ahead of ours: then the time of receipt."""
    return ts_ms if SANE_FROM_MS <= ts_ms <= received_ms else received_ms


def with_start(evidence: Evidence, ts_ms: int, received_ms: int, energy_wh: int | None) -> Evidence:
    """A start was heard: the earliest counts."""
    turn, known = [ts_ms, received_ms, energy_wh], evidence.get("start")
    return _with(evidence, start=turn if known is None else min(known, turn, key=_earliest))


def with_stop(evidence: Evidence, ts_ms: int, received_ms: int, energy_wh: int | None, *, gaps: bool) -> Evidence:
    """A stop was heard: the latest counts."""
    turn, known = [ts_ms, received_ms, energy_wh], evidence.get("stop")
    return _with(evidence, stop=turn if known is None else max(known, turn, key=_latest), gaps=gaps)


def with_sample(evidence: Evidence, at_ms: int, energy_wh: int, power_w: int | None) -> Evidence:
    """A reading of the meter: the first, the last and the highest are kept."""
    moment = [at_ms, energy_wh]
    return _with(
        evidence,
        first=min(evidence.get("first", moment), moment),
        last=max(evidence.get("last", moment), moment),
        high=max(evidence.get("high", 0), energy_wh),
        power=max(evidence.get("power", 0), power_w or 0),
    )


def metered(evidence: Evidence, *, evse_power_w: int) -> Metered:
    """The energy, by what is known now."""
    start, stop = _register(evidence, "start"), _register(evidence, "stop")
    if not evidence.get("station"):
        return _of_adapter(evidence, start, stop)
    if start is None:
        return _without_start(evidence, stop)
    return next(_readings(evidence, start, stop, evse_power_w))


def period(evidence: Evidence) -> Period:
    """Start and end, by the device's clock where that can be. Never ends before it starts."""
    start, stop = evidence.get("start"), evidence.get("stop")
    if not evidence.get("station"):
        return Period(_raw(start), _raw(stop))
    bad_start, bad_stop = _wrong(start), _wrong(stop)
    if start and stop and bad_start and bad_stop:
        return _of_wrong_clock(start, stop)
    begin, end = _believed(start), _believed(stop)
    note = CLOCK_START if bad_start else CLOCK_STOP if bad_stop else ""
    if begin is not None and end is not None and bad_start:
        begin = min(begin, end)
    if begin is not None and end is not None:
        end = max(begin, end)
    return Period(None if begin is None else from_ms(begin), None if end is None else from_ms(end), note)


def certain(evidence: Evidence, found: Metered) -> bool:
    """Whether later news can hardly change it: then it is billed at once."""
    return not evidence.get("station") or not (evidence.get("gaps") or found.note)


def _readings(evidence: Evidence, start: int, stop: int | None, evse_power_w: int) -> Iterator[Metered]:
    """What the registers may mean, the most natural first; the caller takes the first."""
    most = _ceiling(evidence, evse_power_w)
    first, high = evidence.get("first"), evidence.get("high")
    if first is not None and high is not None and start == stop and high > start:
        yield Metered(first[1], high, high - first[1], UNFILLED)
    if stop is not None and start <= stop <= start + most and not _jumped(first, start, most):
        yield Metered(start, stop, stop - start)
    if stop is not None and first is not None and start < first[1] <= stop <= first[1] + most:
        yield Metered(first[1], stop, stop - first[1], WRONG_START)
    if stop is None and first is not None and high is not None and _jumped(first, start, most):
        yield Metered(first[1], None, high - first[1], WRONG_START)
    if high is not None and start <= high <= start + most:
        yield Metered(start, stop, high - start, "" if stop is None else WRONG_STOP)
    if first is not None and high is not None and high < start:
        yield _below(start, stop, first[1], high, most)
    if stop is not None and start <= stop <= start + _hours(evidence, MOST_W):
        yield Metered(start, stop, stop - start, FAST)
    yield Metered(start, stop, 0, "" if stop is None and high is None else CONTRADICT)


def _below(start: int, stop: int | None, first: int, high: int, most: int) -> Metered:
    """All samples lie below the start: they count kWh, or the session alone."""
    top = stop if stop is not None and high <= stop < start else high
    in_kwh = first * KWH >= start - KWH and top * KWH <= start + most
    if stop is not None and stop >= start:
        return Metered(start, stop, min(stop - start, most), OF_SESSION)
    if in_kwh:
        return Metered(start, top * KWH, max(0, top * KWH - start), IN_KWH)
    return Metered(start, start + top, top, OF_SESSION)


def _jumped(first: Moment | None, start: int, most: int) -> bool:
    """The first sample lies beyond anything that could have flowed since the start."""
    return first is not None and first[1] > start + most


def _of_adapter(evidence: Evidence, start: int | None, stop: int | None) -> Metered:
    top = stop if stop is not None else max([evidence.get("high", 0), start or 0])
    return Metered(start, stop, max(0, top - start) if start is not None else 0)


def _without_start(evidence: Evidence, stop: int | None) -> Metered:
    if "first" not in evidence:
        return Metered(None, stop, 0, NO_START)
    base, high = evidence["first"][1], evidence["high"]
    top = stop if stop is not None and base <= stop <= base + BELIEVED_WH else high
    return Metered(base, stop, max(0, top - base), FROM_FIRST)


def _ceiling(evidence: Evidence, evse_power_w: int) -> int:
    return max(BELIEVED_WH, _hours(evidence, BELIEVED_FACTOR * max(evse_power_w, evidence.get("power", 0))))


def _hours(evidence: Evidence, power_w: int) -> int:
    """Energy at this power for as long as the session may have been."""
    return power_w * _longest_ms(evidence) // 3_600_000


def _longest_ms(evidence: Evidence) -> int:
    start = evidence.get("start", [0, 0])
    ends = [evidence["stop"]] if "stop" in evidence else []
    ends += [[evidence["last"][0], evidence["last"][0]]] if "last" in evidence else []
    spans = [int(end[side] or 0) - int(start[side] or 0) for end in ends for side in (0, 1)]
    return min(LONGEST_MS, max([0, *spans]))


def _of_wrong_clock(start: Turn, stop: Turn) -> Period:
    """An unset clock still runs: the duration is right, the stop was received at its end at the latest."""
    ran = int(stop[0] or 0) - int(start[0] or 0)
    if not 0 <= ran <= LONGEST_MS:
        ran = max(0, int(stop[1] or 0) - int(start[1] or 0))
    end = from_ms(int(stop[1] or 0))
    return Period(end - timedelta(milliseconds=ran), end, CLOCK_BOTH)


def _wrong(turn: Turn | None) -> bool:
    return turn is not None and not SANE_FROM_MS <= int(turn[0] or 0) <= int(turn[1] or 0) + SKEW_MS


def _believed(turn: Turn | None) -> int | None:
    return believed_ms(int(turn[0] or 0), int(turn[1] or 0)) if turn else None


def _raw(turn: Turn | None) -> datetime | None:
    return from_ms(int(turn[0] or 0)) if turn else None


def _register(evidence: Evidence, side: str) -> int | None:
    turn = evidence.get(side)
    return turn[2] if isinstance(turn, list) else None


def _earliest(turn: Turn) -> tuple[int, int]:
    """One with a register before one without, at the same time."""
    return _believed(turn) or 0, turn[2] if turn[2] is not None else 2**63


def _latest(turn: Turn) -> tuple[int, int]:
    return _believed(turn) or 0, turn[2] if turn[2] is not None else -1


def _with(evidence: Evidence, **news: Any) -> Evidence:
    return {**evidence, **news}  # type: ignore[typeddict-item]


def heard(evidence: Evidence, now: datetime) -> Evidence:
    """News was received."""
    return _with(evidence, heard=max(evidence.get("heard", 0), to_ms(now)))
