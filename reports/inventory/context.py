"""From an extract to what the template prints."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from reports.brand import day, direction, language_of, month, number
from reports.figures import Figure, fits
from reports.lines import Line
from reports.words import words

from .extract import Extract
from .points import (
    DOCUMENTS,
    MWH,
    SCOPE_1,
    SCOPE_2_LOCATION,
    SCOPE_2_MARKET,
    SCOPE_3_3,
    TONNES,
    TOTAL_LOCATION,
    TOTAL_MARKET,
    Point,
    figures,
)  # fmt: skip

SITES_SHOWN = 60
RESOLUTIONS = ("hourly", "daily", "monthly", "yearly")
# Electricity charged into own vehicles and sold to drivers, each Wh once.
POWER = {
    "kind": ("emission",), "scope": ("2", "3"), "category": ("", "3D"), "method": ("location",),
    "activity": ("electricity",),
}  # fmt: skip
CHART = ("scope_1", "scope_2_location", "scope_3_3")
COLUMNS = {
    "scope_1": SCOPE_1, "scope_2_location": SCOPE_2_LOCATION, "scope_2_market": SCOPE_2_MARKET, "scope_3_3": SCOPE_3_3,
}  # fmt: skip


def all_figures(extract: Extract) -> list[Figure]:
    """Every figure of the document, in its order: points, months, sites."""
    text = words("inventory", language_of(extract.language))
    found = list(figures(extract.kind, text, extract.net_revenue, extract.currency))
    found += [figure for _, row in _by(extract, "period") for figure in row]
    found += [figure for _, row in _by(extract, "site") for figure in row]
    return found


def context(extract: Extract) -> dict[str, Any]:
    """Everything the template names."""
    language = language_of(extract.language)
    text = words("inventory", language)
    start, end = date.fromisoformat(extract.period_start), date.fromisoformat(extract.period_end)
    return {
        "t": text,
        "kind": extract.kind,
        "title": text[f"title_{extract.kind}"],
        "standard": text[f"standard_{extract.kind}"],
        "language": language,
        "direction": direction(language),
        "brand": extract.brand,
        "organisation": extract.organisation,
        "period": text["until"].format(start=day(start, language), end=day(end - timedelta(days=1), language)),
        "created": extract.published_at,
        "data_version": extract.data_version,
        "csv_sha256": hashlib.sha256(extract.csv()).hexdigest(),
        "keys": _keys(extract, text, language),
        "summary": _summary(extract, text, language),
        "boundary": text[f"boundary_{extract.boundary}"].format(name=extract.organisation),
        "sections": _sections(extract, text, language),
        "months": _table(extract, "period", language, text),
        "sites": _table(extract, "site", language, text),
        "chart": _chart(extract, language),
        "factors": [_factor(factor, text, language) for factor in extract.factors],
        "notes": [text[word].format(**_shown(values, text, language)) for word, values in _notes(extract)],
        "empty": not extract.lines,
    }


def said(value: Decimal | None, places: int, language: str) -> str:
    return "–" if value is None else number(value, language, places)


def _keys(extract: Extract, text: dict[str, str], language: str) -> list[dict[str, str]]:
    points = (
        Point("scope_1", "", SCOPE_1), Point("scope_2_location", "", SCOPE_2_LOCATION),
        Point("scope_2_market", "", SCOPE_2_MARKET), Point("scope_3_3", "", SCOPE_3_3),
    )  # fmt: skip
    return [
        {"value": said(point.figure("", "", None, "").value(extract.sums), 3, language), "name": text[point.word]}
        for point in points
    ]


def _summary(extract: Extract, text: dict[str, str], language: str) -> str:
    """Two sentences for a reader who reads no table."""
    energy = _value(extract, Point("", "", {"kind": ("energy",)}, MWH), 1)
    location, market = (_value(extract, Point("", "", where), 1) for where in (TOTAL_LOCATION, TOTAL_MARKET))
    renewable = Figure("", "quantity", {"kind": ("energy",), "energy_source": ("renewable",)}, "%", 0, 0,
                       share_of={"kind": ("energy",)}).value(extract.sums)  # fmt: skip
    sold = Figure("", "quantity", {**POWER, "scope": ("3",)}, "MWh", -6, 1).value(extract.sums)
    first = "summary" if energy else "summary_sold"
    return text[first].format(
        sold=said(sold, 1, language),
        name=extract.organisation, mwh=said(energy, 1, language), location=said(location, 1, language),
        market=said(market, 1, language), renewable=said(renewable, 0, language),
    )  # fmt: skip


def _value(extract: Extract, point: Point, places: int) -> Decimal | None:
    unit, column, scale, _ = point.unit
    return Figure("", column, point.where, unit, scale, places).value(extract.sums)


def _sections(extract: Extract, text: dict[str, str], language: str) -> list[dict[str, Any]]:
    known = bool(extract.net_revenue)
    return [
        {
            "name": text[section.word],
            "rows": [
                _row(extract, point, text, language) for point in section.points if known or not point.per_revenue
            ],
        }
        for section in DOCUMENTS[extract.kind]
    ]


def _row(extract: Extract, point: Point, text: dict[str, str], language: str) -> dict[str, Any]:
    figure = point.figure(extract.kind, "", extract.net_revenue, extract.currency)
    value = said(figure.value(extract.sums), figure.places, language)
    return {
        "code": point.code, "name": text[point.word], "value": value, "unit": figure.unit, "strong": point.strong,
        "resolution": _resolution(extract.lines, figure, text),
    }  # fmt: skip


def _resolution(lines: list[Line], figure: Figure, text: dict[str, str]) -> str:
    """How fine the figure's factors are: every kind that stands behind it."""
    found = {str(line["resolution"]) for line in lines if line["resolution"] and fits(line, figure.where)}
    return ", ".join(text[f"resolution_{word}"] for word in RESOLUTIONS if word in found)


