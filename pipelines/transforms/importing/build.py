"""From text columns and the roles found to typed sessions, one row for each row of the file, nothing dropped yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.transforms.importing.dateorder import DateOrder, Hints, decide, to_days
from pipelines.transforms.importing.moments import DAY_MS
from pipelines.transforms.importing.numerals import NumberStyle, energy_wh, style_of, whole
from pipelines.transforms.importing.roles import Quantity, Roles, TimeSource
from pipelines.transforms.importing.spans import length_seconds, moments_of, roll_over
from pipelines.transforms.importing.table import EXTRA, LINE, ROW, Table
from pipelines.transforms.importing.words import CURRENCY_WORDS, ENERGY_UNITS, LENGTH_UNITS, unit_of
from pipelines.transforms.importing.zones import (
    Instants,
    instants,
    is_zone,
    offset_zone,
    without_offsets_of,
    zone_offsets,
)

UTC_MS = pl.Datetime("ms", "UTC")
_EXPONENT = {"IRR": 0, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time column read: UTC instants, and per row which repair was made and whether text was there at all."""

    at: Instants
    century: pl.Series
    swapped: pl.Series
    written: pl.Series


@dataclass(frozen=True, slots=True)
class Built:
    """Typed rows, and the date order and zone words that the report repeats."""

    rows: pl.DataFrame
    order: DateOrder
    zone: str


def build(table: Table, roles: Roles, *, zone: str, driver_name: Callable[[str], str], hints: Hints) -> Built:
    """All rows typed: nulls where a value is absent or unreadable, `_…` columns for what the checks need."""
    frame = table.clean
    begin_m, end_m = _moments(frame, roles.start), _moments(frame, roles.end) if roles.end else None
    order = decide(begin_m, end_m, hints)
    zones, end_zones = _zone_column(frame, roles, "zone"), _zone_column(frame, roles, "end_zone")
    start = _moment(frame, roles.start, begin_m, order, _zone_for(roles.start, zone), zones)
    end = _end(frame, roles, start, begin_m, end_m, order, zone, end_zones if end_zones is not None else zones)
    zone_words = _timezone_words(roles, zone, begin_m, zones, start.at.early)
    columns = _core(frame, roles, start, end) | _labels(frame, roles, driver_name) | _extras(frame, table, roles, order, zone, zones, start)
    rows = pl.DataFrame(columns).with_columns(zone_words)
    return Built(rows.with_columns(_repaired(rows)), order, zone)


def _zone_for(source: TimeSource, zone: str) -> str:
    return "UTC" if source.utc else zone


def _moments(frame: pl.DataFrame, source: TimeSource) -> pl.DataFrame:
    return moments_of(frame[source.column], frame[source.clock] if source.clock else None)


def _zone_column(frame: pl.DataFrame, roles: Roles, role: str) -> pl.Series | None:
    return frame[roles.others[role]] if role in roles.others else None


def _moment(frame: pl.DataFrame, source: TimeSource, moments: pl.DataFrame, order: DateOrder, zone: str, zones: pl.Series | None, floor: pl.Series | None = None) -> Moment:  # fmt: skip
    days = to_days(moments, order)
    ms = days["day"].cast(pl.Int64) * DAY_MS + moments["ms"]
    if floor is not None and not source.own_date:
        ms = roll_over(floor, ms)
    written = frame[source.column].is_not_null()
    if source.clock:
        written = written & frame[source.clock].is_not_null()
    at = _zoned(ms.cast(pl.Datetime("ms")), moments["off"], zone, zones)
    return Moment(at, days["century"], days["swapped"], written)


def _zoned(local: pl.Series, off: pl.Series, zone: str, zones: pl.Series | None) -> Instants:
    """A zone column says the zone row by row, as an abbreviation (`PDT`) or a name (`America/Los_Angeles`)."""
    if zones is None:
        return instants(local, off, zone)
    frame = pl.DataFrame({"o": off, "z": zone_offsets(zones)})
    off = frame.select(pl.coalesce("o", "z")).to_series()
    named = [n for n in zones.unique().drop_nulls().to_list() if is_zone(n)]
    return instants(local, off, named[0] if len(named) == 1 else zone)


def _local_ms(moments: pl.DataFrame, order: DateOrder) -> pl.Series:
    return to_days(moments, order)["day"].cast(pl.Int64) * DAY_MS + moments["ms"]


