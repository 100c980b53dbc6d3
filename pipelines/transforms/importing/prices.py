"""Price files: series of the energy market (hours to years, one zone or many) and tariff tables of chargers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from pipelines.transforms.importing.claims import assign, columns_of
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.kind import Ask, Kind, Typed, base, first_reason, hints_of
from pipelines.transforms.importing.kind_words import PRICE_ROLES, PRICE_VALUE
from pipelines.transforms.importing.numerals import NumberStyle, exactly, style_of
from pipelines.transforms.importing.places import country_code
from pipelines.transforms.importing.price_units import PriceUnit, asked_price_unit, currency_in, part_in, price_unit_in
from pipelines.transforms.importing.profile import Profile, file_comma, profiles
from pipelines.transforms.importing.reshape import melt, split_ranges
from pipelines.transforms.importing.spans_of_time import REASONS as TIME_REASONS
from pipelines.transforms.importing.spans_of_time import find_spans, read_spans
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.words import plain, score_of

KINDS = ("day_ahead", "intraday", "imbalance", "retail", "tariff", "unspecified")
_KIND_WORDS = (
    (r"day ?ahead|spot|dam|elspot|auction|epex|prix spot", "day_ahead"), (r"intra ?day|id1|id3|idc", "intraday"),
    (r"imbalance|balancing|settlement price|system price|rebap", "imbalance"),
    (r"retail|household|consumer|end user|domestic|endkunde|haushalt", "retail"),
)  # fmt: skip
_HOUR_NAME = r"^(?:h|hour|hr|he|stunde)?[ _]?0?(\d{1,2})(?:[:.]00)?(?:\s*(?:-|to|–).*)?$"
_ZONE_NAME = r"^(?:SYS|[A-Z]{2}(?:[-_ ]?[A-Z0-9]{1,4})?)$"
REASONS = TIME_REASONS | {
    "missing_price": "no price",
    "unreadable_price": "the price is no number of the file's format",
    "negative_tariff": "a tariff below zero",
    "missing_place": "neither a region nor a charger",
    "missing_currency": "no currency",
    "several_prices": "the tariff has several energy prices (by time or amount), which are no single price per kWh",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A column of prices: what it prices (kwh, minute, session), in which unit."""

    column: str
    part: str
    micros: Decimal
    unit: str
    style: NumberStyle


def typed(table: Table, ask: Ask) -> Typed:
    """Rows of LANDING_PRICES. Raises NotUnderstood: no price file, or an option is needed."""
    table = _long(split_ranges(_bare(_tariffs(table))))
    found = profiles(table)
    tried: list[str] = []
    timed = _timed(found)
    spans = find_spans(found, tried) if timed else None
    used = spans.used() if spans else set()
    roles = assign([p for p in found if p.column not in used and not price_unit_in(p.name)], PRICE_ROLES)
    values = _values(found, used | {p.column for p in roles.values()})
    if not values:
        raise NotUnderstood("No column for a price was found.", [*tried, f"columns: {', '.join(table.names[:20])}"])
    parts, currency = _parts(table, values, roles, found, ask)
    kind, kind_how = _kind(values, roles, table, ask)
    place = _place(table, roles, kind, ask, values[0])
    group = pl.DataFrame(place).select(pl.concat_str(pl.col("region", "charger").fill_null(""))).to_series()
    rows = _rows(table, parts, currency, roles, ask).with_columns(kind=pl.lit(kind), **place)
    how: dict[str, object] = {}
    if spans:
        read = read_spans(table.clean, spans, ask.zone, hints_of(found, ask), group)
        rows, how = rows.with_columns(read.rows), read.how
        ends = table.clean[spans.end.column].is_not_null() if spans.end else None
        rows = _open_ended(rows, kind, ends)
    else:
        never = pl.lit(None, pl.Datetime("ms", "UTC"))
        rows = rows.with_columns(from_utc=never, to_utc=never, _reason=pl.lit(None, pl.String), _twice=pl.lit(False))
    columns = {"price": ", ".join(table.column(p.column) for p in parts)} | (spans.words() if spans else {})
    layout = {
        "columns": columns | columns_of(roles), "unit": ", ".join(p.unit for p in parts), "kind": kind,
        "kind_from": kind_how, "decimal_mark": parts[0].style.decimal, **how,
    }  # fmt: skip
    notes = ["the file does not say which market its prices are of; --kind names it"] if kind == "unspecified" else []
    return Typed(_judged(rows), layout, notes)


