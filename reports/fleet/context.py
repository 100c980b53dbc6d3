"""From an extract to what the template prints: at most 500 rows of vehicles, the rest in the CSV."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from reports.brand import day, direction, language_of, month, number
from reports.figures import Figure, Where
from reports.words import words

from .extract import Extract

VEHICLES_SHOWN, SITES_SHOWN, IDLE_SHOWN = 200, 60, 40
KWH, KG = ("kWh", -3, 1), ("kg CO2e", -9, 1)
COLUMNS = (
    ("sessions", ("", 0, 0)), ("energy_wh", KWH), ("co2e_location_ug", KG), ("co2e_market_ug", KG), ("avoided_ug", KG),
)  # fmt: skip


def all_figures(extract: Extract) -> Iterator[Figure]:
    """Every figure with its rule: in all, by month, by site, by vehicle; costs by currency."""
    yield from _figures(extract, "total", {})
    for column in ("month", "site", "vehicle"):
        for name in sorted({row[column] for row in extract.rows}):
            yield from _figures(extract, f"{column}/{name}", {column: (name,)})


def context(extract: Extract) -> dict[str, Any]:
    """Everything the template names."""
    language = language_of(extract.language)
    text = words("fleet", language)
    start, end = date.fromisoformat(extract.period_start), date.fromisoformat(extract.period_end)
    return {
        "t": text,
        "title": text["title"],
        "language": language,
        "direction": direction(language),
        "brand": extract.brand,
        "organisation": extract.organisation,
        "period": text["until"].format(start=day(start, language), end=day(end - timedelta(days=1), language)),
        "created": extract.published_at,
        "data_version": extract.data_version,
        "csv_sha256": extract.csv_sha256,
        "total": _row(extract, text["total"], {}, language),
        "summary": _summary(extract, text, language),
        "months": [_row(extract, _month(m, language), {"month": (m,)}, language) for m in _names(extract, "month")],
        "sites": _most(extract, "site", SITES_SHOWN, text, language),
        "vehicles": _most(extract, "vehicle", VEHICLES_SHOWN, text, language),
        "idle": _idle(extract, text, language),
        "notes": _notes(extract, text, language),
        "empty": not extract.rows,
    }


def _figures(extract: Extract, group: str, where: Where) -> Iterator[Figure]:
    for column, (unit, scale, places) in COLUMNS:
        yield Figure(f"{group}/{column}", column, where, unit, scale, places)
    for code, digits in sorted(extract.digits.items()):
        yield Figure(f"{group}/cost/{code}", "cost_minor", {**where, "currency": (code,)}, code, -digits, digits)


def _row(extract: Extract, name: str, where: Where, language: str) -> dict[str, Any]:
    shown = [(figure, figure.value(extract.sums) or Decimal(0)) for figure in _figures(extract, "", where)]
    costs = [
        f"{number(value, language, f.places)} {f.unit}" for f, value in shown if f.column == "cost_minor" and value
    ]
    cells = [number(value, language, f.places) for f, value in shown if f.column != "cost_minor"]
    return {"name": name, "cells": [*cells[:2], " · ".join(costs) or "–", *cells[2:]]}


def _names(extract: Extract, column: str) -> list[str]:
    return sorted({row[column] for row in extract.rows})


def _most(extract: Extract, column: str, most: int, text: dict[str, str], language: str) -> list[dict[str, Any]]:
    """The names with the most energy; the others in one row."""
    names = sorted(_names(extract, column), key=lambda name: (-extract.sums.of("energy_wh", {column: (name,)}), name))
    shown = [_row(extract, name, {column: (name,)}, language) for name in names[:most]]
    if rest := names[most:]:
        said = text["others"].format(n=number(len(rest), language))
        shown.append(_row(extract, said, {column: tuple(rest)}, language))
    return shown


def _summary(extract: Extract, text: dict[str, str], language: str) -> str:
    """What a manager wants to know first."""
    sums = extract.sums
    priced = sums.of("priced_sessions", {})
    return text["summary"].format(
        name=extract.organisation, vehicles=number(len(_names(extract, "vehicle")), language),
        kwh=number(Decimal(sums.of("energy_wh", {})).scaleb(-3), language, 0), priced=number(priced, language),
        sessions=number(sums.of("sessions", {}), language), idle=number(len(extract.idle), language),
    )  # fmt: skip


def _idle(extract: Extract, text: dict[str, str], language: str) -> str:
    shown = " · ".join(extract.idle[:IDLE_SHOWN])
    rest = len(extract.idle) - IDLE_SHOWN
    return shown + (" … " + text["more"].format(n=number(rest, language)) if rest > 0 else "")


def _notes(extract: Extract, text: dict[str, str], language: str) -> list[str]:
    notes = [text["n_energy"], text["n_cost"], text["n_carbon"], text["n_drivers"]]
    unpriced = extract.sums.of("sessions", {}) - extract.sums.of("priced_sessions", {})
    return [*notes, text["n_unpriced"].format(n=number(unpriced, language))] if unpriced else notes


def _month(name: str, language: str) -> str:
    return month(int(name[:4]), int(name[5:7]), language)
