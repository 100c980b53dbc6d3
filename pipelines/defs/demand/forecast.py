"""Energy of the hours to come, per charger and area: three naive forecasts and a learned one, the best ships."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from pipelines.defs.steps import Sources
from pipelines.learning.demand import Contest, Effort, Grid, TooShort, compete
from pipelines.marts import forecast as mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts import tenants
from pipelines.marts._table import collect
from pipelines.resources.tables import ENERGY_15MIN
from pipelines.transforms.pricing.hourly import WEEKS, Hours, end_of, hourly

HORIZONS = (1, 6, 24)
LEVELS = {"charger": "charger", "area": "area"}
LEAST_HOURS, LEAST_BUSY = 21 * 24, 100
SHOWN_HOURS = 7 * 24
EFFORT = Effort(pairs=80_000, trees=80)
Row = dict[str, Any]


def forecast_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    """Forecasts of all tenants; writes their cards too. What is as it was is not learned again."""
    held, known = collect(mart.CARD.scan()), collect(mart.TABLE.scan())
    cards: list[pl.DataFrame] = []
    rows: list[pl.DataFrame] = []
    for whose, hours in _all_hours(now):
        mine = _of(held, whose)
        told = _of(known, whose)
        if mine.height and _same(mine, told, hours):
            cards, rows = [*cards, mine], [*rows, told]
            continue
        card, found = _forecast(whose, hours)
        cards, rows = [*cards, card], [*rows, found]
    sources.lake.replace_all(mart.CARD, pl.concat(cards) if cards else pl.DataFrame(schema=mart.CARD.schema))
    return pl.concat(rows) if rows else pl.DataFrame(schema=mart.TABLE.schema)


def _all_hours(now: datetime) -> Iterator[tuple[Row, Hours]]:
    """Hours of each tenant, source, network and level. What is live is known until now, a file until its last hour."""
    names = collect(tenants.TABLE.scan().select("tenant"))["tenant"].to_list()
    newest = ENERGY_15MIN.scan().group_by("tenant", "source", "timezone").agg(pl.col("day").max())
    for tenant, source, network, last in collect(newest).sort("tenant", "source", "timezone").iter_rows():
        if source == "live" and tenant not in names:
            continue
        quarters = _quarters(tenant, source, network, last - timedelta(weeks=WEEKS))
        until = end_of(quarters, now if source == "live" else None)
        for level, column in LEVELS.items():
            if until is not None and (hours := hourly(quarters, column, until)) is not None:
                yield {"tenant": tenant, "source": source, "network": network or "UTC", "level": level}, hours


def _quarters(tenant: str, source: str, network: str | None, first: date) -> pl.DataFrame:
    """Energy from the day `first` on, with the area of each charger."""
    mine = ENERGY_15MIN.of_tenant(tenant).filter(
        (pl.col("source") == source) & pl.col("timezone").eq_missing(pl.lit(network)) & (pl.col("day") >= first)
    )
    quarters = collect(mine.select("charger", "site", "timezone", "quarter", "energy_wh"))
    quarters = quarters.join(_areas(tenant, source), on="charger", how="left")
    return quarters.with_columns(area=pl.coalesce("area", "site"))


def _areas(tenant: str, source: str) -> pl.DataFrame:
    """City of each charger; its site where no city is known."""
    rows = sessions_mart.TABLE.of_tenant(tenant).filter(pl.col("source") == source)
    city = pl.when(pl.col("city") != "").then(pl.col("city"))
    return collect(rows.group_by("charger").agg(area=city.drop_nulls().last()))


def _same(card: pl.DataFrame, told: pl.DataFrame, hours: Hours) -> bool:
    """The card was made from just these hours, and of chargers and areas of these names."""
    row = card.row(0, named=True)
    if told.height and set(told["unit"]) != set(hours.units):
        return False
    return bool(row["until"] == _until(hours) and row["energy_wh"] == int(hours.wh.sum(dtype=np.float64)))


def _until(hours: Hours) -> datetime:
    return hours.at(hours.wh.shape[0])


def _of(rows: pl.DataFrame, whose: Row) -> pl.DataFrame:
    return rows.filter(*(pl.col(name) == value for name, value in whose.items()))


def _forecast(whose: Row, hours: Hours) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Card and hours of one tenant, source and level."""
    about = whose | {
        "units": len(hours.units), "hours": hours.wh.shape[0], "until": _until(hours),
        "energy_wh": int(hours.wh.sum(dtype=np.float64)),
    }  # fmt: skip
    cards: list[Row] = []
    rows: list[pl.DataFrame] = []
    enough = hours.wh.shape[0] >= LEAST_HOURS and int((hours.wh.sum(axis=1) > 0).sum()) >= LEAST_BUSY
    grid = Grid(hours.wh, hours.units, hours.local_start_s, 3600)
    for horizon in HORIZONS:
        try:
            found = compete(grid, horizon, ahead=horizon, effort=EFFORT) if enough else None
        except TooShort:
            found = None
        cards += _cards(about | {"horizon_h": horizon}, found)
        rows += [_hours(whose | {"horizon_h": horizon}, hours, found)] if found else []
    shown = pl.concat(rows) if rows else pl.DataFrame(schema=mart.TABLE.schema)
    return pl.DataFrame(cards, schema=mart.CARD.schema), shown


def _cards(about: Row, found: Contest | None) -> list[Row]:
    if found is None:
        return [about | {"state": "too_little_history", "shipped": False}]
    return [
        about | {
            "state": "forecast", "method": part.name, "shipped": part.name == found.shipped, "judged": found.rows[2],
            "rmse_wh": part.metrics["rmse"], "mae_wh": part.metrics["mae"], "coverage": part.metrics["coverage"],
            "validation_rmse_wh": part.validation["rmse"],
        }
        for part in (found.model, *found.naives)
    ]  # fmt: skip


def _hours(whose: Row, hours: Hours, found: Contest) -> pl.DataFrame:
    """The last days as they were forecast, and the hours to come, of the forecaster that ships."""
    part, last = found.winner, slice(-(SHOWN_HOURS + int(whose["horizon_h"])), None)
    target, width = found.target[last], len(hours.units)
    offset = hours.local_start_s - int(hours.start.timestamp())
    at = pl.Series([hours.at(int(hour)) for hour in target], dtype=pl.Datetime("ms", "UTC"))
    local = (at + timedelta(seconds=offset)).dt.replace_time_zone(None)
    cells = {"actual_wh": found.truth, "forecast_wh": part.guess, "low_wh": part.low, "high_wh": part.high}
    values = {name: _whole(table[last]) for name, table in cells.items()}
    rows = pl.DataFrame({"at": at.gather(np.repeat(np.arange(target.size), width)), **values}).with_columns(
        local=local.gather(np.repeat(np.arange(target.size), width)),
        unit=pl.Series(list(hours.units) * target.size), method=pl.lit(part.name),
        **{name: pl.lit(value) for name, value in whose.items()},
    )  # fmt: skip
    return rows.select(pl.col(name).cast(kind) for name, kind in mart.TABLE.schema.items())


def _whole(cells: Any) -> pl.Series:
    return pl.Series(np.round(cells.reshape(-1)).astype(np.float64)).fill_nan(None).cast(pl.Int64)
