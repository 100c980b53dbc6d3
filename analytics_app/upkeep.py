"""Reads and sums for the page of maintenance: visits, uptime and outages of one viewer's chargers."""

from datetime import date
from types import ModuleType
from typing import Any

import polars as pl
import streamlit as st

from analytics_app.data import placed
from analytics_app.who import Viewer
from pipelines.marts import outages, uptime, visits

GROUPS = ("charger", "site", "vendor", "model", "firmware")
HOUR = 3600


@st.cache_data(max_entries=128, show_spinner=False)
def _visits(*, version: int, **asked: Any) -> pl.DataFrame:
    return visits.summed(**asked)


@st.cache_data(max_entries=64, show_spinner=False)
def _uptime(*, version: int, **asked: Any) -> pl.DataFrame:
    return uptime.read(**asked)


@st.cache_data(max_entries=64, show_spinner=False)
def _outages(*, version: int, **asked: Any) -> pl.DataFrame:
    return outages.read(**asked)


def visits_of(viewer: Viewer, *by: str, start: date | None, end: date | None, source: str | None) -> pl.DataFrame:
    """Visits per `by` (see the mart), UTC days [start, end)."""
    rows = _visits(**_whose(viewer), by=by, start=start, end=end, source=source, version=_version(visits))
    return placed(viewer, rows)


def uptime_of(viewer: Viewer, source: str | None) -> pl.DataFrame:
    """Every month of the viewer's ports."""
    return placed(viewer, _uptime(**_whose(viewer), source=source, version=_version(uptime)))


def outages_of(viewer: Viewer, *, start: date | None, end: date | None, source: str | None) -> pl.DataFrame:
    """Outages that began in the UTC days [start, end)."""
    rows = _outages(**_whose(viewer), start=start, end=end, source=source, version=_version(outages))
    return placed(viewer, rows)


def _whose(viewer: Viewer) -> dict[str, Any]:
    return {"tenant": viewer.tenant, "organisations": viewer.organisations}


def _version(mart: ModuleType) -> int:
    state = mart.state()
    return -1 if state is None else int(state.version)


def success(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds the share of visits that got energy, and of those that got it at the first attempt, 0 to 1."""
    visits_made = pl.col("visits")
    return rows.with_columns(success=pl.col("got_energy") / visits_made, first_try=pl.col("at_once") / visits_made)


def funnel(rows: pl.DataFrame) -> list[tuple[str, int]]:
    """How far the visits came of which the source tells it: (stage, visits)."""
    sums = rows.select(pl.col("told", "plugged", "authorised", "told_energy").sum()).row(0, named=True)
    names = {"told": "visits", "plugged": "plugged", "authorised": "authorised", "told_energy": "got_energy"}
    return [(names[name], int(value)) for name, value in sums.items()]


def year_to(months: pl.DataFrame, last: date) -> pl.DataFrame:
    """The figures of each port over the twelve months that end with `last`, lowest uptime first."""
    return months.filter(pl.col("day") == last).sort("uptime_pct", "charger", "connector")


def repairs(months: pl.DataFrame, last: date, by: str) -> pl.DataFrame:
    """Per value of `by` over the twelve months that end with `last`: failures, MTTR and MTBF in hours.

    MTTR: length of the failures that began in these months, open ones until now, over their number. MTBF: time up and
    observed over that number; null without a failure (then `up_h` says how long none was seen).
    """
    first = date(last.year - 1, last.month, 1)
    rows = months.filter((pl.col("day") > first) & (pl.col("day") <= last))
    found = rows.group_by(by).agg(
        ports=pl.struct("charger", "connector", "source").n_unique(),
        failures=pl.col("failures").sum(),
        open_failures=pl.col("open_failures").sum(),
        up_h=pl.col("up_s").sum() / HOUR,
        down_h=pl.col("down_s").sum() / HOUR,
        failure_s=pl.col("failure_s").sum(),
    )
    some = pl.col("failures") > 0
    found = found.with_columns(
        mttr_h=pl.when(some).then(pl.col("failure_s") / HOUR / pl.col("failures")),
        mtbf_h=pl.when(some).then(pl.col("up_h") / pl.col("failures")),
    )
    return found.drop("failure_s").sort("failures", by, descending=[True, False], nulls_last=True)


def by_cause(rows: pl.DataFrame) -> pl.DataFrame:
    """Outages per cause and side of uptime: how many, and hours."""
    found = rows.group_by("cause", "side").agg(
        outages=pl.len().cast(pl.Int64),
        hours=pl.col("duration_s").sum() / HOUR,
        lasting=pl.col("ended_at").null_count(),
    )
    return found.sort("hours", "cause", descending=[True, False])