def _by(extract: Extract, column: str) -> Iterator[tuple[str, list[Figure]]]:
    """Figures of each month or site, for the names that the lines have, in their order."""
    unit, of, scale, places = TONNES
    for name in sorted({str(line[column]) for line in extract.lines if line["kind"] == "emission"}):
        energy = Figure(f"{column}/{name}/electricity", "quantity", {**POWER, column: (name,)}, "MWh", -6, 3)
        yield name, [energy, *(
            Figure(f"{column}/{name}/{word}", of, {**where, column: (name,)}, unit, scale, places)
            for word, where in COLUMNS.items()
        )]  # fmt: skip


def _table(extract: Extract, column: str, language: str, text: dict[str, str]) -> list[dict[str, Any]]:
    rows = [(name, [figure.value(extract.sums) for figure in found]) for name, found in _by(extract, column)]
    if column == "site":
        rows.sort(key=lambda row: (-(row[1][0] or 0), row[0]))
    shown = [
        {"name": _name(name, column, language, text), "cells": [said(value, 3, language) for value in values]}
        for name, values in rows[:SITES_SHOWN]
    ]
    if rest := rows[SITES_SHOWN:]:
        sums = [sum((row[1][at] or Decimal(0) for row in rest), Decimal(0)) for at in range(len(COLUMNS) + 1)]
        name = text["others"].format(n=number(len(rest), language))
        shown.append({"name": name, "cells": [said(value, 3, language) for value in sums]})
    return shown


def _name(name: str, column: str, language: str, text: dict[str, str]) -> str:
    return month(int(name[:4]), int(name[5:7]), language) if column == "period" else name or text["no_site"]


def _chart(extract: Extract, language: str) -> dict[str, Any]:
    """Stacked bars a month: heights in thousandths of the highest."""
    bars = []
    for name, found in _by(extract, "period"):
        values = {figure.id.rpartition("/")[2]: figure.value(extract.sums) or Decimal(0) for figure in found}
        bars.append((month(int(name[:4]), int(name[5:7]), language), [values[word] for word in CHART]))
    most = max((sum(values) for _, values in bars), default=Decimal(0)) or Decimal(1)
    return {
        "words": CHART,
        "bars": [{"name": name, "parts": [int(1000 * value / most) for value in values]} for name, values in bars[:24]],
    }


def _factor(factor: dict[str, Any], text: dict[str, str], language: str) -> dict[str, str]:
    """A series has no one value: each line of the CSV has that of its hour."""
    value, many = factor["value_mg"], factor.get("resolution") or "hourly"
    parts = (factor["source"], factor["gas_basis"], factor["boundary"], factor["licence"])
    return {
        "name": f"{factor['region_name']} ({factor['factor']})",
        "value": text[f"resolution_{many}"] if value is None else number(Decimal(value).scaleb(-3), language, 3),
        "unit": factor["unit"],
        "year": str(factor["year"] or ""),
        "source": "; ".join(part for part in parts if part),
        "url": factor["source_url"] or "",
    }


def _notes(extract: Extract) -> list[tuple[str, dict[str, Any]]]:
    plain = ["n_method", "n_scope_2", "n_scope_3", "n_renewable", "n_rounding"]
    if extract.kind != "ghg" and not extract.revenue:
        plain.append("n_no_revenue")
    if extract.kind == "esrs_e1" and any(line["kind"] == "credit" for line in extract.lines):
        plain.append("n_credits")
    given = [("n_revenue", {"revenue": extract.revenue, "currency": extract.currency})] if extract.revenue else []
    return [(word, {}) for word in plain] + given + _other_years(extract) + extract.notes


def _other_years(extract: Extract) -> list[tuple[str, dict[str, Any]]]:
    """The platform's yearly factors that stand in for those of another year, each with the years of consumption."""
    years = {factor["factor"]: str(factor["year"]) for factor in extract.factors if not factor.get("tenant")}
    used: dict[str, set[str]] = {}
    for line in extract.lines:
        year = str(line["period"])[:4]
        if line["kind"] == "emission" and years.get(line["factor"], year) not in (year, "None"):
            used.setdefault(line["factor"], set()).add(year)
    names = "; ".join(f"{factor} → {', '.join(sorted(found))}" for factor, found in sorted(used.items()))
    return [("n_other_year", {"names": f"\u2066{names}\u2069"})] if names else []


def _shown(values: dict[str, Any], text: dict[str, str], language: str) -> dict[str, str]:
    """Numbers in the language's digits; a list names words; `wh` is said in kWh."""
    shown = {name: _said(value, text, language) for name, value in values.items()}
    if "revenue" in values:
        shown["revenue"] = number(Decimal(values["revenue"]), language, 2)
    return shown | ({"kwh": number(Decimal(values["wh"]).scaleb(-3), language, 3)} if "wh" in values else {})


def _said(value: Any, text: dict[str, str], language: str) -> str:
    if isinstance(value, list):
        return ", ".join(text[word] for word in value)
    return number(value, language) if isinstance(value, int) else str(value)
