"""What is set aside, and why: one reason per row, the first that holds in this order."""

from __future__ import annotations

import polars as pl

LONGEST_S = 48 * 3600
# Above any charger in existence; a minute is allowed for times that are written without seconds.
IMPOSSIBLE_W = 4_000_000

REASONS: dict[str, str] = {
    "too_many_fields": "the row has more fields than the header",
    "missing_start": "no start time",
    "unreadable_start": "the start is no date and time of the file's format",
    "missing_end": "no end time and no duration",
    "unreadable_end": "the end is no date and time of the file's format",
    "missing_energy": "no energy",
    "unreadable_energy": "the energy is no number of the file's format",
    "negative_energy": "the energy is below zero",
    "end_before_start": "the session ends before it starts",
    "over_48_hours": "the session lasts over 48 hours",
    "implausible_power": "the energy would need more than 4 MW on average",
    "duplicate_start": "the same charger, connector and start came before in this file",
    "already_imported": "the session was imported before, from this or another file",
}


def _single() -> list[tuple[str, pl.Expr]]:
    """Reasons that a row shows by itself. Times are UTC, energy in Wh."""
    start, end, energy, seconds = (pl.col(c) for c in ("start_utc", "end_utc", "energy_wh", "duration_s"))
    return [
        ("too_many_fields", pl.col("_extra")),
        ("missing_start", ~pl.col("_start_written")),
        ("unreadable_start", start.is_null()),
        ("missing_end", ~pl.col("_end_written")),
        ("unreadable_end", end.is_null()),
        ("missing_energy", ~pl.col("_energy_written")),
        ("unreadable_energy", energy.is_null()),
        ("negative_energy", energy < 0),
        ("end_before_start", end < start),
        ("over_48_hours", seconds > LONGEST_S),
        ("implausible_power", energy * 3600 > (seconds + 60) * IMPOSSIBLE_W),
    ]


def judge(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `duration_s`, `session_key` and `_reason` (null when imported). The first of repeats stays."""
    seconds = (pl.col("end_utc") - pl.col("start_utc")).dt.total_seconds()
    timed = rows.with_columns(seconds.alias("duration_s"))
    reason = pl.coalesce(*(pl.when(test).then(pl.lit(name)) for name, test in _single()))
    judged = timed.with_columns(reason.alias("_reason"), _key().alias("session_key"))
    good = judged.filter(pl.col("_reason").is_null()).select("source_row", "session_key")
    again = good.filter(~good["session_key"].is_first_distinct())["source_row"]
    if again.is_empty():
        return judged
    repeat = pl.when(pl.col("source_row").is_in(again.implode())).then(pl.lit("duplicate_start"))
    return judged.with_columns(pl.coalesce("_reason", repeat).alias("_reason"))


def _key() -> pl.Expr:
    """Charger, connector and start name a session; without a charger, its own id or its whole content does."""
    start, end = (pl.col(c).dt.epoch("ms").cast(pl.String) for c in ("start_utc", "end_utc"))
    connector = pl.col("connector").fill_null("")
    placed = pl.concat_str(pl.col("charger"), connector, start, separator="|")
    content = pl.concat_str(start, end, pl.col("energy_wh").cast(pl.String), separator="|")
    own = pl.concat_str(pl.lit("?"), pl.col("source_id").fill_null(""), content, separator="|")
    return pl.coalesce(placed, own, pl.lit(""))


def already_known(judged: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """Set aside sessions whose key is among `known` (keys of earlier imports)."""
    if known.is_empty():
        return judged
    repeat = pl.when(pl.col("session_key").is_in(known.implode())).then(pl.lit("already_imported"))
    return judged.with_columns(pl.coalesce("_reason", repeat).alias("_reason"))
