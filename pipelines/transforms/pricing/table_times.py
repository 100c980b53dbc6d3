"""Times of a table's rows: written in any sane way, as seconds in the clock of the file, or bare step numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.transforms.importing.moments import parse_moments

Ints = npt.NDArray[np.int64]
READABLE = 0.95
_COMPACT_HOUR = r"^((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))([01]\d|2[0-3])$"
STEPS_OF_DAY = (24, 48, 72, 96, 144, 288, 720, 1440)


@dataclass(frozen=True)
class Times:
    """`seconds` since 1970 for each row, -1 where unreadable. `counted`: the file has step numbers, not times."""

    seconds: Ints
    counted: bool = False

    @property
    def readable(self) -> Ints:
        return np.flatnonzero(self.seconds >= 0)


def read_times(texts: pl.Series, *, numbers: bool = True) -> Times | None:
    """The times of a column of text; None when it is no column of times. `numbers`: bare numbers may be times."""
    clean = texts.str.strip_chars().str.replace(_COMPACT_HOUR, "${1} ${2}:00")
    fields = parse_moments(clean, numeric=numbers)
    if fields["y"].is_not_null().mean() >= READABLE:  # type: ignore[operator]
        return Times(_seconds(fields))
    return _counted(clean) if numbers else None


def steps_of_day(crowd: npt.NDArray[np.float64]) -> int | None:
    """Steps of a day of a series without a clock: the candidate after which it is most like itself again.

    Half a day earlier it must be less alike, else any smooth series would seem to repeat at once. None: no such.
    """
    found = {k: _alike(crowd, k) for k in STEPS_OF_DAY if crowd.size >= 4 * k}
    daily = {k: r for k, r in found.items() if r > 0.2 and r > _alike(crowd, k // 2) + 0.1}
    return max(daily, key=lambda k: daily[k]) if daily else None


def _alike(series: npt.NDArray[np.float64], lag: int) -> float:
    a, b = series[lag:] - series.mean(), series[:-lag] - series.mean()
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def _counted(texts: pl.Series) -> Times | None:
    numbers = texts.cast(pl.Float64, strict=False)
    if numbers.null_count() or numbers.len() < 3:
        return None
    values = numbers.to_numpy()
    steps = np.diff(np.unique(values))
    if not steps.size or steps[0] <= 0 or not np.allclose(steps, steps[0]):
        return None
    return Times(np.round((values - values.min()) / steps[0]).astype(np.int64), counted=True)


def _seconds(fields: pl.DataFrame) -> Ints:
    """Year first as it is; else day or month first, whichever makes the rows follow each other more evenly."""
    first = _dated(fields, "p", "q")
    if bool((fields["fixed"] | fields["yfirst"]).fill_null(True).all()):
        return first
    second = _dated(fields, "q", "p")
    return min((second, first), key=_uneven)


def _dated(fields: pl.DataFrame, month: str, day: str) -> Ints:
    year = pl.when(pl.col("ydigits") == 2).then(pl.col("y") + 2000).otherwise(pl.col("y"))
    sure = pl.col("fixed") | pl.col("yfirst")
    m, d = (pl.when(sure).then(pl.col(a)).otherwise(pl.col(b)) for a, b in (("p", month), ("q", day)))
    whole = pl.when(m.is_between(1, 12) & d.is_between(1, 31)).then(pl.struct(y=year, m=m, d=d))
    dates = fields.select(
        pl.format("{}-{}-{}", year, m, d).str.to_date("%Y-%m-%d", strict=False).alias("date"), whole.alias("_"),
        pl.col("ms").fill_null(0).alias("ms"), _moved(fields).alias("moved"),
    )  # fmt: skip
    seconds = dates.select(pl.col("date").dt.epoch("s") + pl.col("ms") // 1000 - pl.col("moved") * 60).to_series()
    return seconds.fill_null(-1).cast(pl.Int64).to_numpy()


def _moved(fields: pl.DataFrame) -> pl.Series:
    """Minutes by which a row's own offset differs from the usual one: a step stays a step when the clocks change."""
    usual = fields["off"].drop_nulls().mode().sort()
    return (fields["off"] - (usual[0] if usual.len() else 0)).fill_null(0)


def _uneven(seconds: Ints) -> tuple[int, int]:
    """Rows that are no date, and different distances between rows."""
    return int((seconds < 0).sum()), int(np.unique(np.diff(seconds)).size)
