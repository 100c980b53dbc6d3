"""From and until of each row of a series, in UTC: instants, ranges, dates with hours, months and years.

A local hour that exists twice is told apart by the order of the rows when both are there, and set aside when only one
is; a local hour that does not exist is set aside: then the file's zone is another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from pipelines.transforms.importing.dateorder import DateOrder, Hints, decide, to_days
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.moments import DAY_MS, parse_moments
from pipelines.transforms.importing.numerals import whole
from pipelines.transforms.importing.profile import Profile
from pipelines.transforms.importing.spans import moments_of
from pipelines.transforms.importing.words import plain, says_utc, score_of
from pipelines.transforms.importing.zones import instants

_UTC = pl.Datetime("ms", "UTC")
_FROM = (
    (4, r"from utc|start utc|datetime utc|utc datetime|timestamp utc|utc timestamp|point time|valid from|valid_from"),
    (3.5, r"from|start\w*|begin\w*|von|desde|debut|mtu|delivery|settlement (?:date|period)|period start|since|ab"),
    (
        3,
        r"date ?time|timestamp|time stamp|date|time|datum|zeit\w*|fecha\w*|hora|heure|horodatage|data|day|tag|unix\w*|"
        r"epoch\w*|tid\w*|aika\w*|ajankohta|czas|tarih|dzien|momento|instant|zeitstempel",
    ),
    (2.5, r"period|interval|hour|stunde|utc|local|month|monat|mes|mois|dt|ts|when|at|last updated?|updated?|seen"),
)
_UNTIL = (
    (3.5, r"to|until|till|end\w*|bis|hasta|fin|ende|valid to|period end|interval end\w*|hour end\w*|he"),
)  # fmt: skip
_ENDING = r"(?:hour|interval|period|time)s? end(?:ing|s)?|end(?:ing)? (?:hour|interval|period|time)|he"
_NOT_TIME = r"zone|tz|timezone|modified|created|published|publish|retrieved|extracted|estimated|version|resolution"
_HOUR = r"hour|stunde|hora|heure|hr|he|ora|uur|h|period|interval|position|sp|settlement period|hour ending"
# Zones that a header names by the pair of its abbreviations.
_NAMED_ZONES = (
    (r"\bCET\b.*\bCEST\b|\bCE[S]?T\b", "Europe/Brussels"), (r"\bEET\b.*\bEEST\b", "Europe/Athens"),
    (r"\bWET\b.*\bWEST\b", "Europe/Lisbon"), (r"\bGMT\b.*\bBST\b", "Europe/London"),
)  # fmt: skip
REASONS = {
    "missing_time": "no time",
    "unreadable_time": "the time is no date and time of the file's format",
    "ambiguous_local_time": "this local time exists twice and the file has only one row for it",
    "nonexistent_local_time": "this local time does not exist in the zone: the file's times may be UTC (--timezone)",
    "end_before_start": "the row ends before it starts",
}


@dataclass(frozen=True, slots=True)
class SpanColumns:
    """Which columns say when: `start` (with `clock` or `hour` beside a date), perhaps `end`; or `year`."""

    start: Profile | None = None
    clock: Profile | None = None
    hour: Profile | None = None
    end: Profile | None = None
    year: Profile | None = None
    ending: bool = False

    def used(self) -> set[str]:
        every = (self.start, self.clock, self.hour, self.end, self.year)
        return {p.column for p in every if p}

    def words(self) -> dict[str, str]:
        """For the report."""
        said = {"from": self.start, "time": self.clock, "hour": self.hour, "to": self.end, "year": self.year}
        out = {role: p.name for role, p in said.items() if p}
        if self.ending and self.start:
            out["to"] = out.pop("from")
        return out


@dataclass(frozen=True, slots=True)
class Read:
    """`rows`: from_utc, to_utc, _reason (of REASONS or null) and _twice, in the table's order; and how it was read."""

    rows: pl.DataFrame
    how: dict[str, object] = field(default_factory=dict)


