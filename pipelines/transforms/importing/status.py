"""Status files: what chargers said of themselves, as events, intervals, snapshots side by side, or shares of time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from pipelines.transforms.importing.claims import assign, columns_of
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.kind import Ask, Kind, Typed, base, first_reason, hints_of
from pipelines.transforms.importing.kind_words import STATUS_ROLES, STATUS_VALUE
from pipelines.transforms.importing.numerals import exactly, style_of
from pipelines.transforms.importing.profile import Profile, profiles
from pipelines.transforms.importing.reshape import melt, split_ranges
from pipelines.transforms.importing.spans_of_time import REASONS as TIME_REASONS
from pipelines.transforms.importing.spans_of_time import SpanColumns, find_spans, read_spans
from pipelines.transforms.importing.status_words import asked_words, meaning
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.words import LENGTH_UNITS, plain, unit_of

_UP = r"operational|online|in service|working|up|uptime|availability|verfugbarkeit|disponibilite"
_BUSY = r"occupied|in use|busy|occupancy|charging|belegt"
_DOWN = r"down|downtime|outage|unavailable|faulted|out of (?:order|service)"
_BOOLEAN = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False, "y": True, "n": False}
REASONS = TIME_REASONS | {
    "missing_status": "no status",
    "unknown_status": "it is not certain what this status word means (--words says it)",
    "unreadable_share": "the share of time is no number between nothing and all of it",
    "missing_charger": "no charger",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """Status, raw word and seconds up of each row; `reason` where one of them is not certain."""

    columns: dict[str, pl.Series]
    reason: pl.Series
    how: str


def typed(table: Table, ask: Ask) -> Typed:
    """Rows of LANDING_STATUS. Raises NotUnderstood: no status file, or an option is needed."""
    words = asked_words(ask.option("words"))
    table = _long(split_ranges(table), words)
    found = profiles(table)
    tried: list[str] = []
    status = _status_column(found, words, tried)
    free = [p for p in found if p is not status]
    spans = find_spans(free, tried)
    roles = assign(free, STATUS_ROLES, spans.used())
    frame = table.clean
    if "charger" not in roles and "connector" in roles and not ask.option("charger"):
        # Ports without a charger are the chargers of their file.
        roles["charger"] = roles.pop("connector")
    charger = _labels(frame, roles.get("charger"), ask.option("charger"))
    if charger.null_count() == charger.len():
        raise NotUnderstood("The file does not say which charger it is about: give --charger.", tried)
    connector = _labels(frame, roles.get("connector"), None)
    group = pl.DataFrame({"a": charger, "b": connector}).select(pl.concat_str(pl.all().fill_null(""), separator="|"))
    times = read_spans(frame, spans, ask.zone, hints_of(found, ask), group.to_series())
    read = _read(frame, status, words, times.rows, tried)
    rows = base(table).with_columns(
        times.rows, charger=charger, connector=connector, **read.columns, _status_reason=read.reason,
        site=_labels(frame, roles.get("site"), None), error_code=_labels(frame, roles.get("error_code"), None),
        info=_labels(frame, roles.get("info"), None), timezone=pl.lit(ask.zone),
        source=_labels(frame, roles.get("source"), ask.option("source")),
        licence=pl.lit(ask.option("licence"), pl.String),
    )  # fmt: skip
    layout = {
        "columns": {"status": status.name, **spans.words(), **columns_of(roles)}, "status_from": read.how, **times.how,
    }  # fmt: skip
    return Typed(_judged(rows, spans), layout, _notes(rows))


def _labels(frame: pl.DataFrame, column: Profile | None, option: str | None) -> pl.Series:
    if option or column is None:
        return pl.Series("label", [option], dtype=pl.String).new_from_index(0, frame.height)
    text = frame[column.column]
    return text.str.replace(r"^(\d+)\.0$", "${1}") if text.str.ends_with(".0").any() else text


def _long(table: Table, words: dict[str, str]) -> Table:
    """Snapshots with chargers (or connectors) side by side become rows: several columns of status words."""
    columns = [f"c{i}" for i in range(len(table.names))]
    likely = [c for c in columns if _speaks_status(table.clean[c], words, table.column(c))]
    if len(likely) < 2:
        return table
    ports = all(
        re.search(r"(?:connector|port|plug|evse|outlet|socket|gun)\W*\d", plain(table.column(c))) for c in likely
    )
    names = {c: (re.search(r"\d+", table.column(c))[0] if ports else table.column(c)) for c in likely}  # type: ignore[index]
    named = replace(table, names=[names.get(f"c{i}", n) for i, n in enumerate(table.names)])
    return melt(named, likely, "connector id" if ports else "charger id", "status")


def _speaks_status(texts: pl.Series, words: dict[str, str], name: str) -> bool:
    """A column of status words only, that is not named as something else."""
    known = texts.drop_nulls().unique().to_list()
    if not known or len(known) > 30 or _beside(name):
        return False
    return all(w in words or (meaning(w) and len(w) > 1) for w in known)


def _beside(name: str) -> bool:
    """True for headers that name a time, a type or a text beside the status."""
    said = r"time|date|type|typ|access|public|country|zip|model|network|previous|old|payment|power"
    return re.search(rf"\b(?:{said})\b", plain(name)) is not None


def _status_column(found: list[Profile], words: dict[str, str], tried: list[str]) -> Profile:
    claimed = sorted(((STATUS_VALUE.of(p), p) for p in found), key=lambda pair: -pair[0])
    good = [p for score, p in claimed if score > 0]
    spoken = [p for p in good if _understood(p.values, words) >= 0.3]
    if spoken:
        return spoken[0]
    speaking = [p for p in found if p.kind == "text" and not _beside(p.name) and _understood(p.values, words) >= 0.9]
    if good or speaking:
        return (good or speaking)[0] if good else speaking[0]
    tried += [f"status: {p.name!r} holds {p.kind}" for p in found[:20]]
    raise NotUnderstood("No column for the status of a charger was found.", tried)


def _understood(texts: pl.Series, words: dict[str, str]) -> float:
    known = texts.drop_nulls()
    good = [t for t in known.unique().to_list() if t in words or meaning(t)]
    return float(known.is_in(good).mean() or 0.0)  # type: ignore[arg-type]


def _read(frame: pl.DataFrame, column: Profile, words: dict[str, str], times: pl.DataFrame, tried: list[str]) -> _Read:
    """By words where they mean something, by truth values under a header that names them, else as a share of time."""
    texts = frame[column.column]
    table = words or _truth(column, texts)
    if table is None and column.kind == "number":
        return _shares(texts, column, times)
    if table is None and _understood(texts, {}) == 0:
        raise NotUnderstood(
            f"It is not certain what the words of {column.name!r} mean: say it with --words, for example "
            f"--words {_first(texts)}=AVAILABLE,…",
            [*tried, f"words: {', '.join(texts.drop_nulls().unique().head(20).to_list())}"],
        )
    known = {t: (table or {}).get(t) or meaning(t) for t in texts.drop_nulls().unique().to_list()}
    status = texts.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)
    both = pl.DataFrame({"t": texts, "s": status})
    reason = both.select(
        first_reason(("missing_status", pl.col("t").is_null()), ("unknown_status", pl.col("s").is_null()))
    )
    up = pl.Series("up_s", [None], dtype=pl.Int64).new_from_index(0, texts.len())
    how = "--words" if words else "truth values under their header" if table else "words"
    return _Read({"status": status, "raw": texts.fill_null(""), "up_s": up}, reason.to_series(), how)


def _first(texts: pl.Series) -> str:
    return str(texts.drop_nulls().head(1).to_list()[0])


def _truth(column: Profile, texts: pl.Series) -> dict[str, str] | None:
    """Meaning of 0/1 and true/false under `operational` or `occupied`. `available = 0` may be in use or broken."""
    seen = {t.removesuffix(".0") for t in texts.drop_nulls().str.to_lowercase().unique().to_list()}
    if not seen or not seen <= set(_BOOLEAN):
        return None
    said = plain(column.name)
    for pattern, yes, no in (
        (_DOWN, "OUTOFORDER", "AVAILABLE"), (_BUSY, "CHARGING", "AVAILABLE"), (_UP, "AVAILABLE", "OUTOFORDER"),
    ):  # fmt: skip
        if re.search(rf"\b(?:{pattern})\b", said):
            return {
                t: yes if _BOOLEAN[t.lower().removesuffix(".0")] else no for t in texts.drop_nulls().unique().to_list()
            }
    raise NotUnderstood(
        f"It is not certain what {', '.join(sorted(seen))} of {column.name!r} means (a charger that is not available "
        "may be in use or broken): say it with --words, for example --words 1=AVAILABLE,0=OUTOFORDER.",
        [f"words: {', '.join(sorted(seen))}"],
    )


def _shares(texts: pl.Series, column: Profile, times: pl.DataFrame) -> _Read:
    """How long the charger was up within each interval, from a share, a percentage or a number of minutes."""
    said = plain(column.name)
    if not re.search(rf"\b(?:{_UP}|{_DOWN})\b", said):
        raise NotUnderstood(
            f"It is not certain what the numbers of {column.name!r} mean: say it with --words, for example "
            f"--words {_first(texts)}=AVAILABLE,…",
            [f"words: {', '.join(texts.drop_nulls().unique().head(20).to_list())}"],
        )
    style = style_of(texts)
    millionths = exactly(texts.str.replace(r"\s*%$", ""), style, Decimal(1_000_000))
    length = (times["to_utc"] - times["from_utc"]).dt.total_seconds()
    unit = unit_of(column.name, LENGTH_UNITS)
    size = {"s": 1, "min": 60, "h": 3600}.get(unit or "")
    percent = bool(texts.str.contains("%").any()) or "percent" in said or "%" in column.name or "pct" in said
    whole = 100_000_000 if percent or int(millionths.max() or 0) > 1_000_000 else 1_000_000  # type: ignore[arg-type]
    rows = pl.DataFrame({"m": millionths, "l": length, "t": texts})
    seconds = (pl.col("m") * size) // 1_000_000 if size else (pl.col("m") * pl.col("l")) // whole
    down = re.search(rf"\b(?:{_DOWN})\b", said) is not None
    rows = rows.with_columns(up=pl.col("l") - seconds if down else seconds)
    good = pl.col("up").is_between(0, pl.col("l"))
    status = (
        pl.when(pl.col("up") == pl.col("l"))
        .then(pl.lit("AVAILABLE"))
        .when(pl.col("up") == 0)
        .then(pl.lit("OUTOFORDER"))
    )
    reason = first_reason(("missing_status", pl.col("t").is_null()), ("unreadable_share", ~good.fill_null(False)))
    out = rows.select(
        status=status.otherwise(pl.lit("UNKNOWN")), raw=pl.col("t").fill_null(""), up_s="up", reason=reason
    )
    how = f"share of time up ({unit or ('percent' if whole > 1_000_000 else 'fraction')})"
    return _Read({c: out[c] for c in ("status", "raw", "up_s")}, out["reason"], how)


def _judged(rows: pl.DataFrame, spans: SpanColumns) -> pl.DataFrame:
    """An interval has an end where the file says one or counts within it; an event holds until the next."""
    ended = pl.lit(spans.end is not None) | pl.col("up_s").is_not_null() | pl.lit(spans.ending)
    reason = first_reason(("too_many_fields", pl.col("_extra")), ("missing_charger", pl.col("charger").is_null()))
    # Two events of one second are two facts, in the order of the file; two different words of one interval are not.
    word = pl.when(ended).then(pl.lit("")).otherwise(pl.col("status").fill_null(""))
    key = pl.concat_str(
        "charger", pl.col("connector").fill_null(""), pl.col("from_utc").dt.epoch("ms").cast(pl.String), word,
        separator="|",
    )  # fmt: skip
    return rows.with_columns(
        at_utc="from_utc", until_utc=pl.when(ended).then("to_utc"), row_key=key,
        _reason=pl.coalesce("_reason", reason, "_status_reason"), _twice=pl.col("_twice").fill_null(False),
    )  # fmt: skip


def _notes(rows: pl.DataFrame) -> list[str]:
    unknown = rows.filter(pl.col("_status_reason") == "unknown_status")["raw"].value_counts(sort=True).head(10)
    words = [f"{word!r} ({count})" for word, count in unknown.iter_rows()]
    return [f"words that are not certain: {', '.join(words)}; --words says what they mean"] if words else []


STATUS = Kind(
    "status", "statuses", REASONS, {"_twice": "repeated_local_hour_told_apart"}, typed,
    ("status", "error_code", "until_utc"), "up_s",
)  # fmt: skip
