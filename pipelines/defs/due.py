"""What is due: days of which the store, the landing folder or the web app know more than the lake."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import polars as pl

from pipelines.defs.catalogue import STEPS
from pipelines.defs.partitions import FIRST_DAY
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import collect
from pipelines.resources import imported
from pipelines.resources.lake import LOOK_AHEAD, LOOK_BACK, Lake, kept_from
from pipelines.resources.store import TelemetryStore
from pipelines.resources.tables import CHARGERS, CONTEXT, IMPORTED, RAW

Range = tuple[date, date]
_NEAR = timedelta(days=7)
# A live session whose cost is not known yet is looked at again for this long.
_PRICED_WITHIN = timedelta(minutes=10)
# What the web app tells and days are made from.
TOLD = (CHARGERS, CONTEXT)
_LAKE = Lake()


def telemetry(store: TelemetryStore, since: datetime | None, today: date) -> tuple[list[Range], datetime | None]:
    """Days with messages that the lake lacks, and the newest moment of receipt seen.

    Each day brings along the day before, where a session that stopped may have gone on, and the three after, where
    sessions may have ended that began here.
    """
    counts, newest = store.news(since)
    held = dict(collect(RAW.scan().group_by("day").len()).iter_rows()) if counts else {}
    fresh = [day for day, count in counts.items() if count > held.get(day, 0) and FIRST_DAY < day <= today]
    return merged((day - LOOK_AHEAD, min(day + LOOK_BACK, today)) for day in fresh), newest


def landed() -> list[Range]:
    """Days of imported files whose sessions are not all in the lake yet."""
    told = sessions_mart.TABLE.scan().filter(pl.col("source") == "imported")
    held = IMPORTED.scan().select("tenant", "session_key")
    known = collect(held.join(told, left_on=["tenant", "session_key"], right_on=["tenant", "session"], how="semi"))
    rows = imported.scan().select("tenant", "session_key", day=pl.col("end_utc").dt.date())
    missing = rows.join(known.lazy(), on=["tenant", "session_key"], how="anti").filter(pl.col("day") >= FIRST_DAY)
    span = collect(missing.select(first=pl.col("day").min(), last=pl.col("day").max()))
    first, last = span.row(0)
    return [] if first is None else [(first, last)]


def unpriced(now: datetime) -> list[Range]:
    """Days of live sessions that ended lately and whose cost the web app had not told when they were written."""
    waiting = sessions_mart.TABLE.scan().filter(
        (pl.col("source") == "live") & pl.col("cost_minor").is_null() & (pl.col("ended_at") > now - _PRICED_WITHIN)
    )
    return merged((day, day) for day in collect(waiting.select("day").unique())["day"])


def behind(today: date) -> list[Range]:
    """All days while a table of days was never made or an older edition of it lies there: a new version of the product.

    What the web app tells comes first: while that is of an older edition a run of today asks for it.
    """
    if sessions_mart.state() is None or all(step.table.current() for step in STEPS):
        return []
    if any(table.older() for table in TOLD):
        return [(today, today)]
    spans = [span for step in STEPS if (span := _LAKE.span(step.table))]
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    return [(max(first, kept_from() or first), last)]


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, joined where they touch or lie within a week of each other."""
    result: list[Range] = []
    for first, last in sorted(ranges):
        if result and first - result[-1][1] <= _NEAR:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result