def find_spans(found: list[Profile], tried: list[str]) -> SpanColumns:
    """The columns of time. Raises NotUnderstood when nothing says when."""
    timed = [p for p in found if p.kind in ("moment", "date") and score_of(p.name, _FROM, _NOT_TIME)]
    ends = _ranked(found, ("moment",), _UNTIL)
    starts = [p for p in sorted(timed, key=_start_rank) if p not in ends[:1] or len(timed) == 1]
    if not starts and not ends:
        year = _year(found)
        if year is None:
            tried += [f"time: {p.name!r} holds {p.kind}" for p in found[:20]]
            raise NotUnderstood("No column says from when a row holds.", tried)
        return SpanColumns(year=year)
    if not starts:
        return SpanColumns(start=ends[0], ending=True)
    start = starts[0]
    clock = next((p for p in found if p.kind == "time" and start.kind == "date"), None)
    hour = _hour(found, start) if clock is None and start.kind == "date" else None
    ending = re.search(rf"\b(?:{_ENDING})\b", plain(start.name)) is not None
    end = next((e for e in ends if e.column != start.column and (e.kind == "moment" or not (clock or hour))), None)
    return SpanColumns(start, clock, hour, None if ending else end, ending=ending)


def _start_rank(p: Profile) -> tuple[bool, float, float]:
    return not says_utc(p.name), -score_of(p.name, _FROM, None), -p.filled


def _ranked(found: list[Profile], kinds: tuple[str, ...], names: tuple[tuple[float, str], ...]) -> list[Profile]:
    fits = [p for p in found if p.kind in (*kinds, "date") and score_of(p.name, names, _NOT_TIME)]
    fits = [p for p in fits if not re.search(r"\bfrom\b", plain(p.name))]
    return sorted(fits, key=lambda p: (not says_utc(p.name), -score_of(p.name, names, None)))


def _year(found: list[Profile]) -> Profile | None:
    numbers = [p for p in found if p.kind == "number" and re.search(r"\b(?:year|jahr|annee|ano|anno)\b", plain(p.name))]
    good = [p for p in numbers if p.values.drop_nulls().str.contains(r"^(?:19|20)\d\d(?:\.0)?$").mean() == 1.0]
    return good[0] if good else None


def _hour(found: list[Profile], date: Profile) -> Profile | None:
    named = [p for p in found if p.kind == "number" and p is not date and score_of(p.name, ((1, _HOUR),), None)]
    for p in named:
        values = p.values.drop_nulls().str.replace(r"\.0$", "").cast(pl.Int64, strict=False)
        if values.null_count() == 0 and values.min() in (0, 1) and 23 <= int(values.max() or 0) <= 100:  # type: ignore[arg-type]
            return p
    return None


@dataclass(frozen=True, slots=True)
class _Line:
    """One file's times: its columns, the order of its dates, its zone, and what has a time line of its own."""

    frame: pl.DataFrame
    columns: SpanColumns
    order: DateOrder
    zone: str
    group: pl.Series

    @property
    def there(self) -> pl.Series:
        assert self.columns.start is not None
        return self.frame[self.columns.start.column].is_not_null()

    def day(self, moments: pl.DataFrame) -> pl.Series:
        """Days since 1970, in the written calendar."""
        return to_days(moments, self.order)["day"].cast(pl.Int64)


def read_spans(frame: pl.DataFrame, columns: SpanColumns, zone: str, hints: Hints, group: pl.Series) -> Read:
    """`group`: what has a time line of its own (region, charger); steps and repeats are looked for inside it."""
    if columns.year is not None:
        return _years(frame, columns.year)
    assert columns.start is not None
    written = moments_of(frame[columns.start.column], frame[columns.clock.column] if columns.clock else None)
    if columns.start.kind == "date" and not (columns.hour or columns.clock):
        written = written.with_columns(pl.col("ms").fill_null(0))
    finish = parse_moments(frame[columns.end.column]) if columns.end else None
    order = decide(written, finish, hints)
    line = _Line(frame, columns, order, zone_of(columns.start.name, zone), group)
    rows = _ended(line, _numbered(line, written) if columns.hour else _placed(line, written), finish)
    how: dict[str, object] = {"date_order_from": order.how, "zone": line.zone, "steps_s": _steps(rows)}
    return Read(rows.select("from_utc", "to_utc", "_reason", "_twice"), how)


def zone_of(header: str, zone: str) -> str:
    """The zone that the header itself names, as in `MTU (CET/CEST)` or `Datetime (UTC)`; else the given one."""
    if says_utc(header):
        return "UTC"
    return next((name for words, name in _NAMED_ZONES if re.search(words, header)), zone)


