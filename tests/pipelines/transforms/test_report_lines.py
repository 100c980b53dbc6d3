"""From the inventory to lines of a report: sums kept to the microgram, each Wh once, renewable only by instrument."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.marts import carbon, inventory
from pipelines.transforms.report_lines import gaps, lines, without_energy

pytestmark = pytest.mark.req("ESG-02", "ESG-03")


def of_inventory(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {
        "tenant": "ampere", "organisation": "", "consolidated": True, "source": "live", "period": "2026-03",
        "local_day": date(2026, 3, 10), "site": "Kallio", "country": "FI", "scope": "2", "category": "",
        "method": "location", "activity": "electricity", "instrument": "", "evidence": "", "energy_source": "",
        "factor": "grid/FI/2023", "factor_value": 79_158, "factor_unit": "mg/kWh", "resolution": "yearly", "unit": "Wh",
        "quantity": 1000, "energy_wh": 1000, "sessions": 1, "gap": "", "data_version": "",
    }  # fmt: skip
    made = []
    for row in rows:
        line = dict.fromkeys(inventory.TABLE.schema) | plain | row
        if "ug" not in row and line["factor_value"] is not None:
            line["ug"] = line["quantity"] * line["factor_value"]
        made.append(line)
    return pl.DataFrame(made, schema=inventory.TABLE.schema)


def of_carbon(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {
        "site": "Kallio", "local_day": date(2026, 3, 10), "energy_wh": 1000, "baseline_factor": "vm",
        "baseline_mg_per_kwh": 905_091, "baseline_ug": 905_091_000, "co2e_location_ug": 79_158_000,
        "avoided_ug": 825_933_000,
    }  # fmt: skip
    made = [dict.fromkeys(carbon.TABLE.schema) | plain | row for row in rows]
    return pl.DataFrame(made, schema=carbon.TABLE.schema)


MARKET = {"method": "market", "instrument": "average", "energy_source": "unknown"}


def test_days_of_a_month_become_one_line_and_keep_their_product() -> None:
    rows = of_inventory({"local_day": date(2026, 3, 1)}, {"quantity": 7, "energy_wh": 7}, MARKET)
    (line,) = lines(rows, of_carbon()).filter(kind="emission", method="location").to_dicts()
    assert (line["quantity"], line["ug"]) == (1007, 1007 * 79_158)


def test_electricity_is_renewable_only_by_an_instrument_and_each_wh_counts_once() -> None:
    bought = MARKET | {"instrument": "certificate", "energy_source": "renewable", "quantity": 400, "energy_wh": 400}
    rows = of_inventory({}, MARKET | {"quantity": 600, "energy_wh": 600}, bought)
    energy = lines(rows, of_carbon()).filter(kind="energy")
    assert dict(energy.select("energy_source", "quantity").iter_rows()) == {"renewable": 400, "unknown": 600}


def test_power_that_is_sold_is_not_own_energy() -> None:
    rows = of_inventory({"scope": "3", "category": "3D"}, MARKET | {"scope": "3", "category": "3D"})
    assert lines(rows, of_carbon()).filter(kind="energy").height == 0


def test_fuel_is_energy_of_its_own_kind() -> None:
    burnt = {"scope": "1", "method": "both", "unit": "ml", "quantity": 50, "energy_wh": 500, "factor_value": 2_500_000}
    rows = of_inventory(burnt | {"activity": "diesel"}, burnt | {"activity": "hvo"})
    energy = lines(rows, of_carbon()).filter(kind="energy").sort("energy_source").to_dicts()
    assert [(line["energy_source"], line["category"], line["quantity"]) for line in energy] == [
        ("fossil", "fuel", 500),
        ("renewable", "fuel", 500),
    ]
    assert without_energy(rows) == []
    assert without_energy(of_inventory(burnt | {"activity": "lpg", "energy_wh": None})) == ["lpg"]


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**6), st.booleans()), max_size=8))
def test_no_microgram_is_lost(cells: list[tuple[int, int, bool]]) -> None:
    rows = [
        {"quantity": wh, "energy_wh": wh, "factor_value": mg, "factor": str(mg), "site": "A" if a else "B"}
        for wh, mg, a in cells
    ]
    held = of_inventory(*rows)
    made = lines(held, of_carbon()).filter(kind="emission")
    assert made["ug"].sum() == held["ug"].sum() and made["quantity"].sum() == held["quantity"].sum()
    assert made.filter(pl.col("ug") != pl.col("quantity") * pl.col("factor_value")).height == 0


def test_what_was_avoided_is_baseline_less_emissions() -> None:
    made = lines(of_inventory(), of_carbon({}, {"avoided_ug": None})).filter(kind="avoided")
    assert made["ug"].sum() == 825_933_000


def test_gaps_are_named_once() -> None:
    unknown = {"factor_value": None, "ug": None, "factor": None, "gap": "no_grid_factor"}
    rows = of_inventory({}, unknown, MARKET | unknown)
    assert lines(rows, of_carbon()).filter(kind="emission", method="location")["quantity"].to_list() == [1000]
    assert gaps(rows).to_dicts() == [
        {"gap": "no_grid_factor", "category": "", "activity": "electricity", "sessions": 1, "energy_wh": 1000}
    ]