def _timed(found: list[Profile]) -> bool:
    return any(p.kind in ("moment", "date") for p in found) or any(plain(p.name) == "year" for p in found)


def _bare(table: Table) -> Table:
    """Prices with their unit written beside them, as `0,39 €/kWh`: the unit moves into the header where all agree."""
    for i, name in enumerate(table.names):
        known = table.clean[f"c{i}"].drop_nulls()
        unit = r"(?i)^([-+]?\d[\d.,]*)\s*((?:[a-z€£$¢]{1,7})\s*(?:/|per)\s*[a-z]{1,7})$"
        marks = known.str.extract(unit, 2).str.to_lowercase().str.replace_all(" ", "")
        if known.is_empty() or marks.null_count() or marks.n_unique() != 1:
            continue
        numbers = table.clean[f"c{i}"].str.extract(unit, 1)
        table = replace(
            table,
            clean=table.clean.with_columns(numbers.alias(f"c{i}")),
            names=[*table.names[:i], f"{name} ({marks[0]})", *table.names[i + 1 :]],
        )
    return table


def _tariffs(table: Table) -> Table:
    """OCPI tariffs: the price components of their elements as columns per kWh, per hour and per session."""
    names = {name: f"c{i}" for i, name in enumerate(table.names)}
    kinds, amounts = names.get("elements.price_components.type"), names.get("elements.price_components.price")
    if kinds is None or amounts is None:
        return table
    pairs = [
        (str(k or "").split("|"), str(a or "").split("|")) for k, a in table.clean.select(kinds, amounts).iter_rows()
    ]
    at = len(table.names)
    parts = {"price per kWh": "ENERGY", "price per hour": "TIME", "price per session": "FLAT"}
    texts = [
        pl.Series(f"c{at + n}", [_component(k, a, word) for k, a in pairs], dtype=pl.String)
        for n, word in enumerate(parts.values())
    ]
    names_now = [n if n not in ("elements.price_components.price",) else "components" for n in table.names]
    frame, clean = table.frame.with_columns(texts), table.clean.with_columns(texts)
    return replace(table, frame=frame, clean=clean, names=[*names_now, *parts])


def _component(kinds: list[str], amounts: list[str], word: str) -> str | None:
    """The only price of a component; several different ones stay together, and no reader takes them for a number."""
    found = sorted({a for k, a in zip(kinds, amounts, strict=False) if k == word})
    return "|".join(found) if found else None


def _long(table: Table) -> Table:
    """Hours or places side by side become rows."""
    hours = [
        f"c{i}" for i, n in enumerate(table.names) if (m := re.match(_HOUR_NAME, n.strip().lower())) and int(m[1]) <= 25
    ]
    if len(hours) >= 23:
        return _hours_down(table, hours)
    priced = [f"c{i}" for i, n in enumerate(table.names) if (u := price_unit_in(n)) and u.part == "kwh"]
    zones = [f"c{i}" for i, n in enumerate(table.names) if re.match(_ZONE_NAME, n.strip()) and n.strip() not in ("ID",)]
    placed = any(score_of(n, PRICE_ROLES["region"].names, None) >= 3 for n in table.names)
    if not placed and len(priced) >= 2 and len({price_unit_in(table.column(c)).name for c in priced}) == 1:  # type: ignore[union-attr]
        unit = price_unit_in(table.column(priced[0]))
        assert unit is not None
        return _named(melt(table, priced, "region", f"price ({unit.name})"))
    return melt(table, zones, "region", "price") if len(zones) >= 2 else table


def _named(table: Table) -> Table:
    """Of a header like `Belgien [€/MWh] Originalauflösungen` the place is what stands before the unit."""
    column = f"c{table.names.index('region')}"
    texts = table.clean[column].str.replace(r"\s*[\[(].*$", "").str.strip_chars()
    return replace(table, clean=table.clean.with_columns(texts))


def _hours_down(table: Table, hours: list[str]) -> Table:
    """The headers of 24 or 25 columns are numbers of hours: `1` … `25`, `H01` …, `00:00` …"""
    long = melt(table, hours, "hour", "price")
    column = f"c{len(table.names)}"
    numbers = long.clean[column].str.to_lowercase().str.extract(_HOUR_NAME, 1)
    clean = long.clean.with_columns(numbers.alias(column))
    empty = clean[f"c{len(table.names) + 1}"].is_null() & numbers.cast(pl.Int64).is_in([25, 24])
    # The 25th hour is empty on all days but one, and the 24th on one day in spring: no missing price.
    frame, clean = long.frame.filter(~empty), clean.filter(~empty)
    return replace(long, frame=frame, clean=clean)


