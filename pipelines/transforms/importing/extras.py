"""The optional columns: what the driver asked for, when charging ended, what it cost."""

from __future__ import annotations

import polars as pl

from pipelines.transforms.importing.clock import UTC_MS, Clock
from pipelines.transforms.importing.numerals import energy_wh, style_of, whole
from pipelines.transforms.importing.shapes import Quantity, TimeSource
from pipelines.transforms.importing.spans import length_seconds
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.words import CURRENCY_WORDS, ENERGY_UNITS, LENGTH_UNITS, unit_of

_TYPES = {
    "requested_wh": pl.Int64(),
    "requested_departure_utc": UTC_MS,
    "charging_s": pl.Int64(),
    "cost_minor": pl.Int64(),
    "currency": pl.String(),
}
_EXPONENT = {"IRR": 0, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3}
_SIGNS = (("€", "EUR"), ("£", "GBP"), ("$", "USD"))


def extras(table: Table, clock: Clock, start: pl.Series) -> dict[str, pl.Series]:
    """One series per optional column, all nulls where the file has nothing for it."""
    currency = _currency(table, clock)
    out = {
        "requested_wh": _requested(table, clock),
        "requested_departure_utc": _instant(clock, "requested_departure"),
        "charging_s": _charging(table, clock, start),
        "cost_minor": _cost(clock, currency),
        "currency": currency,
    }
    found = _claimed_only(clock, {name: series for name, series in out.items() if series is not None})
    height = clock.frame.height
    return {
        k: found[k] if k in found else pl.Series([None], dtype=t).new_from_index(0, height) for k, t in _TYPES.items()
    }


def _claimed_only(clock: Clock, out: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Where the source says that no driver claimed the session, its 'request' is a copy of what happened: null."""
    if "claimed" not in clock.roles.others:
        return out
    claimed = clock.frame[clock.roles.others["claimed"]].str.to_lowercase().is_in(["true", "1", "yes", "t", "y"])
    for name in {"requested_wh", "requested_departure_utc"} & set(out):
        out[name] = pl.DataFrame({"v": out[name], "c": claimed}).select(pl.when("c").then("v")).to_series()
    return out


def _instant(clock: Clock, role: str) -> pl.Series | None:
    if role not in clock.roles.others:
        return None
    source = TimeSource(clock.roles.others[role])
    return clock.read(source, Clock.written(clock.frame, source)).at.early


def _charging(table: Table, clock: Clock, start: pl.Series) -> pl.Series | None:
    """Seconds from the start to the end of charging, or the charging time itself; never negative."""
    finished = _instant(clock, "charging_end")
    seconds = (finished - start).dt.total_seconds() if finished is not None else _charging_time(table, clock)
    return seconds.set(seconds < 0, None) if seconds is not None else None


def _charging_time(table: Table, clock: Clock) -> pl.Series | None:
    if "charging_duration" not in clock.roles.others:
        return None
    column = clock.roles.others["charging_duration"]
    texts = clock.frame[column]
    unit = unit_of(table.column(column), LENGTH_UNITS)
    spans = bool(texts.head(200).str.contains(":").any())
    if not (unit or spans):
        return None
    return length_seconds(texts, Quantity(column, unit or "s", style_of(texts, clock.roles.comma), spans=spans))


def _requested(table: Table, clock: Clock) -> pl.Series | None:
    if "requested_energy" not in clock.roles.others:
        return None
    column = clock.roles.others["requested_energy"]
    unit = unit_of(table.column(column), ENERGY_UNITS) or clock.roles.energy.unit
    return energy_wh(clock.frame[column], style_of(clock.frame[column], clock.roles.comma), unit)


def _currency(table: Table, clock: Clock) -> pl.Series | None:
    others, frame = clock.roles.others, clock.frame
    if "currency" in others:
        codes = pl.DataFrame({"c": frame[others["currency"]].str.to_uppercase()})
        return codes.select(pl.when(pl.col("c").str.contains(r"^[A-Z]{3}$")).then("c")).to_series()
    if "cost" not in others:
        return None
    header = table.column(others["cost"])
    word = next((code for words, code in CURRENCY_WORDS.items() if unit_of(header, {code: words})), None)
    code = word or _sign(pl.Series([header])) or _sign(frame[others["cost"]].head(200))
    return pl.Series([code], dtype=pl.String).new_from_index(0, frame.height) if code else None


def _sign(texts: pl.Series) -> str | None:
    return next((code for sign, code in _SIGNS if texts.str.contains(sign, literal=True).any()), None)


def _cost(clock: Clock, currency: pl.Series | None) -> pl.Series | None:
    """Minor units; without a currency the amount means nothing and stays out."""
    if "cost" not in clock.roles.others or currency is None:
        return None
    texts = clock.frame[clock.roles.others["cost"]]
    style = style_of(texts, clock.roles.comma)
    codes = currency.drop_nulls().unique().to_list()
    wide = pl.DataFrame({"_c": currency} | {c: whole(texts, style, 10 ** _EXPONENT.get(c, 2)) for c in codes})
    picks = [pl.when(pl.col("_c") == c).then(pl.col(c)) for c in codes]
    return wide.select(pl.coalesce(pl.lit(None, pl.Int64), *picks)).to_series()
