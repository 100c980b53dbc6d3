"""Emission factors as dated rows. Each names its source, year, region, gas basis, boundary, unit and licence."""

import csv
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.marts.factors import TABLE

_HERE = Path(__file__).parent
VM0038_US_LEVEL_2 = "vm0038-v1.0/us-level-2"
_GRID = {
    "kind": "grid_location",
    "gwp": "as the source states",
    "boundary_kind": "life_cycle",
    "unit": "g CO2e per kWh",
    "gas_basis": "CO2e",
    "boundary": "life cycle of generation, without grid losses",
    "resolution": "yearly",
    "source": "Ember and Energy Institute, processed by Our World in Data, as collected in CodeCarbon",
    "source_url": "https://ourworldindata.org/grapher/carbon-intensity-electricity",
    "licence": "data CC BY 4.0 (Our World in Data); file MIT (CodeCarbon)",
}
_VM0038 = {
    "factor": VM0038_US_LEVEL_2,
    "gwp": "",
    "boundary_kind": "combustion",
    "kind": "avoided_baseline",
    "region": "US",
    "region_name": "United States default, Level 2",
    "year": 2018,
    "published": "EF 0.0088 t/gal × 100 × IR 1 / (AFEC 33.32 kWh/100 mi × 29.18 mpg)",
    "unit": "t CO2 per kWh charged",
    "gas_basis": "CO2",
    "boundary": "petrol burnt in the replaced light car, without supply of the fuel",
    "resolution": "yearly",
    "source": "Verra VM0038 v1.0, published default values",
    "source_url": "https://verra.org/methodologies/vm0038-methodology-for-electric-vehicle-charging-systems-v1-0/",
    "licence": "values of a published methodology",
    "valid_from": None,
    "valid_to": None,
}


def grid_name(country: str, year: int) -> str:
    return f"grid/{country}/{year}"


@cache
def table() -> pl.DataFrame:
    """All factors of the platform, with the columns of the mart. Whole milligrams, rounded half-even when made."""
    with (_HERE / "grid_yearly.csv").open(encoding="utf-8", newline="") as file:
        rows = [_grid_row(row) for row in csv.DictReader(file)]
    with (_HERE / "published.csv").open(encoding="utf-8", newline="") as file:
        rows += [_published_row(row) for row in csv.DictReader(file)]
    made = [_whole(row) for row in (*rows, _VM0038 | {"mg_per_kwh": vm0038_mg_per_kwh()})]
    return pl.DataFrame(made, schema=TABLE.schema)


def _whole(row: dict[str, object]) -> dict[str, object]:
    """A row with every column: a factor of electricity unless it says otherwise, in its first version."""
    plain: dict[str, object] = {"base": row["factor"], "version": 1, "tenant": "", "activity": "electricity"}
    electric = {"value": row.get("mg_per_kwh"), "value_unit": "mg/kWh"}
    whole = plain | electric | row
    return {name: whole.get(name) for name in TABLE.schema}


def _published_row(row: dict[str, str]) -> dict[str, object]:
    value = int(row["value"])
    return row | {
        "year": int(row["year"]),
        "value": value,
        "mg_per_kwh": value if row["value_unit"] == "mg/kWh" else None,
        "resolution": "yearly",
        "valid_from": date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    }


def vm0038_mg_per_kwh() -> int:
    """Baseline of VM0038 for the US Level 2 defaults: EF × 100 × IR / (AFEC × MPG), t to mg, half-even."""
    tonnes = Fraction(88, 10_000) * 100 / (Fraction(3332, 100) * Fraction(2918, 100))
    return round(tonnes * 10**9)


def _grid_row(row: dict[str, str]) -> dict[str, object]:
    year = int(row["year"])
    milligrams = (Decimal(row["gco2e_per_kwh"]) * 1000).quantize(Decimal(1), ROUND_HALF_EVEN)
    return _GRID | {
        "factor": grid_name(row["country"], year),
        "region": row["country"],
        "region_name": row["name"],
        "year": year,
        "mg_per_kwh": int(milligrams),
        "published": row["gco2e_per_kwh"],
        "valid_from": date(year, 1, 1),
        "valid_to": date(year + 1, 1, 1),
    }