def _values(found: list[Profile], used: set[str]) -> list[Profile]:
    """Columns of prices, the strongest first: those with a unit or a part in their header, else the best by name."""
    free = [p for p in found if p.column not in used and p.kind in ("number", "text")]
    numbers = [p for p in free if p.kind == "number" or "price per" in p.name]
    claimed = sorted(((PRICE_VALUE.of(p), p) for p in numbers if p.kind == "number"), key=lambda pair: -pair[0])
    named = [p for p in numbers if price_unit_in(p.name) or (part_in(p.name) and _priced(p.name))]
    if named:
        return sorted(named, key=lambda p: (-PRICE_VALUE.of(p), -p.filled))
    return [claimed[0][1]] if claimed and claimed[0][0] > 0 else []


def _priced(name: str) -> bool:
    return re.search(r"price|preis|prix|cost|fee|tarif|rate|gebuhr|precio|prezzo|pris", plain(name)) is not None


def _parts(
    table: Table, values: list[Profile], roles: dict[str, Profile], found: list[Profile], ask: Ask
) -> tuple[list[_Part], pl.Series]:
    """One column for each part that is priced, and the currency of each row."""
    parts: dict[str, _Part] = {}
    said: str | None = None
    for p in values:
        unit = _unit(p, roles, ask)
        said = said or unit.currency
        style = style_of(table.clean[p.column], file_comma(found))
        parts.setdefault(unit.part, _Part(p.column, unit.part, unit.micros, unit.name, style))
    height = table.clean.height
    column = roles.get("currency")
    code = ask.option("currency") or said or next((c for n in table.names if (c := currency_in(n))), None)
    fixed = pl.Series("currency", [code], dtype=pl.String).new_from_index(0, height)
    if column is None:
        if code is None:
            raise NotUnderstood("The file does not say the currency: give it with --currency, for example EUR.", [])
        return list(parts.values()), fixed
    own = table.clean[column.column]
    codes = {
        t: currency_in(t) or (t.upper() if re.fullmatch(r"[A-Za-z]{3}", t) else None) for t in own.drop_nulls().unique()
    }
    found_codes = own.replace_strict(list(codes), list(codes.values()), default=None, return_dtype=pl.String)
    return list(parts.values()), found_codes.alias("currency")


def _code(text: str) -> str | None:
    return text.upper() if re.fullmatch(r"[A-Za-z]{3}", text) else None


def _unit(p: Profile, roles: dict[str, Profile], ask: Ask) -> PriceUnit:
    """The unit of a column: as asked, of its header, of a unit column, else of a part (`price per kWh`)."""
    if text := ask.option("unit"):
        return asked_price_unit(text)
    texts = [p.name]
    if "unit" in roles:
        texts += roles["unit"].values.drop_nulls().unique().to_list()
    units = [u for t in texts if (u := price_unit_in(t))]
    if len({u.micros for u in units}) > 1:
        raise NotUnderstood("The file holds prices in several units; give one with --unit.", texts)
    if units:
        return units[0]
    part = next((found for t in texts if (found := part_in(t))), None)
    if part is None:
        raise NotUnderstood(
            f"The unit of {p.name!r} is not written in the file: give it with --unit, for example EUR/MWh or ct/kWh.",
            texts,
        )
    return PriceUnit(f"main unit per {part[0]}", part[0], Decimal(1_000_000) / part[1], None)


def _kind(values: list[Profile], roles: dict[str, Profile], table: Table, ask: Ask) -> tuple[str, str]:
    asked = ask.option("kind")
    if asked and asked not in KINDS:
        raise NotUnderstood(f"{asked!r} is no kind of price; use one of {', '.join(KINDS)}.", [])
    said = plain(" ".join([values[0].name, *table.names]))
    for words, kind in _KIND_WORDS:
        if re.search(rf"(?<![^\W_])(?:{words})(?![^\W_])", said):
            return (asked or kind), "as asked" if asked else "the file's words"
    if asked:
        return asked, "as asked"
    if ("charger" in roles and "region" not in roles) or ask.option("charger"):
        return "tariff", "prices of chargers"
    return "unspecified", "not said"


