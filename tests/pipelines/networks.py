"""A network of chargers to tell stories of failure with: busy ones, weak ones that fall silent, a new one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from pipelines.transforms import usage
from pipelines.transforms.usage import Grid

END = datetime(2026, 3, 10, tzinfo=UTC)


def counts(units: int = 12, days: int = 260, seed: int = 3) -> np.ndarray:  # type: ignore[type-arg]
    """Sessions of each unit on each day. Every third unit is weak: use thins out for two weeks, then a week of none."""
    rng = np.random.default_rng(seed)
    table = rng.poisson(4, (units, days))
    for unit in range(0, units, 3):
        for start in range(40 + 5 * unit, days - 25, 60):
            table[unit, start : start + 14] = rng.poisson(1.2, 14)
            table[unit, start + 14 : start + 21] = 0
    return table


def sessions(table: np.ndarray, end: datetime = END) -> pl.DataFrame:  # type: ignore[type-arg]
    """One row per session: unit, started_at, ended_at, energy_wh, duration_s; the last day ends at `end`."""
    unit, day = np.nonzero(table)
    rows = [
        (f"C{u:02}", end - timedelta(days=int(table.shape[1] - d), minutes=-30 * (i + 1)))
        for u, d in zip(unit, day, strict=True)
        for i in range(table[u, d])
    ]
    plain = pl.DataFrame(rows, ["unit", "started_at"], orient="row")
    return plain.with_columns(
        pl.col("started_at").dt.cast_time_unit("ms"), energy_wh=pl.lit(9000), duration_s=pl.lit(1200),
        ended_at=(pl.col("started_at") + timedelta(minutes=20)).dt.cast_time_unit("ms"),
    )  # fmt: skip


def grid(table: np.ndarray) -> Grid:  # type: ignore[type-arg]
    unit, day = np.indices(table.shape)
    rows = pl.DataFrame({"unit": [f"C{u:02}" for u in unit.ravel()], "day": day.ravel(), "sessions": table.ravel()})
    zero = dict.fromkeys(("short", "trouble", "trouble_hour", "lost"), pl.lit(0.0))
    return usage.grid(rows.with_columns(pl.col("sessions").cast(pl.Float64), **zero))