def _end(frame: pl.DataFrame, roles: Roles, start: Moment, begin_m: pl.DataFrame, end_m: pl.DataFrame | None, order: DateOrder, zone: str, zones: pl.Series | None) -> Moment:  # fmt: skip
    """The end as written, else start plus duration; the later of two readings where the earlier ends before the start."""
    seconds = _seconds(frame, roles)
    by_length = start.at.early + (seconds * 1000).cast(pl.Duration("ms")) if seconds is not None else None
    none = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    if roles.end is None or end_m is None:
        assert by_length is not None and roles.duration is not None
        written = frame[roles.duration.column].is_not_null()
        return Moment(Instants(by_length.cast(UTC_MS), by_length.cast(UTC_MS), none, none), none, none, written)
    end = _moment(frame, roles.end, end_m, order, _zone_for(roles.end, zone), zones, _local_ms(begin_m, order))
    picked = pl.DataFrame({"s": start.at.early, "a": end.at.early, "b": end.at.late}).select(
        pl.when(pl.col("a") >= pl.col("s")).then("a").otherwise("b")
    ).to_series()
    return Moment(Instants(picked, end.at.late, end.at.twice, end.at.never), end.century, end.swapped, end.written)


def _seconds(frame: pl.DataFrame, roles: Roles) -> pl.Series | None:
    return length_seconds(frame[roles.duration.column], roles.duration) if roles.duration else None


def _core(frame: pl.DataFrame, roles: Roles, start: Moment, end: Moment) -> dict[str, pl.Series]:
    energy = _energy(frame, roles)
    written = frame[roles.energy.column].is_not_null()
    return {
        "start_utc": start.at.early, "end_utc": end.at.early, "energy_wh": energy, "source_row": frame[ROW], "_line": frame[LINE],
        "_start_written": start.written, "_end_written": end.written, "_energy_written": written,
        "_extra": frame[EXTRA].is_not_null(), "_swapped": start.swapped | end.swapped,
        "_century": start.century | end.century, "_never": start.at.never | end.at.never, "_twice": start.at.twice | end.at.twice,
    }  # fmt: skip


def _energy(frame: pl.DataFrame, roles: Roles) -> pl.Series:
    q = roles.energy
    value = energy_wh(frame[q.column], q.style, q.unit)
    return value - energy_wh(frame[q.minus], q.style, q.unit) if q.minus else value


def _labels(frame: pl.DataFrame, roles: Roles, driver_name: Callable[[str], str]) -> dict[str, pl.Series]:
    """The plain text roles; the driver only under another name."""
    out = {role: _text(frame, roles, role) for role in ("charger", "connector", "site", "vehicle", "source_id", "driver")}
    names = out["driver"].drop_nulls().unique().to_list()
    if names:
        hidden = [driver_name(n) for n in names]
        out["driver"] = out["driver"].replace_strict(names, hidden, default=None, return_dtype=pl.String)
    return out


def _text(frame: pl.DataFrame, roles: Roles, role: str) -> pl.Series:
    if role not in roles.others:
        return pl.Series(role, [None], dtype=pl.String).new_from_index(0, frame.height)
    text = frame[roles.others[role]]
    # Ids that went through a spreadsheet or pandas come back as `51519.0`.
    return text.str.replace(r"^(\d+)\.0$", "${1}") if role != "site" and text.str.ends_with(".0").any() else text


def _extras(frame: pl.DataFrame, table: Table, roles: Roles, order: DateOrder, zone: str, zones: pl.Series | None, start: Moment) -> dict[str, pl.Series]:  # fmt: skip
    departure, finished = (_instant(frame, roles, r, order, zone, zones) for r in ("requested_departure", "charging_end"))
    charging = ((finished - start.at.early).dt.total_seconds()) if finished is not None else _charging(frame, table, roles)
    charging = charging.set(charging < 0, None) if charging is not None else None
    out = {
        "requested_wh": _requested(frame, table, roles), "requested_departure_utc": departure, "charging_s": charging,
        "cost_minor": _cost(frame, roles, _currency(frame, table, roles)), "currency": _currency(frame, table, roles),
    }  # fmt: skip
    types = {"requested_wh": pl.Int64, "requested_departure_utc": UTC_MS, "charging_s": pl.Int64, "cost_minor": pl.Int64, "currency": pl.String}
    empty = {k: pl.Series([None], dtype=t).new_from_index(0, frame.height) for k, t in types.items()}
    return {k: v if v is not None else empty[k] for k, v in _claimed_only(frame, roles, out).items()}


def _claimed_only(frame: pl.DataFrame, roles: Roles, out: dict[str, pl.Series | None]) -> dict[str, pl.Series | None]:
    """Where the source says that no driver claimed the session, its 'request' is a copy of what happened: null."""
    if "claimed" not in roles.others:
        return out
    claimed = frame[roles.others["claimed"]].str.to_lowercase().is_in(["true", "1", "yes", "t", "y"])
    for name in ("requested_wh", "requested_departure_utc"):
        series = out[name]
        if series is not None:
            out[name] = pl.DataFrame({"v": series, "c": claimed}).select(pl.when("c").then("v")).to_series()
    return out