def _place(table: Table, roles: dict[str, Profile], kind: str, ask: Ask, value: Profile) -> dict[str, pl.Series]:
    """Region and charger of each row; an option stands for the whole file."""
    height = table.clean.height
    out = {}
    for role in ("region", "charger"):
        text = ask.option(role)
        column = roles.get(role)
        if text or column is None:
            out[role] = pl.Series(role, [text], dtype=pl.String).new_from_index(0, height)
        else:
            out[role] = table.clean[column.column].alias(role)
    if kind != "tariff" and out["region"].null_count() == height:
        zone = re.search(r"BZN\|([A-Z0-9\-_()]+)", " ".join(table.names))
        out["region"] = pl.Series("region", [zone[1] if zone else None], dtype=pl.String).new_from_index(0, height)
        if not zone and "charger" not in roles:
            raise NotUnderstood("The file does not say where its prices hold: give --region, for example DE-LU.", [])
    texts = out["region"].drop_nulls().unique().to_list()
    names = {t: country_code(t) or re.sub(r"^BZN\|", "", t) for t in texts}
    out["region"] = out["region"].replace_strict(
        list(names), list(names.values()), default=None, return_dtype=pl.String
    )
    if kind != "tariff":
        out["charger"] = pl.Series("charger", [ask.option("charger")], dtype=pl.String).new_from_index(0, height)
    return out


def _rows(table: Table, parts: list[_Part], currency: pl.Series, roles: dict[str, Profile], ask: Ask) -> pl.DataFrame:
    frame, height = table.clean, table.clean.height
    none = pl.Series("n", [None], dtype=pl.Int64).new_from_index(0, height)
    columns = {f"micros_per_{part}": none for part in ("kwh", "minute", "session")}
    written = pl.repeat(False, height, dtype=pl.Boolean, eager=True)
    readable, several = ~written, written
    for p in parts:
        text = frame[p.column]
        columns[f"micros_per_{p.part}"] = exactly(text, p.style, p.micros)
        written = written | text.is_not_null()
        readable = readable & (text.is_null() | columns[f"micros_per_{p.part}"].is_not_null())
        several = several | text.str.contains("|", literal=True).fill_null(False)
    rows = base(table).with_columns(
        **columns, currency=currency, _written=written, _readable=readable, _several=several, timezone=pl.lit(ask.zone),
    )  # fmt: skip
    for role in ("source", "licence"):
        said, column = ask.option(role), roles.get(role)
        own = frame[column.column] if column and not said else pl.lit(said, pl.String)
        rows = rows.with_columns(own.alias(role))
    return rows


def _open_ended(rows: pl.DataFrame, kind: str, ended: pl.Series | None) -> pl.DataFrame:
    """A tariff holds until its written end, else until the next one: its rows are no series with a step."""
    if kind != "tariff":
        return rows
    if ended is not None:
        return rows.with_columns(to_utc=pl.when(ended).then("to_utc"))
    key = pl.concat_str(pl.col("charger").fill_null(""), pl.col("region").fill_null(""))
    after = pl.col("from_utc").shift(-1).over(key, order_by="from_utc")
    return rows.with_columns(to_utc=pl.when(pl.col("from_utc") < after).then(after))


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    micros = pl.col("micros_per_kwh", "micros_per_minute", "micros_per_session")
    reason = first_reason(
        ("too_many_fields", pl.col("_extra")), ("missing_price", ~pl.col("_written")),
        ("several_prices", pl.col("_several")), ("unreadable_price", ~pl.col("_readable")),
        ("negative_tariff", (pl.col("kind") == "tariff") & pl.any_horizontal((micros < 0).fill_null(False))),
        ("missing_place", pl.col("region").is_null() & pl.col("charger").is_null()),
        ("missing_currency", pl.col("currency").is_null()),
    )  # fmt: skip
    length = (pl.col("to_utc") - pl.col("from_utc")).dt.total_seconds()
    key = pl.concat_str(
        "kind", pl.col("region").fill_null(""), pl.col("charger").fill_null(""),
        pl.col("from_utc").dt.epoch("ms").cast(pl.String).fill_null(""),
        pl.when(pl.col("kind") != "tariff").then(length.cast(pl.String)).fill_null(""), separator="|",
    )  # fmt: skip
    return rows.with_columns(
        _reason=pl.coalesce("_reason", reason),
        resolution_s=length,
        row_key=key,
        _twice=pl.col("_twice").fill_null(False),
    )


PRICES = Kind(
    "prices", "prices", REASONS, {"_twice": "repeated_local_hour_told_apart"}, typed,
    ("micros_per_kwh", "micros_per_minute", "micros_per_session", "currency"), "micros_per_kwh",
)  # fmt: skip
