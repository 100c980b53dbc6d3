"""Carbon is exact, sourced, and says what it does not know."""

from datetime import date

import polars as pl
import pytest

from pipelines.resources import factors
from pipelines.transforms import carbon

pytestmark = pytest.mark.req("ESG-01")
FACTORS = factors.table()


def of(country: str | None, wh: int = 10_000, year: int = 2023) -> dict[str, object]:
    rows = pl.DataFrame(
        [{"country": country, "energy_wh": wh, "local_day": date(year, 6, 1)}], schema_overrides={"country": pl.String}
    )
    (row,) = carbon.of_sessions(rows, FACTORS, factors.VM0038_US_LEVEL_2).to_dicts()
    return row


def test_the_published_baseline_of_vm0038() -> None:
    assert factors.vm0038_mg_per_kwh() == 905_091


def test_location_based_is_energy_times_the_factor_of_the_country() -> None:
    row = of("FI")
    assert row["location_mg_per_kwh"] == 79_158
    assert row["co2e_location_ug"] == 10_000 * 79_158
    assert row["avoided_ug"] == 10_000 * (905_091 - 79_158)
    assert row["resolution"] == "yearly"


def test_market_based_equals_location_based_and_says_why() -> None:
    row = of("DE")
    assert row["co2e_market_ug"] == row["co2e_location_ug"]
    assert row["market_basis"] == "location: no contractual instrument data"


@pytest.mark.parametrize("country", ["XX", None])
def test_without_a_factor_there_is_no_figure(country: str | None) -> None:
    row = of(country)
    assert (row["location_mg_per_kwh"], row["co2e_location_ug"], row["avoided_ug"]) == (None, None, None)


def test_the_latest_year_not_after_the_session_is_taken_else_the_earliest() -> None:
    one = FACTORS.filter(pl.col("region") == "FI")
    years = [one.with_columns(year=pl.lit(y, pl.Int64), mg_per_kwh=pl.lit(y, pl.Int64)) for y in (2020, 2022, 2024)]
    table = pl.concat([*years, FACTORS.filter(pl.col("kind") == "avoided_baseline")])
    found = {}
    for year in (2018, 2020, 2023, 2030):
        rows = pl.DataFrame([{"country": "FI", "energy_wh": 1, "local_day": date(year, 1, 1)}])
        found[year] = carbon.of_sessions(rows, table, factors.VM0038_US_LEVEL_2)["location_mg_per_kwh"].item()
    assert found == {2018: 2020, 2020: 2020, 2023: 2022, 2030: 2024}


@pytest.mark.parametrize(
    "field", ["source", "year", "region", "gas_basis", "boundary", "unit", "licence", "resolution"]
)
def test_every_factor_says_what_it_is(field: str) -> None:
    assert FACTORS[field].null_count() == 0
    assert FACTORS.filter(pl.col(field).cast(pl.String) == "").height == 0


def test_factors_are_named_once_and_positive() -> None:
    assert FACTORS["factor"].is_unique().all()
    assert FACTORS["mg_per_kwh"].min() > 0  # type: ignore[operator]
    assert FACTORS.height > 200
