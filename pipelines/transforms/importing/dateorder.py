"""Which number is the day: decided for the whole file from evidence, never from one row.

Evidence, strongest first: a number over 12; sessions that would end before they start or last for weeks; dates
outside the period that the certain rows span; how far the rows wander in time from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.transforms.importing.errors import NotUnderstood

LONG_DAYS = 20
_MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@dataclass(frozen=True, slots=True)
class DateOrder:
    """`day_first` for dates written with the year last; `swap` when days up to 12 are stored with the month's place."""

    day_first: bool
    swap: bool
    how: str
    years_first: bool


@dataclass(frozen=True, slots=True)
class Hints:
    """Weak hints, used only when the dates themselves leave both orders open."""

    american: bool = False
    dotted: bool = False
    decimal_comma: bool = False
    forced: str | None = None


def to_days(moments: pl.DataFrame, order: DateOrder) -> pl.DataFrame:
    """`day` (Date, null when impossible), and whether `century` or `swapped` were repaired, for each row."""
    month, day = _order_fields(order.day_first)
    fix = (pl.col("y") < 100) & (pl.col("ydigits") > 2)
    base = moments.select(
        pl.when(pl.col("y") < 100).then(pl.col("y") + 2000).otherwise(pl.col("y")).alias("y"),
        month.alias("m"), day.alias("d"), pl.col("fixed"), fix.alias("century"),
    )  # fmt: skip
    turn = (
        pl.lit(order.swap) & ~pl.col("fixed") & (pl.col("d") <= 12) & (pl.col("m") != pl.col("d")) & (pl.col("m") <= 12)
    )
    turned = base.with_columns(
        pl.when(turn).then("d").otherwise("m").alias("m"),
        pl.when(turn).then("m").otherwise("d").alias("d"),
        turn.alias("swapped"),
    )
    return turned.select(_civil(), pl.col("century").fill_null(False), pl.col("swapped").fill_null(False))


def _order_fields(day_first: bool) -> tuple[pl.Expr, pl.Expr]:
    """(month, day) of the two fields; with the year first the month always follows it."""
    if not day_first:
        return pl.col("p"), pl.col("q")
    return (pl.when("yfirst").then("p").otherwise("q"), pl.when("yfirst").then("q").otherwise("p"))


def _civil() -> pl.Expr:
    leap = (pl.col("m") == 2) & (pl.col("y") % 4 == 0) & ((pl.col("y") % 100 != 0) | (pl.col("y") % 400 == 0))
    length = pl.col("m").replace_strict(list(range(1, 13)), _MONTH_DAYS, default=0, return_dtype=pl.Int32)
    ok = (
        pl.col("m").is_between(1, 12)
        & pl.col("d").is_between(1, length + leap.cast(pl.Int32))
        & pl.col("y").is_between(1900, 2100)
    )
    y, m, d = (pl.when(ok).then(pl.col(c)) for c in "ymd")
    return pl.date(y, m, d).alias("day")


def decide(start: pl.DataFrame, end: pl.DataFrame | None, hints: Hints) -> DateOrder:
    """The order for a file, from its start and end moments. Raises NotUnderstood when both orders stay possible."""
    years_first = bool(start["yfirst"].fill_null(True).all())
    day_first, how = (False, "year first") if years_first else _day_first(start, end, hints)
    order = DateOrder(day_first, False, how, years_first)
    swapped = DateOrder(day_first, True, how, years_first)
    reason = None if bool(start["fixed"].fill_null(True).all()) else _swap_evidence(start, end, order, swapped)
    return DateOrder(day_first, True, f"{how}; {reason}", years_first) if reason else order


def _day_first(start: pl.DataFrame, end: pl.DataFrame | None, hints: Hints) -> tuple[bool, str]:
    if hints.forced:
        return hints.forced == "dmy", "as asked"
    day, month = (DateOrder(first, False, "", False) for first in (True, False))
    bad_day, bad_month = (_impossible(start, o) + _impossible(end, o) for o in (day, month))
    if min(bad_day, bad_month) > 0.1 * start.height:
        tried = [f"dates: day first leaves {bad_day} impossible dates, month first {bad_month}"]
        raise NotUnderstood("The file mixes dates with the day first and with the month first.", tried)
    if bad_day != bad_month:
        first = bad_day < bad_month
        return first, f"{max(bad_day, bad_month)} dates are only possible this way"
    for name, better in _compare(_facts(start, end, day), _facts(start, end, month)):
        if better:
            return better < 0, name
    return _by_hint(hints)