def _placed(line: _Line, written: pl.DataFrame) -> pl.DataFrame:
    day = line.day(written)
    local = day * DAY_MS + written["ms"]
    at = instants(local.cast(pl.Datetime("ms")), written["off"], line.zone)
    rows = pl.DataFrame(
        {"e": at.early, "t": at.late, "twice": at.twice, "never": at.never, "g": line.group, "local": local, "day": day}
    )
    return _in_sequence(rows.with_columns(there=line.there))


def _in_sequence(rows: pl.DataFrame) -> pl.DataFrame:
    """A local time that exists twice: of two rows the one nearer the start is the earlier, where time runs forward."""
    key = ["g", "local"]
    count, nth = pl.len().over(key), pl.int_range(pl.len()).over(key)
    forward = (pl.col("local").diff().over("g").drop_nulls() > 0).mean().over("g").fill_null(1.0) >= 0.5
    second = pl.when(forward).then(nth == 1).otherwise(nth == 0)
    lone = pl.col("twice") & (count != 2)
    reason = (
        pl.when(~pl.col("there")).then(pl.lit("missing_time"))
        .when(pl.col("e").is_null()).then(pl.lit("unreadable_time"))
        .when(pl.col("never")).then(pl.lit("nonexistent_local_time"))
        .when(lone).then(pl.lit("ambiguous_local_time"))
    )  # fmt: skip
    return rows.with_columns(
        from_utc=pl.when(pl.col("twice") & second).then("t").otherwise("e"), _reason=reason
    ).with_columns(_twice=pl.col("twice") & ~lone)


