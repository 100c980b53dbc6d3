"""When a charger failed: it fell silent, its log says that it broke, or a technician found a fault."""

from datetime import datetime

import numpy as np
import polars as pl

from pipelines.transforms import silence
from pipelines.transforms.risk_days import day_of
from pipelines.transforms.usage import Flags, Grid

# A visit that finds no fault speaks of a silence that began up to this many days before it.
REFUTES_DAYS = 14


def event(grid: Grid, outages: pl.DataFrame, outcomes: pl.DataFrame, as_of: datetime) -> Flags:
    """Days on which a failure of a unit begins.

    `outages`: unit, began_at, broken, planned, withdrawn. `outcomes` of work orders: unit, began_at, ended_at,
    confirmed; one that found no fault takes back the silence that it was about.
    """
    silent = silence.begins(grid) & ~_refuted(grid, outcomes, as_of)
    broke = outages.filter(pl.col("broken") & ~pl.col("planned") & ~pl.col("withdrawn"))
    found = outcomes.filter(pl.col("confirmed"))
    return np.asarray(silent | _marked(grid, broke, as_of) | _marked(grid, found, as_of))


def lasting(outages: pl.DataFrame, as_of: datetime) -> list[str]:
    """Units that are out of order at `as_of`."""
    open_now = pl.col("ended_at").is_null() | (pl.col("ended_at") > as_of)
    began = pl.col("began_at") <= as_of
    rows = outages.filter(pl.col("broken") & ~pl.col("withdrawn") & began & open_now)
    return rows["unit"].unique().sort().to_list()


def _marked(grid: Grid, rows: pl.DataFrame, as_of: datetime) -> Flags:
    flags = np.zeros((len(grid.units), grid.days), dtype=np.bool_)
    place = {unit: at for at, unit in enumerate(grid.units)}
    days = rows.filter(pl.col("began_at") < as_of).select("unit", day=day_of("began_at", as_of))
    for unit, day in days.iter_rows():
        if unit in place and 0 <= day - grid.first < grid.days:
            flags[place[unit], day - grid.first] = True
    return flags


def _refuted(grid: Grid, outcomes: pl.DataFrame, as_of: datetime) -> Flags:
    """Days that lie in the two weeks before a visit that found nothing."""
    visits = _marked(grid, outcomes.filter(~pl.col("confirmed")), as_of)
    return silence.falls_within(grid, REFUTES_DAYS, visits) | visits
