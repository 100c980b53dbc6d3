"""Sessions and energy: one row per ended session, live and imported alike, and their energy by quarter and day."""

from datetime import date, timedelta

import pandera.polars as pa
import polars as pl

from pipelines.defs.checks import Rule, once, ranges
from pipelines.defs.fanout.pieces import Weights, by_day
from pipelines.defs.steps import Sources, Step
from pipelines.defs.telemetry.assets import ended_sessions, heard
from pipelines.marts import energy_daily as energy_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts import tenants
from pipelines.marts._table import collect
from pipelines.resources import erased, imported
from pipelines.resources.days import Day
from pipelines.resources.lake import LOOK_BACK, Lake
from pipelines.resources.tables import CHARGERS, CLEAN, CONTEXT, ENERGY_15MIN, IMPORTED
from pipelines.transforms import energy
from pipelines.transforms import sessions as session_steps


def landed_rows(_sources: Sources, first: date, last: date) -> pl.DataFrame:
    """Persons that were erased stay so, whatever file is imported later."""
    return erased.without(imported.ended_between(first, last))


def landed_weights(_sources: Sources, first: date, last: date) -> Weights:
    return Weights({}, by_day(imported.scan(), "day", first, last))


def session_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    live, landed = _live(sources.lake, first, last), _imported(sources.lake, first, last)
    return session_steps.on_local_days(pl.concat([live, landed], how="vertical_relaxed"))


def quarter_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    ended = collect(sources.lake.days(sessions_mart.TABLE, first, last).filter(pl.col("source") == "imported"))
    rows = _readings(sources.lake, first, last)
    before = _latest_before(sources.lake, rows, first)
    names, homes = collect(CHARGERS.scan()), collect(tenants.TABLE.scan())
    live = energy.of_meters(rows, first, last, before, chargers=names, tenants=homes)
    return pl.concat([live, energy.of_sessions(ended)], how="diagonal_relaxed")


def _readings(lake: Lake, first: date, last: date) -> pl.DataFrame:
    """A day's latest stay at hand for the day after it."""
    day = Day(lake, CLEAN, last)
    rows = energy.readings(lake.days(CLEAN, first, last))
    if first == last:
        day.keep(_latest, energy.latest(rows))
    return rows


def _latest(messages: pl.LazyFrame) -> pl.DataFrame:
    return energy.latest(energy.readings(messages))


def _latest_before(lake: Lake, rows: pl.DataFrame, first: date) -> pl.DataFrame:
    """Each meter's last reading before `first`: of the day before, or of one that lies further back."""
    wanted, found = energy.meters(rows), [rows.clear().select(energy.READING)]
    for back in range(1, LOOK_BACK.days + 1):
        if wanted.is_empty():
            break
        last = Day(lake, CLEAN, first - timedelta(days=back)).made_by(_latest)
        found.append(last.join(wanted, on=wanted.columns, how="semi", nulls_equal=True))
        wanted = wanted.join(last, on=wanted.columns, how="anti", nulls_equal=True)
    return pl.concat(found)


def energy_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    return energy.daily(collect(sources.lake.days(ENERGY_15MIN, first, last)))


def overlapping(rows: pl.DataFrame) -> pl.DataFrame:
    """Live sessions that begin before another one on the same connector has ended.

    Those of one EVSE are set aside before; what is left are chargers to which people gave the same name.
    """
    live = rows.filter(pl.col("source") == "live").sort("tenant", "charger", "connector", "started_at")
    before = pl.col("ended_at").shift(1).over("tenant", "charger", "connector")
    return live.filter(pl.col("started_at") < before)


def unreconciled(quarters: pl.DataFrame) -> pl.DataFrame:
    """Sessions whose energy differs by more than 1 Wh from their quarters.

    Only those that began and ended on one UTC day: the first part of another lies in the partition of the day before.
    """
    if not quarters.height:
        return quarters.clear()
    days = pl.col("day").is_between(quarters["day"].min(), quarters["day"].max())
    ended = collect(sessions_mart.TABLE.scan().filter(days & (pl.col("started_at").dt.date() == pl.col("day"))))
    spread = quarters.group_by("tenant", "session").agg(quarters_wh=pl.col("energy_wh").sum())
    both = ended.join(spread, on=["tenant", "session"], how="left").with_columns(pl.col("quarters_wh").fill_null(0))
    off = both.filter((pl.col("energy_wh") - pl.col("quarters_wh")).abs() > 1)
    return off.select("tenant", "session", "energy_wh", "quarters_wh")


def _live(lake: Lake, first: date, last: date) -> pl.DataFrame:
    ended = ended_sessions(lake, first, last)
    names, homes = collect(CHARGERS.scan()), collect(tenants.TABLE.scan())
    told = collect(CONTEXT.scan().filter(pl.col("day") >= first - LOOK_BACK)) if ended.height else _NOTHING_TOLD
    return session_steps.live(ended, told, names, homes)


_NOTHING_TOLD = pl.DataFrame(schema=CONTEXT.schema)


def _imported(lake: Lake, first: date, last: date) -> pl.DataFrame:
    rows = collect(lake.days(IMPORTED, first, last)).drop("day", "month")
    return session_steps.imported(rows, collect(tenants.TABLE.scan()), imported.country_of_zone())


IMPORTED_SESSIONS = Step(
    "imported_sessions", IMPORTED, landed_rows, (),
    "Sessions of imported files by the day of their end, each once.", weights=landed_weights,
)  # fmt: skip
SESSIONS = Step(
    "sessions",
    sessions_mart.TABLE,
    session_rows,
    ("clean_telemetry", "imported_sessions", "business"),
    "Sessions that ended on the day, from start and stop events and from imported files.",
    (
        ranges(
            tenant=pa.Column(nullable=False),
            session=pa.Column(nullable=False),
            energy_wh=pa.Column(nullable=False, checks=pa.Check.ge(0)),
            duration_s=pa.Column(nullable=False, checks=pa.Check.in_range(0, 48 * 3600)),
            source=pa.Column(checks=pa.Check.isin(["live", "imported"])),
        ),
        once("tenant", "session"),
        Rule("no_overlap", overlapping, "live sessions of one connector do not overlap, by name", stops=False),
    ),
    heard,
    anywhere=True,
)
ENERGY_15 = Step(
    "energy_15min",
    ENERGY_15MIN,
    quarter_rows,
    ("sessions",),
    "Energy by quarter of an hour: live from meter readings, imported spread evenly over the session.",
    (
        ranges(energy_wh=pa.Column(nullable=False, checks=pa.Check.ge(0))),
        Rule("reconciles", unreconciled, "each session's energy is the sum of its quarters, to 1 Wh", stops=False),
    ),
    heard,
    anywhere=True,
)
ENERGY_DAILY = Step(
    "energy_daily", energy_mart.TABLE, energy_rows, ("energy_15min",), "Energy per charger, local day and hour.",
    weights=heard, anywhere=True,
)  # fmt: skip
