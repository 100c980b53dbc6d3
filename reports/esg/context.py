"""From an extract to what the template prints: sums, once rounded, in the words and digits of one language."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from reports.brand import day, direction, language_of, month, number, thousandth
from reports.figures import Figure
from reports.words import words

from .extract import Extract, Row, keyed

SITES_SHOWN = 300
RESOLUTIONS = ("hourly", "daily", "monthly", "yearly", "mixed")
SUMS = ("energy_wh", "co2e_location_ug", "co2e_market_ug", "avoided_ug")
SCOPES = ("2", "3.3")
SUMMED = (
    ("sessions", "", 0, 0), ("energy_wh", "kWh", -3, 3), ("co2e_location_ug", "kg CO2e", -9, 3),
    ("co2e_market_ug", "kg CO2e", -9, 3), ("avoided_ug", "kg CO2", -9, 3),
)  # fmt: skip


def grams(micrograms: int) -> int:
    """Whole grams, rounded half to even: the one rounding of the report."""
    return int((Decimal(micrograms) / 1_000_000).quantize(Decimal(1), ROUND_HALF_EVEN))


def totals(rows: Iterable[Row]) -> dict[str, int]:
    """Sessions, Wh and µg of these rows. A session without a factor adds no emissions and no avoided ones."""
    result = {"sessions": 0, **dict.fromkeys(SUMS, 0)}
    for row in rows:
        result["sessions"] += 1
        for name in SUMS:
            result[name] += row[name] or 0
    return result


def context(extract: Extract) -> dict[str, Any]:
    """Everything the template names."""
    language = language_of(extract.language)
    text = words("esg", language)
    start, end = date.fromisoformat(extract.period_start), date.fromisoformat(extract.period_end)
    last = day(end - timedelta(days=1), language)
    rows = [row for row in extract.rows if row["scope"] in SCOPES]
    return {
        "t": text,
        "title": text["title"],
        "language": language,
        "direction": direction(language),
        "brand": extract.brand,
        "organisation": extract.organisation,
        "period": text["until"].format(start=day(start, language), end=last),
        "created": extract.published_at,
        "data_version": extract.data_version,
        "csv_sha256": hashlib.sha256(extract.csv()).hexdigest(),
        "total": printed(totals(rows), language),
        "scopes": _scopes(rows, text, language),
        "months": _months(rows, language),
        "sites": _sites(rows, text, language),
        "factors": [_factor(factor, language) for factor in extract.factors],
        "resolution": _resolution(rows, text, language),
        "notes": _notes(extract.rows, text, language),
        "empty": not rows,
    }


def printed(sums: dict[str, int], language: str) -> dict[str, str]:
    """Sums as text: kWh and kg with three places."""
    return {
        "sessions": number(sums["sessions"], language),
        "kwh": thousandth(sums["energy_wh"], language),
        "location_kg": thousandth(grams(sums["co2e_location_ug"]), language),
        "market_kg": thousandth(grams(sums["co2e_market_ug"]), language),
        "avoided_kg": thousandth(grams(sums["avoided_ug"]), language),
    }


def all_figures(extract: Extract) -> list[Figure]:
    """Every printed sum with its rule: in all, by scope, by month, by site."""
    lines = figure_lines(extract)
    groups: list[tuple[str, dict[str, tuple[str, ...]]]] = [("total", {"scope": SCOPES})]
    for column in ("scope", "month", "place"):
        names = sorted({str(line[column]) for line in lines if line["scope"] in SCOPES})
        groups += [(f"{column}/{name}", {"scope": SCOPES, column: (name,)}) for name in names]
    return [
        Figure(f"{group}/{column}", column, where, unit, scale, places)
        for group, where in groups
        for column, unit, scale, places in SUMMED
    ]


def figure_lines(extract: Extract) -> list[Row]:
    """The rows with what figures are summed by."""
    return [row | keyed(row) for row in extract.rows]


def grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, dict[str, int]]:
    """Totals of each group, in the order of the key."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: totals(groups[name]) for name in sorted(groups)}


def _scopes(rows: list[Row], text: dict[str, str], language: str) -> list[dict[str, str]]:
    found = grouped(rows, lambda row: str(row["scope"]))
    names = {scope: text["scope_" + scope.replace(".", "_")] for scope in SCOPES}
    return [{"name": names[scope], **printed(found[scope], language)} for scope in SCOPES if scope in found]


def _months(rows: list[Row], language: str) -> list[dict[str, str]]:
    found = grouped(rows, lambda row: str(row["local_day"])[:7])
    return [
        {"name": month(int(name[:4]), int(name[5:]), language), **printed(sums, language)}
        for name, sums in found.items()
    ]


def _sites(rows: list[Row], text: dict[str, str], language: str) -> list[dict[str, str]]:
    found = grouped(rows, lambda row: str(row["site"] or row["charger"]))
    order = sorted(found, key=lambda name: (-found[name]["energy_wh"], name))
    shown = [{"name": name, **printed(found[name], language)} for name in order[:SITES_SHOWN]]
    rest = order[SITES_SHOWN:]
    if rest:
        sums = {key: sum(found[name][key] for name in rest) for key in ("sessions", *SUMS)}
        shown.append({"name": text["others"].format(n=number(len(rest), language)), **printed(sums, language)})
    return shown


def _resolution(rows: list[Row], text: dict[str, str], language: str) -> str:
    """How fine the factors are that the energy was multiplied with. A session may have hours of several kinds."""
    wh: dict[str, int] = defaultdict(int)
    for row in rows:
        wh[str(row["resolution"])] += row["energy_wh"]
    parts = [text[f"r_{name}"].format(kwh=thousandth(wh[name], language)) for name in RESOLUTIONS if name in wh]
    return text["resolution"].format(parts=", ".join(parts)) if parts else ""


def _factor(factor: dict[str, Any], language: str) -> dict[str, str]:
    """A series has no one value."""
    value = factor["mg_per_kwh"]
    parts = (factor["source"], factor["gas_basis"], factor["boundary"], factor["licence"])
    return {
        "name": f"{factor['region_name']} ({factor['factor']})",
        "value": "–" if value is None else number(Decimal(value).scaleb(-3), language, 3),
        "year": str(factor["year"] or ""),
        "source": "; ".join(parts),
        "url": factor["source_url"],
    }


def _notes(rows: list[Row], text: dict[str, str], language: str) -> list[str]:
    imported = sum(row["source"] == "imported" for row in rows)
    assumed = sum(row["country_from"] == "tenant" for row in rows)
    without = [row for row in rows if row["co2e_location_ug"] is None]
    notes = [text[name] for name in ("m_period", "m_location", "m_market", "m_avoided", "m_rounding")]
    if imported:
        notes.append(text["m_imported"].format(n=number(imported, language)))
    if assumed:
        notes.append(text["m_country"].format(n=number(assumed, language)))
    if outside := [row for row in rows if row["scope"] not in SCOPES]:
        kwh = thousandth(totals(outside)["energy_wh"], language)
        notes.append(text["m_outside"].format(n=number(len(outside), language), kwh=kwh))
    if without:
        kwh = thousandth(totals(without)["energy_wh"], language)
        notes.append(text["m_no_factor"].format(n=number(len(without), language), kwh=kwh))
    return notes
