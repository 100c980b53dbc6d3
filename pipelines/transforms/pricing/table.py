"""A table of demand from a file: time × stations in columns, stations × time, or long (time, station, value)."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.source import to_utf8, unpack
from pipelines.transforms.pricing.table_clock import REPEATED, Clock, beside, combined
from pipelines.transforms.pricing.table_times import Times, read_times, steps_of_day

DELIMITERS = ",;\t|"
SAMPLE = 400
MOST_LONG_COLUMNS = 12
MOST_CELLS = 60_000_000
DAY_S = 86_400
VALUE_WORDS = ("occup", "volume", "kwh", "energy", "demand", "busy", "value", "count", "load", "power", "sessions")


@dataclass(frozen=True)
class Series:
    """`values[time, station]` on a regular clock, not a number where nothing is known; `start_s` as in the file."""

    values: npt.NDArray[np.float32]
    stations: tuple[str, ...]
    start_s: int
    step_s: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Text:
    data: bytes
    delimiter: str
    names: list[str]
    comma: bool


def read_series(raw: bytes) -> Series:
    """Reads a table from the bytes of a CSV (packed or not). Raises NotUnderstood with what to do."""
    data, container = unpack(raw)
    if container == "xlsx":
        raise NotUnderstood("Export this sheet as CSV: a table of this size is read as text.")
    text = _look(to_utf8(data, container).data)
    if _across(text.names):
        return _transposed(text)
    sample = _strings(text, SAMPLE)
    place = _time_column(sample)
    if place is None:
        raise NotUnderstood("No column of times found: the first column must hold times, or step numbers 0, 1, 2 …")
    clock = beside(sample, text.names, place)
    if len(text.names) <= MOST_LONG_COLUMNS and (long := _long(text, place, clock)) is not None:
        return long
    return _wide(text, place, clock, sample)


def _look(data: bytes) -> _Text:
    lines = [line for line in data.split(b"\n", 50)[:50] if line.strip() and not line.startswith(b"#")]
    if len(lines) < 2:
        raise NotUnderstood("The file has no rows.")
    head = lines[0].decode("utf-8", "replace")
    delimiter = max(DELIMITERS, key=head.count)
    if not head.count(delimiter):
        raise NotUnderstood("The file has one column: times in the first, stations in the others are needed.")
    names = [cell.strip().strip('"').strip() for cell in head.strip("\ufeff\r").split(delimiter)]
    body = lines[1].decode("utf-8", "replace")
    comma = delimiter != "," and re.search(r"\d,\d", body) is not None
    return _Text(data[data.index(lines[0]) :], delimiter, names, comma)


def _strings(text: _Text, rows: int | None = None, columns: list[int] | None = None) -> pl.DataFrame:
    """Cells as text, in columns c0, c1 … (some of them)."""
    schema = {f"c{i}": pl.String for i in range(len(text.names))}
    return _csv(text, schema, rows, columns)


def _csv(
    text: _Text, schema: Mapping[str, type[pl.DataType]], rows: int | None, columns: list[int] | None = None
) -> pl.DataFrame:
    try:
        return pl.read_csv(
            io.BytesIO(text.data), has_header=False, skip_rows=1, separator=text.delimiter, schema=dict(schema),
            n_rows=rows, columns=columns, infer_schema=False, ignore_errors=True, truncate_ragged_lines=True,
            decimal_comma=text.comma, null_values=["NA", "NaN", "nan", "null", "None", "-", "?"],
        )  # fmt: skip
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise NotUnderstood(f"This is no regular table: {error}.") from error


def _time_column(sample: pl.DataFrame) -> int | None:
    """Written times before bare numbers, the leftmost first; numbers are times in the first column only.

    In a table of few columns they may stand anywhere, whatever the column is called.
    """
    near = sample.width if sample.width <= MOST_LONG_COLUMNS else 4
    written = [i for i in range(near) if read_times(sample[:, i], numbers=False) is not None]
    return written[0] if written else 0 if read_times(sample[:, 0]) is not None else None


def _wide(text: _Text, place: int, clock: Clock | None, sample: pl.DataFrame) -> Series:
    told = [place, *(clock.columns if clock else [])]
    stations = _stations(text, sample, told)
    left = [text.names[i] for i in range(place + 1, len(text.names)) if i not in (*stations, *told) and text.names[i]]
    notes = [f"columns without numbers left out: {', '.join(left[:5])}"] if left else []
    schema: dict[str, type[pl.DataType]] = {f"c{i}": pl.Float32 for i in range(len(text.names))}
    texts: dict[str, type[pl.DataType]] = {f"c{i}": pl.String for i in (*range(place + 1), *told) if i not in stations}
    frame = _csv(text, schema | texts, None, sorted([*told, *stations]))
    times, said = _times_of(frame, text, place, clock)
    if 1 < np.unique(times.seconds).size < REPEATED * times.seconds.size:
        raise NotUnderstood(
            f"Most times of {text.names[place] or 'the first column'} stand in several rows, and no column says which "
            "hour or station each is of: call it hour, time or station, with one value in each row."
        )
    cells = frame.select(f"c{i}" for i in stations).to_numpy().astype(np.float32, copy=False)
    names = tuple(text.names[i] or f"column {i + 1}" for i in stations)
    return _regular(times, cells, names, [*said, *notes])


def _stations(text: _Text, sample: pl.DataFrame, told: list[int]) -> list[int]:
    """Columns of numbers beside the times: those to the right of the date, else those to its left."""
    numeric = [i for i in range(len(text.names)) if i not in told and _numeric(sample[:, i], text.comma)]
    stations = [i for i in numeric if i > told[0]] or [i for i in numeric if not _row_numbers(sample[:, i])]
    if not stations:
        raise NotUnderstood("No column of numbers beside the times.")
    return stations


def _row_numbers(column: pl.Series) -> bool:
    steps = column.cast(pl.Float64, strict=False).diff().drop_nulls()
    return steps.len() > 0 and bool((steps == 1).all())


def _times_of(frame: pl.DataFrame, text: _Text, place: int, clock: Clock | None) -> tuple[Times, list[str]]:
    """Times of the rows, from one column or from dates and the clock beside them, and what to say of it."""
    days = _times(frame[f"c{place}"])
    if clock is None:
        return days, []
    minutes = None if clock.minutes is None else frame[f"c{clock.minutes}"]
    times, how = combined(days, frame[f"c{clock.hours}"], minutes)
    words = [text.names[place], *(text.names[i] for i in clock.columns)]
    return times, [f"times read from {' and '.join(words)} together ({how})"]


def _numeric(column: pl.Series, comma: bool) -> bool:
    texts = column.drop_nulls()
    numbers = (texts.str.replace(",", ".", literal=True) if comma else texts).cast(pl.Float64, strict=False)
    return texts.len() == 0 or numbers.null_count() < texts.len() * 0.5


def _times(texts: pl.Series) -> Times:
    times = read_times(texts)
    if times is None:
        raise NotUnderstood("The times of many rows cannot be read.")
    return times


def _long(text: _Text, place: int, clock: Clock | None) -> Series | None:
    """(time, station, value) rows; None when times do not repeat."""
    frame = _strings(text)
    times, said = _times_of(frame, text, place, clock)
    at = pl.Series("at", times.seconds)
    if at.n_unique() > REPEATED * at.len():
        return None
    others = [i for i in range(frame.width) if i not in (place, *(clock.columns if clock else []))]
    label = next((i for i in others if _labels(at, frame[:, i])), None)
    numbers = [i for i in others if i != label and _numeric(frame[:SAMPLE, i], text.comma)]
    if label is None or not numbers:
        return None
    named = [i for word in VALUE_WORDS for i in numbers if word in text.names[i].lower()]
    value = (named or numbers)[0]
    number = frame[:, value].str.replace(",", ".", literal=True) if text.comma else frame[:, value]
    rows = pl.DataFrame({"at": at, "station": frame[:, label], "value": number.cast(pl.Float32, strict=False)})
    known = rows.filter(pl.col("at") >= 0)
    wide = known.pivot("station", index="at", values="value", aggregate_function="mean").sort("at")
    cells = wide.drop("at").to_numpy().astype(np.float32, copy=False)
    notes = [f"read as rows of {text.names[place]}, {text.names[label]}, {text.names[value]}", *said]
    notes += _of_rows(rows, known, wide)
    return _regular(Times(wide["at"].to_numpy(), times.counted), cells, tuple(wide.columns[1:]), notes)


def _of_rows(rows: pl.DataFrame, known: pl.DataFrame, wide: pl.DataFrame) -> Iterator[str]:
    """What is to say of (time, station, value) rows: unreadable, twice, missing."""
    if lost := rows.height - known.height:
        yield f"{lost} rows without a readable time left out"
    pairs = known.select("at", "station").n_unique()
    if twice := known.height - pairs:
        yield f"{twice} rows name a time and station that another row names: averaged"
    if missing := wide.height * (wide.width - 1) - pairs:
        yield f"{missing} values missing: not every station has a row at every time"


def _labels(at: pl.Series, column: pl.Series) -> bool:
    """A column that, with the time, names each row once."""
    pairs = pl.DataFrame({"at": at, "label": column})
    return column.null_count() == 0 and 1 < column.n_unique() < at.len() / 2 and pairs.n_unique() > 0.98 * at.len()


def _across(names: list[str]) -> bool:
    """Times stand in the header: the table lies on its side."""
    return len(names) > 10 and read_times(pl.Series(names[1:], dtype=pl.String), numbers=False) is not None


def _transposed(text: _Text) -> Series:
    frame = _csv(text, {"c0": pl.String} | {f"c{i}": pl.Float32 for i in range(1, len(text.names))}, None)
    cells = frame.drop("c0").to_numpy().astype(np.float32, copy=False).T
    names = tuple(name or f"row {i + 1}" for i, name in enumerate(frame["c0"].to_list()))
    return _regular(_times(pl.Series(text.names[1:])), cells, names, ["stations stand in the rows"])


def _regular(times: Times, cells: npt.NDArray[np.float32], stations: tuple[str, ...], notes: list[str]) -> Series:
    """On a regular clock: rows sorted, holes not a number, rows of the same time averaged."""
    good = times.readable
    if len(good) < len(cells):
        notes = [*notes, f"{len(cells) - len(good)} rows without a readable time left out"]
    cells = np.where(np.isfinite(cells), cells, np.float32(np.nan))[good]
    steps, place, start = _clock(times.seconds[good])
    if (rows := int(place.max()) + 1) * len(stations) > MOST_CELLS:
        raise NotUnderstood(f"The table would have {rows} times × {len(stations)} stations: too many for one machine.")
    values = _averaged(place, cells, rows)
    notes = [*notes, *_odd(place, rows, None if times.counted else (start, steps))]
    if not times.counted:
        return Series(values, stations, start, steps, notes)
    per_day = steps_of_day(np.nan_to_num(values).mean(axis=1, dtype=np.float64))
    said = f"{per_day} steps found to be a day" if per_day else "no daily rhythm found, steps taken as hours"
    return Series(
        values, stations, 0, DAY_S // (per_day or 24), [*notes, f"the file has step numbers, no times: {said}"]
    )


def _odd(place: npt.NDArray[np.int64], rows: int, clock: tuple[int, int] | None) -> Iterator[str]:
    """What is to say of times that stand in several rows, or in none: how many, and the first of them."""
    counts = np.bincount(place, minlength=rows)
    for found, what in (
        (counts > 1, "{} rows more than times: rows of the same time averaged"),
        (counts == 0, "{} times missing in the file"),
    ):
        if found.any():
            many = int((counts[found] - 1).sum()) if counts[found].max() else int(found.sum())
            yield what.format(many) + ("" if clock is None else f", the first {_written(clock, int(found.argmax()))}")


def _written(clock: tuple[int, int], row: int) -> str:
    return f"{datetime.fromtimestamp(clock[0] + row * clock[1], tz=UTC):%Y-%m-%d %H:%M}"


def _clock(seconds: npt.NDArray[np.int64]) -> tuple[int, npt.NDArray[np.int64], int]:
    """(step, row of each time, first time). The step is the commonest distance between different times."""
    gaps = np.diff(np.unique(seconds))
    if not gaps.size:
        raise NotUnderstood("All rows have the same time.")
    sizes, counts = np.unique(gaps, return_counts=True)
    step, start = int(sizes[counts.argmax()]), int(seconds.min())
    return step, np.round((seconds - start) / step).astype(np.int64), start


def _averaged(place: npt.NDArray[np.int64], cells: npt.NDArray[np.float32], rows: int) -> npt.NDArray[np.float32]:
    values = np.full((rows, cells.shape[1]), np.nan, dtype=np.float32)
    if np.unique(place).size == place.size:
        values[place] = cells
        return values
    order = np.argsort(place, kind="stable")
    for at, part in zip(np.unique(place), np.split(order, np.flatnonzero(np.diff(place[order])) + 1), strict=True):
        known = ~np.isnan(cells[part])
        total = np.where(known, cells[part], 0).sum(axis=0)
        values[at] = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    return values