def _numbered(line: _Line, written: pl.DataFrame) -> pl.DataFrame:
    """A date and the number of its interval: hours 0–23, 1–24 (25 in autumn), half hours 1–48 (50), quarters 1–96.

    The numbers count from local midnight, so that a day of 23 or 25 hours comes out right by itself.
    """
    hour = line.columns.hour
    assert hour is not None
    number = whole(line.frame[hour.column], hour.style, 1)
    first, most = int(number.min() or 0), int(number.max() or 0)  # type: ignore[arg-type]
    parts = next(p for p in (24, 48, 96) if most - first + 1 <= p + p // 24)
    there = line.there & line.frame[hour.column].is_not_null()
    rows = pl.DataFrame({"day": line.day(written), "n": number, "g": line.group, "there": there})
    offset = ((pl.col("n") - first) * (DAY_MS // parts)).cast(pl.Duration("ms"))
    rows = rows.with_columns(from_utc=_midnight(pl.col("day"), line.zone) + offset)
    over = (pl.col("from_utc") >= _midnight(pl.col("day") + 1, line.zone)).fill_null(False)
    reason = (
        pl.when(~pl.col("there")).then(pl.lit("missing_time"))
        .when(pl.col("from_utc").is_null()).then(pl.lit("unreadable_time"))
        .when(over).then(pl.lit("nonexistent_local_time"))
    )  # fmt: skip
    return rows.with_columns(_reason=reason, _twice=pl.lit(False))


def _midnight(day: pl.Expr, zone: str) -> pl.Expr:
    """The instant at which a local day begins, in UTC; null in the rare zone that skips it."""
    local = day.cast(pl.Int32).cast(pl.Date).cast(pl.Datetime("ms"))
    return (
        local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
        .cast(_UTC)
    )


def _ended(line: _Line, rows: pl.DataFrame, finish: pl.DataFrame | None) -> pl.DataFrame:
    """`to_utc`: as written, else one step on. Where the column says the end, both move one step back."""
    columns = line.columns
    bare = columns.start is not None and columns.start.kind == "date" and not (columns.clock or columns.hour)
    rows = _calendar(rows, line.zone) if bare and finish is None else _stepped(rows)
    if finish is not None:
        rows = _until(line, rows, finish)
    if not columns.ending:
        return rows
    length = pl.col("to_utc") - pl.col("from_utc")
    return rows.with_columns(from_utc=pl.col("from_utc") - length, to_utc=pl.col("from_utc"))


def _until(line: _Line, rows: pl.DataFrame, finish: pl.DataFrame) -> pl.DataFrame:
    """The written end; the later reading where the earlier is not after the start. Equal to the start: one step on."""
    local = line.day(finish) * DAY_MS + finish["ms"].fill_null(0)
    end = instants(local.cast(pl.Datetime("ms")), finish["off"], line.zone)
    later = pl.when(pl.col("a") > pl.col("from_utc")).then("a").otherwise("b")
    rows = rows.with_columns(a=end.early, b=end.late).with_columns(own=later)
    wrong = pl.col("_reason").is_null() & (pl.col("own") < pl.col("from_utc"))
    return rows.with_columns(
        to_utc=pl.when(pl.col("own") > pl.col("from_utc")).then("own").otherwise("to_utc"),
        _reason=pl.when(wrong).then(pl.lit("end_before_start")).otherwise("_reason"),
    )


def _stepped(rows: pl.DataFrame) -> pl.DataFrame:
    """One step on: to the next row of the group where that is a usual step, else as long as the row before it."""
    good = rows.filter(pl.col("_reason").is_null()).select("g", "from_utc").unique().sort("g", "from_utc")
    gap = (pl.col("from_utc").shift(-1) - pl.col("from_utc")).dt.total_seconds().over("g")
    good = good.with_columns(gap=gap)
    usual = _usual(good["gap"])
    held = good.with_columns(step=pl.when(pl.col("gap").is_in(usual)).then("gap")).with_columns(
        step=pl.coalesce("step", pl.col("step").forward_fill().over("g"), pl.lit(usual[0] if usual else None, pl.Int64))
    )
    out = rows.join(
        held.select("g", "from_utc", "step"), on=["g", "from_utc"], how="left", maintain_order="left", nulls_equal=True
    )
    return out.with_columns(to_utc=pl.col("from_utc") + (pl.col("step") * 1000).cast(pl.Duration("ms")))


def _usual(gaps: pl.Series) -> list[int]:
    """Steps that make at least a tenth of all, smallest first; gaps of the file are none."""
    known = gaps.drop_nulls()
    counts = known.value_counts().filter(pl.col("count") >= max(1, known.len() // 10))
    return sorted(counts["gap"].to_list())


def _calendar(rows: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Bare dates: whole days, months or years, by the smallest step between them."""
    days = rows.filter(pl.col("_reason").is_null()).select("g", day=pl.col("day").cast(pl.Int32).cast(pl.Date)).unique()
    ordered = days.sort("g", "day")
    gap = ordered.select((pl.col("day").shift(-1) - pl.col("day")).dt.total_days().over("g")).to_series().drop_nulls()
    first = days["day"].dt.day().n_unique() == 1 and bool((days["day"].dt.day() == 1).all())
    january = first and bool((days["day"].dt.month() == 1).all())
    least = int(gap.min()) if gap.len() else (365 if january else 31 if first else 1)  # type: ignore[arg-type]
    by = "1y" if january and least >= 365 else "1mo" if first and least >= 28 else "1d" if least < 7 else f"{least}d"
    until = pl.col("day").cast(pl.Int32).cast(pl.Date).dt.offset_by(by).cast(pl.Int32)
    return rows.with_columns(to_utc=_midnight(until, zone))


def _years(frame: pl.DataFrame, year: Profile) -> Read:
    numbers = frame[year.column].str.replace(r"\.0$", "").cast(pl.Int32, strict=False)
    rows = pl.DataFrame({"y": numbers, "there": frame[year.column].is_not_null()})
    at = pl.date(pl.col("y"), 1, 1).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    until = pl.date(pl.col("y") + 1, 1, 1).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    reason = (
        pl.when(~pl.col("there"))
        .then(pl.lit("missing_time"))
        .when(pl.col("y").is_null())
        .then(pl.lit("unreadable_time"))
    )
    rows = rows.select(from_utc=at, to_utc=until, _reason=reason, _twice=pl.lit(False))
    return Read(rows, {"date_order_from": "years", "zone": "UTC", "steps_s": "years"})


def _steps(rows: pl.DataFrame) -> dict[str, int]:
    """Length of the rows in seconds, with how many have it; the commonest first."""
    seconds = (rows["to_utc"] - rows["from_utc"]).dt.total_seconds().alias("s").drop_nulls()
    counts = seconds.value_counts(sort=True).head(6)
    return {str(s): n for s, n in counts.iter_rows()}
