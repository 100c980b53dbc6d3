"""Dates and times as text, taken apart without deciding yet which number is the day and which the month.

Every parser gives the same frame: `y`, `p`, `q` (year and the two other date fields in written order), `yfirst`,
`ydigits`, `fixed` (day and month are certain: named month, ISO basic, epoch), `ms` of the day, `off` minutes from UTC.
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl
from babel import Locale

SCHEMA: dict[str, pl.DataType] = {
    "y": pl.Int32(),
    "p": pl.Int32(),
    "q": pl.Int32(),
    "yfirst": pl.Boolean(),
    "ydigits": pl.Int8(),
    "fixed": pl.Boolean(),
    "ms": pl.Int64(),
    "off": pl.Int32(),
}
DAY_MS = 86_400_000
_DATE = r"(?P<a>\d{1,4})\s*[-/.年 ]\s*(?P<b>\d{1,2})\s*[-/.月 ]\s*(?P<c>\d{1,4})日?"
_CLOCK = (
    r"(?P<h>\d{1,2})\s*[:.hH時时]\s*(?P<mi>\d{2})(?:分?[:.m](?P<s>\d{2})(?:[.,:](?P<f>\d{1,9}))?s?)?"
    r"\s*(?P<ap>[aApP])?(?:\.?\s?[mM]\.?)?"
)
_ZONE = r"\s*(?P<z>[A-Z]{3,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|Z|z|[+-]\d{2}(?::?\d{2})?)?(?:\s*(?:\([^)]*\)|[uU]hr|hrs))?"
_JOIN = r"(?:\s*[T_,]\s*|\s+(?:klo|kl\.?|um|at|à|-|a las|alle|ore|om)?\s*)"
_FULL = rf"^{_DATE}(?:{_JOIN}{_CLOCK}{_ZONE})?Z?$"
_TIME = rf"^{_CLOCK}{_ZONE}$"
_TIME_FIRST = r"(?i)^(\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?)[\s,]+(\S*\d.*)$"
_BASIC = (
    r"^(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})"
    r"(?:[T\s]?(?P<h>\d{2}):?(?P<mi>\d{2}):?(?P<s>\d{2})?(?:\.(?P<f>\d{1,9}))?)?(?P<z>Z)?$"
)
_WEEKDAY = r"(?i)^(?:\p{L}+\.?,?\s+)?"
_DMONY = (
    _WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th|\.)?[\s\-/,.]*(?:de\s+)?(\p{L}{3,})\.?"
    r"[\s\-/,.]*(?:de\s+|del\s+)?(\d{2,4})\b(.*)$"
)
_MONDY = _WEEKDAY + r"(\p{L}{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b(.*)$"
_YMOND = r"(?i)^(\d{4})[\s\-/.]+(\p{L}{3,})\.?[\s\-/.]+(\d{1,2})\b(.*)$"
# Only abbreviations that mean one offset wherever charging files come from (minutes east of UTC).
ZONE_OFFSETS = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "MEZ": 60, "CEST": 120,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "GST": 240, "HKT": 480, "SGT": 480, "AWST": 480, "JST": 540,
    "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "HST": -600, "AKST": -540, "AKDT": -480,
    "PST": -480, "PDT": -420, "MST": -420, "MDT": -360, "CST": -360, "CDT": -300, "EST": -300, "EDT": -240,
}  # fmt: skip
_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "nb", "da", "fi", "pl", "cs", "tr", "hu", "ro"]


def parse_moments(texts: pl.Series, *, numeric: bool = True) -> pl.DataFrame:
    """Fields of each text, nulls where it is no date. `numeric` lets bare numbers be epochs or day numbers."""
    distinct = texts.drop_nulls().unique()
    if distinct.is_empty():
        return _nothing(texts.len())
    if distinct.len() * 2 > texts.len():
        return _parse(texts, numeric)
    return _spread(texts, distinct, _parse(distinct, numeric))


def _spread(texts: pl.Series, distinct: pl.Series, known: pl.DataFrame) -> pl.DataFrame:
    """What is known of the distinct texts, for every row."""
    wanted = pl.DataFrame({"_t": texts})
    return wanted.join(known.with_columns(distinct.alias("_t")), on="_t", how="left", maintain_order="left").drop("_t")


def _nothing(rows: int) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series([None], dtype=t).new_from_index(0, rows) for name, t in SCHEMA.items()})


def _parse(texts: pl.Series, numeric: bool) -> pl.DataFrame:
    """Each reader takes what the ones before it left."""
    fast = _fixed_width(texts)
    if fast is not None:
        return fast
    done = pl.DataFrame(schema=SCHEMA | {"_i": pl.UInt32()})
    left = pl.DataFrame({"_t": texts}).with_row_index("_i").drop_nulls("_t")
    for reader in (_general, _named, _time_first, _basic, *((_number,) if numeric else ())):
        if left.is_empty():
            break
        got = reader(left["_t"]).with_columns(left["_i"])
        ok = got["y"].is_not_null()
        done = pl.concat([done, got.filter(ok).select(done.columns)])
        left = left.filter(~ok)
    every = pl.DataFrame({"_t": texts}).with_row_index("_i").select("_i")
    return every.join(done, on="_i", how="left", maintain_order="left").drop("_i")


def _fixed_width(texts: pl.Series) -> pl.DataFrame | None:
    """ISO texts of one shape are cut by position: several times faster than a pattern with groups."""
    lengths = texts.str.len_bytes()
    if texts.null_count() == texts.len() or lengths.min() != lengths.max():
        return None
    shape = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:Z|[+-]\d{2}:\d{2})?)?)?$"
    if not texts.str.contains(shape).fill_null(True).all():
        return None
    cut = {"a": (0, 4), "b": (5, 2), "c": (8, 2), "h": (11, 2), "mi": (14, 2), "s": (17, 2)}
    length = int(lengths.max())  # type: ignore[arg-type]
    slots = [
        texts.str.slice(at, n).alias(k) if at < length else pl.lit(None, pl.String).alias(k)
        for k, (at, n) in cut.items()
    ]
    empty = [pl.lit(None, pl.String).alias(k) for k in ("f", "ap")]
    zone = texts.str.slice(19).alias("z") if length > 19 else pl.lit(None, pl.String).alias("z")
    return _fields(pl.DataFrame({"_t": texts}).select(*slots, *empty, zone))


def _general(texts: pl.Series) -> pl.DataFrame:
    return _fields(texts.str.extract_groups(_FULL).struct.unnest())


def _basic(texts: pl.Series) -> pl.DataFrame:
    groups = texts.str.extract_groups(_BASIC).struct.unnest().with_columns(pl.lit(None, pl.String).alias("ap"))
    return _fields(groups, fixed=True)


def _time_first(texts: pl.Series) -> pl.DataFrame:
    return _general(texts.str.replace(_TIME_FIRST, "${2} ${1}"))


@lru_cache(maxsize=1)
def _months() -> dict[str, str]:
    """Month names and abbreviations of the languages public files come in."""
    found: dict[str, str] = {}
    for language in _LANGUAGES:
        locale = Locale.parse(language)
        for form in ("format", "stand-alone"):
            for width in ("abbreviated", "wide"):
                for number, name in locale.months[form][width].items():
                    key = name.lower().rstrip(".")
                    if re.fullmatch(r"[^\W\d_]{3,}", key):
                        found.setdefault(key, f"{number:02}")
                        found.setdefault(key[:3] if language == "en" else key, f"{number:02}")
    return found | {"sept": "09", "mär": "03", "mrz": "03", "maerz": "03"}


def _named(texts: pl.Series) -> pl.DataFrame:
    """Month names become numbers in ISO order, so that the general reader can take the rest."""
    frame = pl.DataFrame({"t": texts})
    parts = []
    for pattern, (d, m, y) in ((_DMONY, (1, 2, 3)), (_MONDY, (2, 1, 3)), (_YMOND, (3, 2, 1))):
        group = {k: pl.col("t").str.extract(pattern, i) for k, i in (("d", d), ("m", m), ("y", y), ("r", 4))}
        month = group["m"].str.to_lowercase().replace_strict(list(_months()), list(_months().values()), default=None)
        year = pl.when(group["y"].str.len_bytes() == 2).then(pl.lit("20") + group["y"]).otherwise(group["y"])
        parts.append(year + "-" + month + "-" + group["d"].str.zfill(2) + group["r"].fill_null(""))
    iso = frame.select(pl.coalesce(parts).str.strip_chars()).to_series()
    return _general(iso.str.replace(r"^(\S{10}):", "${1} ")).with_columns(pl.lit(True).alias("fixed"))


def _number(texts: pl.Series) -> pl.DataFrame:
    """Seconds, milliseconds or microseconds since 1970 (UTC), or spreadsheet day numbers (local time)."""
    digits = texts.str.extract(r"^(\d+)(?:[.,]\d+)?$", 1)
    fraction = texts.str.extract(r"^\d+[.,](\d+)$", 1).fill_null("0")
    frame = pl.DataFrame({"n": digits.cast(pl.Int64, strict=False), "len": digits.str.len_bytes(), "f": fraction})
    part = pl.col("f").str.pad_end(12, "0").str.slice(0, 12).cast(pl.Int64, strict=False)
    serial = (pl.col("n") - 25569) * DAY_MS + ((part * 86_400 + 500_000_000_000) // 1_000_000_000_000) * 1000
    ms = (
        pl.when(pl.col("len") == 10).then(pl.col("n") * 1000 + part // 1_000_000_000)
        .when(pl.col("len") == 13).then(pl.col("n"))
        .when(pl.col("len") == 16).then(pl.col("n") // 1000)
        .when((pl.col("len") == 5) & pl.col("n").is_between(36_526, 55_000)).then(serial)
    )  # fmt: skip
    at = frame.with_columns(ms.alias("at")).with_columns(pl.col("at").cast(pl.Datetime("ms")).alias("dt"))
    ok = pl.col("dt").dt.year().is_between(2000, 2060)
    off = pl.when(pl.col("len") == 5).then(None).otherwise(0).cast(pl.Int32).alias("off")
    return at.select(
        pl.when(ok).then(pl.col("dt").dt.year()).alias("y"), pl.col("dt").dt.month().cast(pl.Int32).alias("p"),
        pl.col("dt").dt.day().cast(pl.Int32).alias("q"), pl.lit(True).alias("yfirst"),
        pl.lit(4, pl.Int8).alias("ydigits"), pl.lit(True).alias("fixed"), (pl.col("at") % DAY_MS).alias("ms"), off,
    )  # fmt: skip


def _fields(g: pl.DataFrame, fixed: bool = False) -> pl.DataFrame:
    """Text groups to the numbers of SCHEMA; a row with an impossible clock is no moment at all."""
    first4 = pl.col("a").str.len_bytes() >= 3
    num = {k: pl.col(k).cast(pl.Int32, strict=False) for k in "abc"}
    year, tail = pl.when(first4).then(num["a"]).otherwise(num["c"]), pl.when(first4).then(num["c"]).otherwise(num["b"])
    digits = pl.when(first4).then(pl.col("a").str.len_bytes()).otherwise(pl.col("c").str.len_bytes())
    ms, clock_ok = _clock(g)
    off = _offset()
    ok = pl.col("a").is_not_null() & clock_ok & (pl.col("z").is_null() | (pl.col("z") == "") | off.is_not_null())
    keep = pl.when(ok)
    return g.select(
        keep.then(year).alias("y"), keep.then(pl.when(first4).then(num["b"]).otherwise(num["a"])).alias("p"),
        keep.then(tail).alias("q"), first4.alias("yfirst"), digits.cast(pl.Int8).alias("ydigits"),
        pl.lit(fixed).alias("fixed"), keep.then(ms).alias("ms"), keep.then(off).alias("off"),
    )  # fmt: skip


def _clock(g: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """(milliseconds of the day or null, is the clock possible): 24:00 is the day's end; 12 AM is midnight."""
    h, mi, s = (pl.col(k).cast(pl.Int64, strict=False) for k in ("h", "mi", "s"))
    ap = pl.col("ap").str.to_lowercase()
    hour = (
        pl.when(ap.is_null())
        .then(h)
        .when((ap == "p") & (h < 12))
        .then(h + 12)
        .when((ap == "a") & (h == 12))
        .then(0)
        .otherwise(h)
    )
    fraction = pl.col("f").str.pad_end(3, "0").str.slice(0, 3).cast(pl.Int64, strict=False).fill_null(0)
    ms = ((hour * 60 + mi) * 60 + s.fill_null(0)) * 1000 + fraction
    ok = h.is_null() | (
        (mi < 60) & (s.fill_null(0) < 60) & (ms <= DAY_MS) & (ap.is_null() | h.is_between(1, 12) | (h > 12))
    )
    return ms, ok


