"""Carbon files: grid intensity by five minutes to years, average or marginal, of one place or many."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from pipelines.transforms.importing.claims import assign, columns_of
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.kind import Ask, Kind, Typed, base, first_reason, hints_of
from pipelines.transforms.importing.kind_words import CARBON_ROLES, CARBON_VALUE
from pipelines.transforms.importing.numerals import NumberStyle, canonical, exactly, style_of
from pipelines.transforms.importing.places import country_code
from pipelines.transforms.importing.profile import Profile, file_comma, profiles
from pipelines.transforms.importing.reshape import melt, split_ranges
from pipelines.transforms.importing.spans_of_time import REASONS as TIME_REASONS
from pipelines.transforms.importing.spans_of_time import SpanColumns, find_spans, read_spans
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.units import IMPOSSIBLE_G, CarbonUnit, carbon_unit, carbon_unit_in, names_carbon
from pipelines.transforms.importing.words import plain

KINDS = ("location_average", "marginal", "residual")
_INTENSITY = r"intensity|moer|aoer|emission|co2"
_MARGINAL, _RESIDUAL = r"marginal|moer", r"residual"
_AVERAGE = r"average|mean|aoer|life ?cycle|lifecycle|direct|consumption based|production based"
_FORECAST = r"^(?:f|forecast|fc|pred|moer_f|forecast_)_?(\d{1,3})$"
REASONS = TIME_REASONS | {
    "missing_value": "no carbon figure",
    "unreadable_value": "the carbon figure is no number of the file's format",
    "negative_value": "the carbon figure is below zero",
    "implausible_value": "the carbon figure is above 5 kg per kWh",
    "missing_region": "no region",
    "other_quantity": "the row is about another quantity than carbon intensity",
}


@dataclass(frozen=True, slots=True)
class _Found:
    """The columns found: `value` with its unit, the times, and the roles beside them."""

    value: Profile
    spans: SpanColumns
    roles: dict[str, Profile]
    forecasts: list[Profile]
    unit: CarbonUnit
    style: NumberStyle


def typed(table: Table, ask: Ask) -> Typed:
    """Rows of LANDING_CARBON. Raises NotUnderstood: not a carbon file, or an option is needed."""
    table = _long(split_ranges(table))
    found = profiles(table)
    columns = _columns(table, found, ask)
    kind, kind_how = _kind(columns, found, ask)
    frame = table.clean
    region, region_how = _region(frame, columns, found, ask)
    read = read_spans(frame, columns.spans, ask.zone, hints_of(found, ask), region.fill_null(""))
    rows = _rows(table, columns, ask, kind).with_columns(read.rows, region=region)
    rows = _judged(rows)
    layout = {
        "columns": {"value": columns.value.name, **columns.spans.words(), **columns_of(columns.roles)},
        "forecasts": len(columns.forecasts), "unit": columns.unit.name, "unit_from": columns.unit.how, "kind": kind,
        "kind_from": kind_how, "region_from": region_how, "decimal_mark": columns.style.decimal, **read.how,
    }  # fmt: skip
    return Typed(rows, layout, _notes(rows))


def _long(table: Table) -> Table:
    """Places side by side become rows: several numeric columns whose headers are countries or bidding zones."""
    places = [f"c{i}" for i, name in enumerate(table.names) if country_code(re.sub(r"[-_ ]?\d+$", "", name.strip()))]
    return melt(table, places, "region", "carbon intensity value") if len(places) >= 2 else table


def _columns(table: Table, found: list[Profile], ask: Ask) -> _Found:
    forecasts = sorted(
        (
            (int(m.group(1)), p)
            for p in found
            if p.kind == "number" and (m := re.match(_FORECAST, p.name.strip().lower()))
        ),
        key=lambda pair: pair[0],
    )
    tried: list[str] = []
    spans = find_spans(found, tried)
    used = spans.used() | {p.column for _, p in forecasts}
    values = sorted(((_claim(p), p) for p in found if p.column not in used), key=lambda pair: -pair[0])
    if not values or values[0][0] <= 0:
        names = ", ".join(repr(p.name) for p in found if p.kind == "number") or "none"
        raise NotUnderstood(
            "No column for the carbon intensity was found.", [*tried, f"value: numeric columns {names}"]
        )
    value = values[0][1]
    roles = assign(found, CARBON_ROLES, used | {value.column})
    style = style_of(table.clean[value.column], file_comma(found))
    return _Found(value, spans, roles, [p for _, p in forecasts], _unit(value, roles, style, ask, found), style)


def _claim(p: Profile) -> float:
    """A unit of carbon intensity in the header of numbers claims the value as well as its name does."""
    return max(CARBON_VALUE.of(p), 3.0 if p.kind == "number" and names_carbon(p.name) else 0.0)


def _unit(value: Profile, roles: dict[str, Profile], style: NumberStyle, ask: Ask, found: list[Profile]) -> CarbonUnit:
    """The unit of the header, of a unit column, of a known publisher, else by the values."""
    units = roles["unit"].values.drop_nulls() if "unit" in roles else pl.Series([], dtype=pl.String)
    kept = [u for u in units.unique(maintain_order=True).to_list() if carbon_unit_in(u.replace("_", " "))]
    if len({carbon_unit_in(u.replace("_", " ")) for u in kept}) > 1 and not ask.option("unit"):
        raise NotUnderstood("The file holds several units of carbon intensity; give one with --unit.", kept)
    numbers = canonical(value.values, style).cast(pl.Float64, strict=False)
    if kept and units.n_unique() > 1:
        same = pl.DataFrame({"n": numbers, "u": roles["unit"].values}).filter(pl.col("u").is_in(kept))
        numbers = same["n"]
    publisher = _published_unit({plain(p.name) for p in found})
    return carbon_unit([value.name, *(u.replace("_", " ") for u in kept), publisher], numbers, ask.option("unit"))


# Files of publishers who say the unit in their documentation only: columns that give them away -> unit.
_PUBLISHED = (
    ({"from", "to", "intensity forecast", "intensity index"}, "gCO2/kWh"),  # NESO Carbon Intensity API
    ({"iso code", "carbon intensity", "fossil t wh", "renewables t wh"}, "gCO2e/kWh"),  # CodeCarbon, from OWID
    ({"iso code", "carbon intensity", "fossil twh", "renewables twh"}, "gCO2e/kWh"),
    ({"iso code", "carbon intensity elec"}, "gCO2e/kWh"),  # Our World in Data
    ({"zone", "carbon intensity", "emission factor type"}, "gCO2e/kWh"),  # Electricity Maps API
)  # fmt: skip


# Yearly tables of countries that are averages of what was generated, whether their header says so or not.
_AVERAGES = (
    {"entity", "code", "year"}, {"area", "category", "variable", "unit", "value"},
    {"country", "year", "carbon intensity elec"},
    {"zone", "datetime", "carbon intensity"},
)  # fmt: skip


def _only_region(names: set[str]) -> str | None:
    """The publication of Great Britain says no region, because it knows one only."""
    return "GB" if _PUBLISHED[0][0] <= names and not any("region" in n for n in names) else None


def _published_unit(names: set[str]) -> str:
    return next((unit for marks, unit in _PUBLISHED if marks <= names), "")


def _kind(columns: _Found, found: list[Profile], ask: Ask) -> tuple[str, str]:
    """Average or marginal: as asked, as written, or as the publisher is known for. Never guessed."""
    asked = ask.option("kind")
    if asked and asked not in KINDS:
        raise NotUnderstood(f"{asked!r} is no kind of carbon figure; use one of {', '.join(KINDS)}.", [])
    texts = [columns.value.name]
    texts += [p.values.drop_nulls().head(1).to_list()[0] for role in ("variable",) if (p := columns.roles.get(role))]
    said = plain(" ".join(texts))
    for words, kind in ((_MARGINAL, "marginal"), (_RESIDUAL, "residual"), (_AVERAGE, "location_average")):
        if re.search(rf"(?:{words})", said):
            if asked and asked != kind:
                raise NotUnderstood(f"The file says that its figures are {kind}, not {asked}.", [f"kind: {said}"])
            return kind, f"the file says {said!r}"
    if asked:
        return asked, "as asked"
    names = {plain(p.name) for p in found}
    known = any(marks <= names or all(any(n.startswith(m) for n in names) for m in marks) for marks in _AVERAGES)
    if known or _published_unit(names) or any("twh" in n or "t wh" in n for n in names):
        return "location_average", "known publication of averages"
    raise NotUnderstood(
        "The file does not say whether its figures are averages or marginal: give --kind location_average, marginal "
        "or residual.",
        [f"kind: no word for it in {said!r}"],
    )


def _region(frame: pl.DataFrame, columns: _Found, found: list[Profile], ask: Ask) -> tuple[pl.Series, str]:
    """The region of each row: as asked for the whole file, else of its column, else of a known file name."""
    height = frame.height
    asked = ask.option("region")
    if asked:
        return pl.Series("region", [asked], dtype=pl.String).new_from_index(0, height), "as asked"
    if "region" in columns.roles:
        column = columns.roles["region"]
        texts = frame[column.column]
        # The publication of Great Britain numbers its regions.
        own = "GB-" if _PUBLISHED[0][0] <= {plain(p.name) for p in found} and column.kind == "number" else ""
        known = {t: country_code(t) or own + t for t in texts.drop_nulls().unique().to_list()}
        return texts.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String).alias(
            "region"
        ), f"column {column.name!r}"
    named = re.match(r"^SGIP_([A-Z]+(?:_[A-Z]+)*)_\d{4}", ask.name)
    if named:
        return pl.Series("region", [named.group(1)], dtype=pl.String).new_from_index(0, height), "file name"
    only = _only_region({plain(p.name) for p in found}) or ask.option("region_else")
    if only:
        return pl.Series("region", [only], dtype=pl.String).new_from_index(0, height), "known publication"
    raise NotUnderstood(
        "The file does not say which grid its figures are for: give --region, for example --region DE.", []
    )


def _rows(table: Table, columns: _Found, ask: Ask, kind: str) -> pl.DataFrame:
    frame, factor = table.clean, columns.unit.mg_per_kwh
    height = frame.height
    value = exactly(frame[columns.value.column], columns.style, factor)
    rows = base(table).with_columns(
        mg_co2e_per_kwh=value, _written=frame[columns.value.column].is_not_null(), kind=pl.lit(kind),
        timezone=pl.lit(ask.zone), gas_basis=pl.lit(_gas(columns.value.name)), _other=_other(frame, columns),
        forecast_mg=_forecasts(frame, columns, factor),
    )  # fmt: skip
    for role in ("source", "licence"):
        p = columns.roles.get(role)
        text = frame[p.column] if p else pl.Series([None], dtype=pl.String).new_from_index(0, height)
        rows = rows.with_columns(pl.lit(ask.option(role)).alias(role) if ask.option(role) else text.alias(role))
    return rows


def _gas(header: str) -> str | None:
    text = header.lower().replace("₂", "2")
    return "CO2e" if re.search(r"co2\s*_?(?:e\b|eq)|ghg", text) else "CO2" if "co2" in text else None


def _forecasts(frame: pl.DataFrame, columns: _Found, factor: Decimal) -> pl.Series:
    """What was forecast at each row for the steps after it, as a list; null without forecasts."""
    if not columns.forecasts:
        return pl.Series("forecast_mg", [None], dtype=pl.List(pl.Int64)).new_from_index(0, frame.height)
    parts = [exactly(frame[p.column], columns.style, factor).alias(p.column) for p in columns.forecasts]
    return pl.DataFrame(parts).select(forecast_mg=pl.concat_list(pl.all())).to_series()


def _other(frame: pl.DataFrame, columns: _Found) -> pl.Series:
    """Rows of a long table that are about something else: another variable, or another kind of unit."""
    none = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    if "variable" in columns.roles:
        texts = frame[columns.roles["variable"].column]
        about = texts.str.to_lowercase().str.contains(_INTENSITY).fill_null(False)
        none = none if not about.any() else ~about
    if "unit" in columns.roles:
        texts = frame[columns.roles["unit"].column]
        good = [u for u in texts.drop_nulls().unique().to_list() if carbon_unit_in(u.replace("_", " "))]
        none = none | ~texts.is_in(good).fill_null(False) if good else none
    return none.alias("_other")


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("mg_co2e_per_kwh")
    reason = first_reason(
        ("too_many_fields", pl.col("_extra")), ("other_quantity", pl.col("_other")),
        ("missing_value", ~pl.col("_written")), ("unreadable_value", value.is_null()),
        ("negative_value", value < 0), ("implausible_value", value > IMPOSSIBLE_G * 1000),
        ("missing_region", pl.col("region").is_null()),
    )  # fmt: skip
    length = (pl.col("to_utc") - pl.col("from_utc")).dt.total_seconds()
    key = pl.concat_str(
        "kind", "region", pl.col("from_utc").dt.epoch("ms").cast(pl.String), length.cast(pl.String), separator="|"
    )
    return rows.with_columns(
        _reason=pl.coalesce("_reason", reason),
        resolution_s=length,
        row_key=key,
        _twice=pl.col("_twice").fill_null(False),
    )


def _notes(rows: pl.DataFrame) -> list[str]:
    """Steps that the file leaves out are gaps: they are said, and nothing is put into them."""
    good = rows.filter(pl.col("_reason").is_null()).unique("row_key").sort("region", "from_utc")
    gap = good.select(
        (pl.col("from_utc").shift(-1) > pl.col("to_utc")).over("region").fill_null(False)
    ).to_series()  # fmt: skip
    missing = int(gap.sum())
    return [f"{missing} gaps between the rows were left as gaps"] if missing else []


CARBON = Kind(
    "carbon", "values", REASONS, {"_twice": "repeated_local_hour_told_apart"}, typed,
    ("mg_co2e_per_kwh",), "mg_co2e_per_kwh",
)  # fmt: skip
