"""Raw and clean telemetry: the lake's copy of what devices said, and the part of it that can be used."""

import logging
from datetime import date, timedelta

import pandera.polars as pa
import polars as pl

from pipelines.defs.checks import once, ranges
from pipelines.defs.fanout.pieces import Weights
from pipelines.defs.steps import Sources, Step
from pipelines.marts import set_aside as set_aside_mart
from pipelines.marts._table import collect
from pipelines.resources.days import Day
from pipelines.resources.lake import LOOK_AHEAD, LOOK_BACK, Lake
from pipelines.resources.store import NoDatabase
from pipelines.resources.tables import CLEAN, IMPORTED, RAW
from pipelines.transforms import sessions, telemetry

_ONE = timedelta(days=1)
_log = logging.getLogger(__name__)


def raw_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    """What the store holds, and what it held before; without a database what the lake holds."""
    held = collect(sources.lake.days(RAW, first, last))
    try:
        stored = sources.store.days(first, last)
    except NoDatabase as error:
        _log.warning("The telemetry store does not answer; using what the lake holds. %s", error)
        return held
    return pl.concat([stored, held]).unique(["ts_ms", "device", "boot", "seq"], keep="first")


def clean_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    judged = _judged(sources, first, last)
    return telemetry.clean(judged.filter(pl.col("day").is_between(first, last)))


def set_aside_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    judged = _judged(sources, first, last)
    messages = telemetry.set_aside(judged.filter(pl.col("day").is_between(first, last)))
    ended = ended_sessions(sources.lake, first, last)
    return pl.concat([messages, sessions.set_aside(ended)], how="diagonal_relaxed")


def _judged(sources: Sources, first: date, last: date) -> pl.DataFrame:
    """Messages of the days, judged beside those of the day before: a number said again, a register that fell."""
    return telemetry.judged(collect(sources.lake.days(RAW, first - _ONE, last)))


def ended_sessions(lake: Lake, first: date, last: date) -> pl.DataFrame:
    """`sessions.ended` on the days first..last, which the days around them decide together."""
    near = lake.days(CLEAN, first, last, look_back=True, look_ahead=True)
    return sessions.ended(near, first, last, _events_near(lake, first) if first == last else None)


def _events_near(lake: Lake, day: date) -> pl.DataFrame:
    """A year of days is looked at around each of them: their events stay at hand."""
    days = (day - LOOK_BACK + _ONE * n for n in range((LOOK_BACK + LOOK_AHEAD).days + 1))
    return pl.concat([Day(lake, CLEAN, near).made_by(sessions.events) for near in days])


def stored(sources: Sources, first: date, last: date) -> Weights:
    try:
        counts = sources.store.held(first, last)
    except NoDatabase:
        counts = {}
    return Weights(sources.lake.rows_by_day(RAW, first, last) | counts, {})


def told(sources: Sources, first: date, last: date) -> Weights:
    """Telemetry as it came."""
    return Weights(sources.lake.rows_by_day(RAW, first, last), {}, RAW)


def heard(sources: Sources, first: date, last: date) -> Weights:
    """Telemetry that can be used, and imported sessions."""
    telemetry, others = (sources.lake.rows_by_day(table, first, last) for table in (CLEAN, IMPORTED))
    return Weights(telemetry, others, CLEAN)


RAW_TELEMETRY = Step(
    "raw_telemetry", RAW, raw_rows, (),
    "Messages of the day as the ingester stored them, kept after the store drops them.", weights=stored,
)  # fmt: skip
CLEAN_TELEMETRY = Step(
    "clean_telemetry",
    CLEAN,
    clean_rows,
    ("raw_telemetry",),
    "Messages that can be used: owned, once each, not from the future, meters that never fall.",
    (
        ranges(
            tenant=pa.Column(nullable=False),
            device=pa.Column(nullable=False),
            energy_wh=pa.Column(nullable=True, checks=pa.Check.ge(0)),
            kind=pa.Column(checks=pa.Check.isin(["telemetry", "event", "reply"])),
        ),
        once("device", "boot", "seq", "day"),
    ),
    told,
    anywhere=True,
)
SET_ASIDE = Step(
    "set_aside", set_aside_mart.TABLE, set_aside_rows, ("raw_telemetry", "clean_telemetry"),
    "What was kept out of the other tables, by day and reason.", weights=told, anywhere=True,
)  # fmt: skip