def _offset() -> pl.Expr:
    """Minutes east of UTC of a written zone: `+02:00`, `-0700`, `Z`, `GMT+2`, `PDT`."""
    zone = pl.col("z").str.to_uppercase()
    named = zone.str.extract(r"^([A-Z]+)", 1).replace_strict(
        list(ZONE_OFFSETS), list(ZONE_OFFSETS.values()), default=None, return_dtype=pl.Int32
    )
    sign = pl.when(zone.str.contains("-", literal=True)).then(-1).otherwise(1)
    hours = zone.str.extract(r"[+-](\d{1,2})", 1).cast(pl.Int32)
    minutes = zone.str.extract(r"[+-]\d{2}:?(\d{2})$", 1).cast(pl.Int32).fill_null(0)
    numeric = sign * (hours * 60 + minutes)
    return pl.when(hours.is_not_null()).then(numeric).otherwise(named).cast(pl.Int32)


def clock_ms(texts: pl.Series) -> pl.Series:
    """Milliseconds of the day of time-only texts (`22:12`, `10:12 PM`, `7h05`, `0:30:00`); null otherwise."""
    distinct = texts.unique()
    g = distinct.str.replace(r"^\d{4}-\d{2}-\d{2}[T ]", "").str.extract_groups(_TIME).struct.unnest()
    ms, ok = _clock(g)
    known = g.select(pl.when(ok).then(ms).alias("ms"))
    return _spread(texts, distinct, known)["ms"]