def _instant(frame: pl.DataFrame, roles: Roles, role: str, order: DateOrder, zone: str, zones: pl.Series | None) -> pl.Series | None:  # fmt: skip
    if role not in roles.others:
        return None
    source = TimeSource(roles.others[role])
    return _moment(frame, source, _moments(frame, source), order, zone, zones).at.early


def _charging(frame: pl.DataFrame, table: Table, roles: Roles) -> pl.Series | None:
    if "charging_duration" not in roles.others:
        return None
    column = roles.others["charging_duration"]
    unit = unit_of(table.column(column), LENGTH_UNITS)
    spans = bool(frame[column].head(200).str.contains(":").any())
    if not (unit or spans):
        return None
    return length_seconds(frame[column], Quantity(column, unit or "s", style_of(frame[column], roles.comma), spans=spans))


def _requested(frame: pl.DataFrame, table: Table, roles: Roles) -> pl.Series | None:
    if "requested_energy" not in roles.others:
        return None
    column = roles.others["requested_energy"]
    unit = unit_of(table.column(column), ENERGY_UNITS) or roles.energy.unit
    return energy_wh(frame[column], style_of(frame[column], roles.comma), unit)


def _currency(frame: pl.DataFrame, table: Table, roles: Roles) -> pl.Series | None:
    if "currency" in roles.others:
        codes = frame[roles.others["currency"]].str.to_uppercase()
        return pl.DataFrame({"c": codes}).select(pl.when(pl.col("c").str.contains(r"^[A-Z]{3}$")).then("c")).to_series()
    if "cost" not in roles.others:
        return None
    column = roles.others["cost"]
    header = table.column(column)
    word = next((c for words, c in CURRENCY_WORDS.items() if unit_of(header, {c: words})), None)
    code = word or _sign(pl.Series([header])) or _sign(frame[column].head(200))
    return pl.Series([code], dtype=pl.String).new_from_index(0, frame.height) if code else None


def _sign(texts: pl.Series) -> str | None:
    return next((c for sign, c in (("€", "EUR"), ("£", "GBP"), ("$", "USD")) if texts.str.contains(sign, literal=True).any()), None)


def _cost(frame: pl.DataFrame, roles: Roles, currency: pl.Series | None) -> pl.Series | None:
    """Minor units; without a currency the amount means nothing and stays out."""
    if "cost" not in roles.others or currency is None:
        return None
    texts = frame[roles.others["cost"]]
    style: NumberStyle = style_of(texts, roles.comma)
    by_code = {c: whole(texts, style, 10 ** _EXPONENT.get(c, 2)) for c in currency.drop_nulls().unique().to_list()}
    wide = pl.DataFrame({"_c": currency} | by_code)
    return wide.select(pl.coalesce(pl.lit(None, pl.Int64), *(pl.when(pl.col("_c") == c).then(pl.col(c)) for c in by_code))).to_series()


def _timezone_words(roles: Roles, zone: str, moments: pl.DataFrame, zones: pl.Series | None, start: pl.Series) -> pl.Series:
    """The IANA zone of each row: the zone column's, the given one where it has the written offset, else the offset's."""
    offsets = without_offsets_of(zone, start, moments["off"])
    named = pl.Series([None], dtype=pl.String).new_from_index(0, moments.height)
    if zones is not None:
        offsets = pl.DataFrame({"o": offsets, "z": zone_offsets(zones)}).select(pl.coalesce("o", "z")).to_series()
        good = [n for n in zones.unique().drop_nulls().to_list() if is_zone(n)]
        named = pl.DataFrame({"n": zones}).select(pl.when(pl.col("n").is_in(good)).then("n")).to_series()
    known = offsets.unique().drop_nulls().to_list()
    words = offsets.replace_strict(known, [offset_zone(o) for o in known], default=None, return_dtype=pl.String) if known else named  # fmt: skip
    frame = pl.DataFrame({"n": named, "w": words})
    return frame.select(pl.coalesce("n", "w", pl.lit(_zone_for(roles.start, zone))).alias("timezone")).to_series()


REPAIRS = {
    "_swapped": "swapped_day_and_month", "_century": "year_written_00xx", "_never": "nonexistent_local_time",
    "_twice": "ambiguous_local_time",
}  # fmt: skip


def _repaired(rows: pl.DataFrame) -> pl.Series:
    """Kinds of repair per row, as a list of words: looked up by the combination of flags."""
    code = rows.select(pl.sum_horizontal(pl.col(flag).cast(pl.UInt32) * 2**i for i, flag in enumerate(REPAIRS))).to_series()
    kinds = list(REPAIRS.values())
    lists = [[kind for i, kind in enumerate(kinds) if combination >> i & 1] for combination in range(2 ** len(kinds))]
    return pl.Series("repaired", lists, dtype=pl.List(pl.String)).gather(code)
