"""Sessions as they look at plug-in time: what is known at arrival, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
LEAST_MINUTES, LEAST_KWH = 1.0, 0.05
FADING = 0.7
HISTORY = ("n", "mean", "last", "fading", "off")


@dataclass(frozen=True)
class Stays:
    """One row per session, in the order of arrival. Targets: minutes until departure, and kWh."""

    x: Floats
    names: tuple[str, ...]
    minutes: Floats
    kwh: Floats
    declared_minutes: Floats
    declared_kwh: Floats
    driver: npt.NDArray[np.int64]
    test: npt.NDArray[np.bool_]


def stays(train: pl.DataFrame, test: pl.DataFrame, zone: str) -> Stays:
    """Rows of both, the features of each from sessions that had ended before it began (of either part).

    Needs start_utc, end_utc, energy_wh, charger, driver, requested_wh, requested_departure_utc. A session that is in
    both parts is only in the test.
    """
    rows = _together(train, test, zone)
    minutes, kwh = rows["minutes"].to_numpy(), rows["kwh"].to_numpy()
    known = [_calendar(rows), _declared(rows), _busy(rows)]
    for key, name in (("driver", "driver"), ("charger", "station"), ("asked", "same request")):
        known.append(_history(rows, key, name))
    columns = {name: values for part in known for name, values in part.items()}
    x = np.stack(list(columns.values()), axis=1)
    driver = rows["driver"].fill_null("").rank("dense").cast(pl.Int64).to_numpy().copy()
    driver[rows["driver"].is_null().to_numpy()] = -1
    declared = rows["declared_min"].to_numpy(), rows["declared_kwh"].to_numpy()
    return Stays(x, tuple(columns), minutes, kwh, *declared, driver, rows["test"].to_numpy())


def _together(train: pl.DataFrame, test: pl.DataFrame, zone: str) -> pl.DataFrame:
    key = ["charger", "start_utc", "end_utc", "energy_wh"]
    train = train.join(test.select(key), on=key, how="anti", nulls_equal=True)
    columns = [*key, "driver", "requested_wh", "requested_departure_utc"]
    both = pl.concat([train.select(*columns, test=False), test.select(*columns, test=True)], how="vertical_relaxed")
    stay = (pl.col("end_utc") - pl.col("start_utc")).dt.total_seconds() / 60
    asked = (pl.col("requested_departure_utc") - pl.col("start_utc")).dt.total_seconds() / 60
    return both.sort("start_utc", "end_utc", "charger", "energy_wh", nulls_last=True).with_columns(
        minutes=pl.max_horizontal(stay, pl.lit(LEAST_MINUTES)),
        kwh=pl.max_horizontal(pl.col("energy_wh") / 1000, pl.lit(0.0)),
        declared_min=pl.when(asked > 0).then(asked),
        declared_kwh=pl.when(pl.col("requested_wh") > 0).then(pl.col("requested_wh") / 1000),
        local=pl.col("start_utc").dt.convert_time_zone(zone),
        asked=pl.col("requested_wh").cast(pl.String),
    )


def _calendar(rows: pl.DataFrame) -> dict[str, Floats]:
    local = pl.col("local")
    hour = local.dt.hour() + local.dt.minute() / 60
    day = pl.col("local").dt.date()
    found = rows.select(
        hour=hour, weekday=local.dt.weekday().cast(pl.Float64), weekend=(local.dt.weekday() > 5).cast(pl.Float64),
        order=(pl.col("start_utc").rank("ordinal").over(day) - 1).cast(pl.Float64),
        week=(local.dt.epoch("s") // 604_800).cast(pl.Float64),
    )  # fmt: skip
    return {name: found[name].to_numpy() for name in ("hour", "weekday", "weekend", "order")}


def _declared(rows: pl.DataFrame) -> dict[str, Floats]:
    minutes, kwh = rows["declared_min"].cast(pl.Float64).to_numpy(), rows["declared_kwh"].cast(pl.Float64).to_numpy()
    leaves = (rows["local"].dt.hour() * 60 + rows["local"].dt.minute()).to_numpy() + minutes
    return {
        "declared minutes": minutes, "declared kWh": kwh, "declared time of leaving": leaves / 60,
        "declared kW": kwh / np.maximum(minutes, 1) * 60,
    }  # fmt: skip


def _busy(rows: pl.DataFrame) -> dict[str, Floats]:
    """Sessions that were running at arrival."""
    starts, ends = rows["start_utc"].dt.epoch("s").to_numpy(), np.sort(rows["end_utc"].dt.epoch("s").to_numpy())
    return {"running": np.arange(starts.size) - np.searchsorted(ends, starts, side="right").astype(float)}


@dataclass
class _Past:
    """Ended sessions of one driver, station or request: logarithms of minutes and of kWh."""

    n: int = 0
    total: tuple[float, float] = (0.0, 0.0)
    last: tuple[float, float] = (np.nan, np.nan)
    fading: tuple[float, float] = (np.nan, np.nan)
    off: tuple[float, float] = (np.nan, np.nan)

    def add(self, came: tuple[float, float], off: tuple[float, float]) -> None:
        """`off`: how much more than declared, as a logarithm; not a number without a declaration."""
        self.n += 1
        self.total = (self.total[0] + came[0], self.total[1] + came[1])
        self.last = came
        self.fading = _faded(self.fading, came)
        self.off = _faded(self.off, off)

    def said(self) -> Iterator[float]:
        yield float(self.n)
        for i in (0, 1):
            yield self.total[i] / self.n if self.n else np.nan
            yield from (self.last[i], self.fading[i], self.off[i])


def _faded(old: tuple[float, float], new: tuple[float, float]) -> tuple[float, float]:
    """Newer sessions count more; what is not a number changes nothing."""
    first, second = (
        o if np.isnan(n) else n if np.isnan(o) else FADING * o + (1 - FADING) * n for o, n in zip(old, new, strict=True)
    )
    return first, second


def _history(rows: pl.DataFrame, key: str, name: str) -> dict[str, Floats]:
    """For each session what the sessions with the same key had been that ended before it began."""
    keys = rows[key].to_list()
    starts, ends = rows["start_utc"].dt.epoch("s").to_list(), rows["end_utc"].dt.epoch("s").to_list()
    came = list(zip(_logs(rows, "minutes"), _logs(rows, "kwh"), strict=True))
    declared = list(zip(_logs(rows, "declared_min"), _logs(rows, "declared_kwh"), strict=True))
    past: dict[str, _Past] = {}
    running: list[tuple[int, int]] = []
    found = np.full((len(keys), 9), np.nan)
    for i, start in enumerate(starts):
        while running and running[0][0] <= start:
            _, j = heappop(running)
            off = (came[j][0] - declared[j][0], came[j][1] - declared[j][1])
            past.setdefault(keys[j], _Past()).add(came[j], off)
        if keys[i] is not None:
            found[i] = list(past.get(keys[i], _Past()).said())
            heappush(running, (ends[i], i))
    words = ["n", *(f"{what} {of}" for of in ("minutes", "kWh") for what in ("mean", "last", "fading", "off"))]
    return {f"{name} {word}": found[:, place] for place, word in enumerate(words)}


def _logs(rows: pl.DataFrame, column: str) -> list[float]:
    least = LEAST_KWH if "kwh" in column else LEAST_MINUTES
    return [np.nan if v is None else log(max(v, least)) for v in rows[column].to_list()]