def span_seconds(texts: pl.Series) -> pl.Series:
    """Seconds of written spans: `1:30:00`, `2 days 03:04:05`, `PT1H30M`, `1h 30min`. Null for anything else (Int64)."""
    g = texts.str.extract_groups(
        r"^(?:(\d+)\s*(?:d|days?|\.)\s*,?\s*)?(\d+):(\d{1,2})(?::(\d{1,2}))?(?:[.,]\d+)?$"
    ).struct.unnest()
    days, hours, minutes, seconds = (pl.col(c).cast(pl.Int64, strict=False) for c in g.columns)
    quick = g.select((days.fill_null(0) * 24 + hours) * 3600 + minutes * 60 + seconds.fill_null(0)).to_series()
    odd = texts.is_not_null() & quick.is_null() & texts.str.contains(r"(?i)^p?t?[\d\s.,]+[dhms]")
    if not odd.any():
        return quick
    seen = {t: _words_to_seconds(t) for t in texts.filter(odd).unique().to_list()}
    slow = texts.replace_strict(list(seen), list(seen.values()), default=None, return_dtype=pl.Int64)
    return pl.DataFrame({"q": quick, "s": slow}).select(pl.coalesce("q", "s")).to_series()


def _words_to_seconds(text: str) -> int | None:
    """`PT1H30M`, `1 h 30 min`, `90m`: amounts with a unit letter each, nothing else."""
    parts = re.findall(r"(\d+)(?:[.,]\d+)?\s*([a-zA-Z]+)", text.removeprefix("P").replace("T", " "))
    size = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
    if not parts or any(word[0].lower() not in size for _, word in parts):
        return None
    return sum(int(amount) * size[word[0].lower()] for amount, word in parts)