def _by_hint(hints: Hints) -> tuple[bool, str]:
    if hints.dotted or hints.decimal_comma:
        return True, "points between the fields or decimal commas go with day first"
    if hints.american:
        return False, "a 12-hour clock or an American time zone goes with month first"
    tried = ["dates: day first and month first are equally possible for every row"]
    raise NotUnderstood(
        "The order of day and month cannot be told from this file; give --date-order dmy or mdy.", tried
    )


def _impossible(moments: pl.DataFrame | None, order: DateOrder) -> int:
    if moments is None:
        return 0
    return int((to_days(moments, order)["day"].is_null() & moments["y"].is_not_null()).sum())


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one reading of the dates implies."""

    backward: int
    wander: int
    span: int
    days: pl.Series


def _facts(start: pl.DataFrame, end: pl.DataFrame | None, order: DateOrder) -> _Facts:
    days = to_days(start, order)["day"].cast(pl.Int32)
    known = days.drop_nulls()
    backward = 0
    if end is not None:
        length = to_days(end, order)["day"].cast(pl.Int32) - days
        backward = int(((length < 0) | (length > LONG_DAYS)).sum())
    wander = int(known.diff().abs().sum() or 0)
    ordered = known.sort()
    span = int(ordered[-1] - ordered[0]) if ordered.len() else 0
    return _Facts(backward, wander, span, days)


def _compare(a: _Facts, b: _Facts) -> list[tuple[str, int]]:
    """(reason, -1 when `a` is better, 1 when `b` is, 0 when it does not say), strongest evidence first."""
    return [
        ("only so do the sessions end soon after they start", _lower(a.backward, b.backward, 0.5, 1)),
        ("only so are the rows in the order of time", _lower(a.wander, b.wander, 0.7, 3)),
        ("only so do the dates lie close together", _lower(a.span, b.span, 0.7, 3)),
    ]


def _lower(a: int, b: int, share: float, least: int) -> int:
    if a + least <= b and a <= b * share:
        return -1
    return 1 if b + least <= a and b <= a * share else 0


def _swap_evidence(start: pl.DataFrame, end: pl.DataFrame | None, kept: DateOrder, turned: DateOrder) -> str | None:
    """Why days up to 12 are certainly stored with day and month swapped, or None when the data do not prove it.

    The rows with a day over 12 cannot be swapped: they show the file's true period. A swap is certain when it brings
    every other row into that period, the file as stored does not, and no other evidence speaks against it.
    """
    keep, turn = _facts(start, end, kept), _facts(start, end, turned)
    low = to_days(start, turned)["swapped"]
    sure = keep.days.filter(~low).drop_nulls()
    verdicts = [better for _, better in _compare(turn, keep)[:2]]
    swappable = int(low.sum())
    if swappable < 3 or 1 in verdicts:
        return None
    if sure.len() >= 10:
        first, last = _period(sure)
        outside, turned_outside = (_outside(f.days.filter(low), first, last) for f in (keep, turn))
        if turned_outside > max(outside, swappable * 0.002):
            return None
        if turned_outside <= swappable * 0.002 and outside >= max(3, 0.02 * swappable):
            return f"swapped back, all rows lie inside one period, as stored {outside} starts do not"
    fewer = keep.backward - turn.backward if turn.backward <= keep.backward * 0.2 else 0
    certain = fewer >= 10 or (fewer >= 3 and -1 in verdicts[1:])
    return f"swapped back, {fewer} sessions more end soon after they start" if certain else None


def _period(sure: pl.Series) -> tuple[int, int]:
    """Days from the first of the earliest certain month to twelve days past the last certain day; strays are cut."""
    ordered = sure.sort()
    cut = ordered.len() // 500
    dates = ordered.cast(pl.Date)
    return int(dates.dt.month_start().cast(pl.Int32)[cut]), int(ordered[-1 - cut]) + 12


def _outside(days: pl.Series, first: int, last: int) -> int:
    return int(((days < first) | (days > last)).sum())
