"""Numbers as people write them, read exactly: decimal comma or point, thousands, units, currency signs.

Energy becomes whole watt-hours by half-even rounding of the written decimal digits; no binary fraction is involved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

import polars as pl

_MISSING = (
    "",
    "-",
    "--",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "(null)",
    "none",
    "nat",
    "undefined",
    "unknown",
    "\\n",
    "n.a.",
)
MISSING = sorted({form for word in _MISSING for form in (word, word.upper(), word.capitalize())} | {"NaN", "NaT"})
# Thin, narrow and plain no-break spaces and apostrophes group digits; the minus sign has its own letter.
_GROUPING = r"(\d)[\s\u00a0\u202f\u2009'’](\d{3})"
_UNIT = r"(?i)\s*(?:[kmg]?w\s?h|kwhs|usd|eur|gbp|aed|nok|sek|dkk|chf|[€$£])\s*"
_PLAIN = r"^[+-]?(?:\d{1,17}(?:\.\d{0,15})?|\.\d{1,15})$"
_FACTORS = {"Wh": 1, "kWh": 1000, "MWh": 1_000_000}
_EXACT = Context(prec=60)
_NUMBER = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """Which mark separates decimals, and which (if any) groups thousands."""

    decimal: str = "."
    thousands: str = ""


def present(frame: pl.DataFrame) -> pl.DataFrame:
    """Trimmed texts, with the usual words for 'nothing here' as null. All readers below expect such texts."""
    trimmed = pl.col(pl.String).str.strip_chars()
    return (
        frame.lazy()
        .with_columns(trimmed)
        .with_columns(pl.when(~pl.col(pl.String).is_in(MISSING)).then(pl.col(pl.String)).name.keep())
        .collect(engine="streaming")
    )


# Forms that leave one reading only: both marks, a fraction that is no thousand, a mark that groups twice.
_BOTH = r"^[+-]?\d{1,3}(?:\G\d{3})+\D\d*$"
_FRACTION = r"^[+-]?(?:\d*\D(?:\d{1,2}|\d{4,})|0\D\d+|\d{4,}\D\d+)$"
_TWICE = r"^[+-]?\d{1,3}(?:\D\d{3}){2,}$"


def _votes(values: pl.Series, decimal: str, group: str) -> int:
    """How many values can only be read with these marks."""
    d, g = re.escape(decimal), re.escape(group)
    forms = [_BOTH.replace(r"\G", g).replace(r"\D", d), _FRACTION.replace(r"\D", d), _TWICE.replace(r"\D", g)]
    return _count(values, "|".join(f"(?:{form})" for form in forms))


def style_of(texts: pl.Series, fallback: str | None = None) -> NumberStyle:
    """Decide the marks by the majority of the column's values, else by `fallback` (what the rest of the file says).

    Where only `1,234` and whole numbers below 1000 are seen, the comma groups thousands; else it is the decimal mark.
    """
    values = _bare(texts).drop_nulls()
    comma, point = _votes(values, ",", "."), _votes(values, ".", ",")
    if comma != point:
        return NumberStyle(",", ".") if comma > point else NumberStyle(".", ",")
    with_comma = _count(values, ",")
    if not with_comma or _count(values, r"\."):
        return NumberStyle(".", ",")
    grouped = with_comma < values.len() and not _count(values, r"^[+-]?\d{4,}$") and fallback != ","
    return NumberStyle(".", ",") if grouped else NumberStyle(",", ".")


def other_style(texts: pl.Series, style: NumberStyle) -> NumberStyle | None:
    """The other possible reading, when every mark stands before exactly three digits (`1.234`); else None."""
    values = _bare(texts).drop_nulls()
    marked = values.filter(values.str.contains(r"[.,]"))
    if not marked.len() or _count(marked, r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$") < marked.len():
        return None
    return NumberStyle(style.thousands, style.decimal) if len(set(style.thousands + style.decimal)) == 2 else None


def decisive_comma(texts: pl.Series) -> int:
    """+1 when the column can only be written with decimal commas, -1 when only with points, 0 when it does not say."""
    values = _bare(texts).drop_nulls()
    comma, point = _votes(values, ",", "."), _votes(values, ".", ",")
    return (comma > point) - (comma < point)


def _count(values: pl.Series, pattern: str) -> int:
    return int(values.str.contains(pattern).sum())


def _bare(texts: pl.Series) -> pl.Series:
    """Without units, currency signs and grouping spaces; the typographic minus as a hyphen."""
    if not texts.str.contains(r"[^\d.,+\-eE]").any():
        return texts
    bare = texts.str.replace_all(_UNIT, "").str.replace_all("−", "-", literal=True).str.strip_chars()
    for _ in range(2):
        bare = bare.str.replace_all(_GROUPING, "${1}${2}")
    return bare


def canonical(texts: pl.Series, style: NumberStyle) -> pl.Series:
    """Numbers as `-1234.5`; what is not a number becomes null. Misplaced thousands marks are not a number."""
    bare = _bare(texts)
    if style.thousands and bare.str.contains(style.thousands, literal=True).any():
        mark = re.escape(style.thousands)
        right = bare.str.contains(rf"^[+-]?\d{{1,3}}(?:{mark}\d{{3}})+(?:{re.escape(style.decimal)}\d*)?$")
        frame = pl.DataFrame({"t": bare, "ok": right})
        has = pl.col("t").str.contains(style.thousands, literal=True)
        cut = pl.when(pl.col("ok")).then(pl.col("t").str.replace_all(style.thousands, "", literal=True))
        bare = frame.select(pl.when(has).then(cut).otherwise(pl.col("t"))).to_series()
    if style.decimal != ".":
        bare = bare.str.replace_all(style.decimal, ".", literal=True)
    return bare


def whole(texts: pl.Series, style: NumberStyle, factor: int) -> pl.Series:
    """Values times `factor`, rounded half-even to whole numbers (Int64); null where the text is no number."""
    plain = canonical(texts, style)
    usual = plain.str.contains(_PLAIN)
    exact = (
        plain if usual.all() else pl.DataFrame({"t": plain, "ok": usual}).select(pl.when("ok").then("t")).to_series()
    )
    quick = (
        (exact.cast(pl.Decimal(38, 15), strict=False) * factor)
        .round(0, mode="half_to_even")
        .cast(pl.Int64, strict=False)
    )
    odd = ~usual.fill_null(True)
    if not odd.any():
        return quick
    seen = {t: _exact(t, factor) for t in plain.filter(odd).unique().to_list()}
    slow = plain.replace_strict(list(seen), list(seen.values()), default=None, return_dtype=pl.Int64)
    return pl.DataFrame({"q": quick, "s": slow}).select(pl.coalesce("q", "s")).to_series()


def exactly(texts: pl.Series, style: NumberStyle, factor: Decimal) -> pl.Series:
    """Values times a factor that need not be whole (pounds, thousandths), rounded half-even once (Int64)."""
    plain = canonical(texts, style)
    if factor == factor.to_integral_value():
        long = plain.str.contains(r"^[+-]?\d{1,11}(?:\.\d{1,20})?$")
        if long.fill_null(True).all():
            wide = plain.cast(pl.Decimal(38, 20), strict=False) * int(factor)
            return wide.round(0, mode="half_to_even").cast(pl.Int64, strict=False)
    seen = {t: _exact(t, factor) for t in plain.drop_nulls().unique().to_list()}
    return plain.replace_strict(list(seen), list(seen.values()), default=None, return_dtype=pl.Int64)


def _exact(text: str, factor: int | Decimal) -> int | None:
    if not _NUMBER.match(text):
        return None
    try:
        value = _EXACT.multiply(Decimal(text), Decimal(factor))
        rounded = int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN, context=_EXACT))
    except (InvalidOperation, OverflowError, ValueError):
        return None
    return rounded if abs(rounded) < 2**62 else None


def energy_wh(texts: pl.Series, style: NumberStyle, unit: str) -> pl.Series:
    """Energy in whole watt-hours, half-even. A unit written beside the value wins over the column's `unit`."""
    if not texts.str.contains("[hH]").any():
        return whole(texts, style, _FACTORS[unit])
    own = texts.str.extract(r"(?i)\d\s*([km]?)w\s?h\s*$", 1)
    frame = pl.DataFrame({"own": own.str.to_lowercase()} | {u: whole(texts, style, f) for u, f in _FACTORS.items()})
    chosen = pl.when(pl.col("own") == "k").then(pl.col("kWh")).when(pl.col("own") == "m").then(pl.col("MWh"))
    return frame.select(chosen.when(pl.col("own") == "").then(pl.col("Wh")).otherwise(pl.col(unit))).to_series()
