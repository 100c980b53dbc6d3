"""Carbon is exact, sourced, and says what it does not know: factors, hours, sessions."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.resources import factors
from pipelines.transforms import carbon, carbon_factors, carbon_hours

pytestmark = pytest.mark.req("ESG-01")
FACTORS = factors.table()
KINDS = pl.DataFrame({"tenant": ["ampere", "vans"], "kind": ["reseller", "fleet"]})
NO_SERIES = pl.DataFrame(
    schema={
        "tenant": pl.String, "country": pl.String, "hour": pl.Datetime("ms", "UTC"), "mg_per_kwh": pl.Int64,
        "source": pl.String, "resolution": pl.String,
    }
)  # fmt: skip
NOON = datetime(2023, 6, 1, 12, tzinfo=UTC)
SCHEMA = {"country": pl.String, "host_organisation": pl.String, "fleet_organisation": pl.String,
          "started_at": pl.Datetime("ms", "UTC"), "ended_at": pl.Datetime("ms", "UTC")}  # fmt: skip


def session(name: str = "s1", wh: int = 10_000, country: str | None = "FI", **other: object) -> dict[str, object]:
    """A session that ends at half past two in the afternoon."""
    plain = {
        "tenant": "ampere", "session": name, "source": "live", "charger": "c1", "site": "Kallio", "country": country,
        "host_organisation": None, "fleet_organisation": None, "local_day": date(2023, 6, 1),
        "started_at": NOON, "ended_at": NOON + timedelta(hours=2, minutes=30), "energy_wh": wh, "day": date(2023, 6, 1),
    }  # fmt: skip
    return plain | other


def sessions(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows) or [session()], schema_overrides=SCHEMA)


def quarters(*readings: int, name: str = "s1") -> pl.DataFrame:
    """Wh of the quarters from noon on."""
    at = [NOON + timedelta(minutes=15 * i) for i in range(len(readings))]
    return pl.DataFrame(
        {"tenant": ["ampere"] * len(at), "session": [name] * len(at), "quarter": at, "energy_wh": list(readings)},
        schema={"tenant": pl.String, "session": pl.String, "quarter": pl.Datetime("ms", "UTC"), "energy_wh": pl.Int64},
    )


def series(*figures: int | None) -> pl.DataFrame:
    """An hourly series for Finland from noon on."""
    rows = [
        {"tenant": "ampere", "country": "FI", "hour": NOON + timedelta(hours=i), "mg_per_kwh": mg, "source": "Fingrid",
         "resolution": "hourly"} for i, mg in enumerate(figures) if mg is not None
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=NO_SERIES.schema)


def reckoned(
    rows: pl.DataFrame, read: pl.DataFrame, fine: pl.DataFrame = NO_SERIES
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hours and sessions."""
    hours = carbon_hours.with_factors(carbon_hours.parts(rows, read), fine, FACTORS)
    return hours, carbon.of_sessions(rows, hours, FACTORS, factors.VM0038_US_LEVEL_2, KINDS)


def test_the_published_baseline_of_vm0038() -> None:
    assert factors.vm0038_mg_per_kwh() == 905_091


def test_without_a_series_it_is_energy_times_the_yearly_factor_of_the_country() -> None:
    _, found = reckoned(sessions(), quarters(*[1250] * 8))
    (row,) = found.to_dicts()
    assert (row["location_mg_per_kwh"], row["location_factor"]) == (79_158, "grid/FI/2023")
    assert row["co2e_location_ug"] == 10_000 * 79_158
    assert row["avoided_ug"] == 10_000 * (905_091 - 79_158)
    assert (row["resolution"], row["hourly_wh"]) == ("yearly", 0)


def test_with_a_series_it_is_the_sum_of_the_hours() -> None:
    hours, found = reckoned(sessions(), quarters(*[1250] * 8), series(50_001, 149_999))
    assert hours["ug"].to_list() == [5000 * 50_001, 5000 * 149_999]
    (row,) = found.to_dicts()
    assert row["co2e_location_ug"] == 5000 * 50_001 + 5000 * 149_999
    assert (row["resolution"], row["hourly_wh"], row["location_mg_per_kwh"]) == ("hourly", 10_000, None)
    assert row["location_factor"] == "series/FI/Fingrid"


def test_an_hour_that_the_series_lacks_gets_the_yearly_factor_and_the_session_says_so() -> None:
    hours, found = reckoned(sessions(), quarters(*[1250] * 8), series(50_000, None))
    assert hours["resolution"].to_list() == ["hourly", "yearly"]
    (row,) = found.to_dicts()
    assert row["co2e_location_ug"] == 5000 * 50_000 + 5000 * 79_158
    assert (row["resolution"], row["hourly_wh"]) == ("mixed", 5000)
    assert row["location_factor"] == "grid/FI/2023; series/FI/Fingrid"


def test_a_session_whose_hours_are_unknown_never_gets_an_hourly_factor() -> None:
    hours, found = reckoned(sessions(), quarters(), series(1, 1, 1))
    assert hours.select("hour", "metered", "resolution").row(0) == (NOON + timedelta(hours=2), False, "yearly")
    assert found["co2e_location_ug"].item() == 10_000 * 79_158


@given(st.integers(0, 50_000), st.lists(st.integers(0, 9000), max_size=12), st.lists(st.integers(0, 10**6), max_size=4))
def test_hours_always_sum_to_the_session(wh: int, readings: list[int], figures: list[int]) -> None:
    hours, found = reckoned(sessions(session(wh=wh)), quarters(*readings), series(*figures))
    assert hours["energy_wh"].sum() == wh
    assert hours["energy_wh"].min() >= 0  # type: ignore[operator]
    exact = sum(
        Fraction(e, 1000) * Fraction(mg, 10**6) for e, mg in hours.select("energy_wh", "mg_per_kwh").iter_rows()
    )
    assert Fraction(found["co2e_location_ug"].item(), 10**9) == exact


def test_market_based_equals_location_based_and_says_why() -> None:
    _, found = reckoned(sessions(session(country="DE")), quarters(100))
    (row,) = found.to_dicts()
    assert row["co2e_market_ug"] == row["co2e_location_ug"]
    assert row["market_basis"] == "location: no contractual instrument data"


@pytest.mark.parametrize("country", ["XX", None])
def test_without_a_factor_there_is_no_figure(country: str | None) -> None:
    _, found = reckoned(sessions(session(country=country)), quarters(100))
    (row,) = found.to_dicts()
    assert (row["location_mg_per_kwh"], row["co2e_location_ug"], row["avoided_ug"]) == (None, None, None)


@pytest.mark.parametrize(("tenant", "scope"), [("ampere", "3.3"), ("vans", "2"), ("unheard-of", "3.3")])
def test_a_session_says_its_scope_in_the_inventory_of_the_whole_tenant(tenant: str, scope: str) -> None:
    _, found = reckoned(sessions(session(tenant=tenant)), quarters())
    assert found["scope_whole"].item() == scope


def test_the_latest_year_not_after_the_session_is_taken_else_the_earliest() -> None:
    one = FACTORS.filter((pl.col("region") == "FI") & (pl.col("kind") == "grid_location"))
    table = pl.concat(
        [
            one.with_columns(base=pl.lit(str(y)), year=pl.lit(y, pl.Int64), value=pl.lit(y, pl.Int64))
            for y in (2020, 2022, 2024)
        ]
    )
    assert {day: _value(table, day) for day in (2018, 2020, 2023, 2030)} == {
        2018: 2020, 2020: 2020, 2023: 2022, 2030: 2024,
    }  # fmt: skip


def test_a_factor_of_the_tenants_own_holds_for_its_time_and_for_nobody_else() -> None:
    (one,) = FACTORS.filter(pl.col("factor") == "grid/FI/2023").to_dicts()
    own = one | {"factor": "own", "base": "own", "tenant": "ampere", "value": 1, "valid_from": date(2023, 3, 1),
                 "valid_to": date(2023, 9, 1)}  # fmt: skip
    table = pl.concat([FACTORS, pl.DataFrame([own], schema=FACTORS.schema)])
    assert _value(table, 2023) == 1
    assert _value(table, 2022) == 79_158
    assert _value(table, 2023, tenant="barq") == 79_158


def _value(table: pl.DataFrame, year: int, tenant: str = "ampere") -> int:
    wanted = pl.DataFrame(
        [{"tenant": tenant, "region": "FI", "activity": "electricity", "local_day": date(year, 6, 1)}]
    )
    return int(carbon_factors.chosen(wanted, table, "grid_location")["value"].item())


def test_a_changed_factor_is_a_further_row_and_the_old_one_stays() -> None:
    held = FACTORS.filter(pl.col("base").is_in(["grid/FI/2023", "grid/SE/2023"]))
    changed = held.with_columns(value=pl.when(pl.col("base") == "grid/FI/2023").then(80_000).otherwise("value"))
    grown = carbon_factors.appended(held, changed)
    assert grown.head(held.height).equals(held)
    assert grown.tail(1).select("factor", "base", "version", "value").row(0) == (
        "grid/FI/2023@2", "grid/FI/2023", 2, 80_000,
    )  # fmt: skip
    assert carbon_factors.appended(grown, changed).equals(grown)
    assert _value(grown, 2023) == 80_000


@pytest.mark.parametrize(
    "field", ["source", "year", "region", "gas_basis", "boundary", "boundary_kind", "unit", "licence", "resolution"]
)
def test_every_factor_says_what_it_is(field: str) -> None:
    assert FACTORS[field].null_count() == 0
    assert FACTORS.filter(pl.col(field).cast(pl.String) == "").height == 0


def test_factors_are_named_once_and_positive() -> None:
    assert FACTORS["factor"].is_unique().all()
    assert FACTORS["value"].min() > 0  # type: ignore[operator]
    assert FACTORS.height > 200


@pytest.mark.parametrize(
    ("factor", "published", "per_published"),
    [
        ("fuel/GB/diesel/2024", "2.51279", Fraction(1)),
        ("fuel/GB/diesel/2026", "2.58354", Fraction(1)),  # 2.55035 CO2, 0.00029 CH4, 0.03290 N2O
        ("fuel/GB/petrol/2026", "2.07500", Fraction(1)),  # 2.06107 CO2, 0.00806 CH4, 0.00587 N2O
        ("fuel/US/petrol/2024", "8.78", Fraction("3.785411784")),
        ("fuel/US/diesel/2024", "10.21", Fraction("3.785411784")),
    ],
)
def test_values_follow_from_what_was_published(factor: str, published: str, per_published: Fraction) -> None:
    (row,) = FACTORS.filter(pl.col("factor") == factor).to_dicts()
    assert row["published"].rstrip("0") == published.rstrip("0")
    assert row["value"] == round(Fraction(published) * 10**6 / per_published)


@pytest.mark.parametrize(
    ("fuel", "mj"), [("petrol", 32), ("diesel", 36), ("ethanol", 21), ("biodiesel", 33), ("hvo", 34)]
)
def test_energy_contents_are_those_of_the_directive(fuel: str, mj: int) -> None:
    (row,) = FACTORS.filter(kind="fuel_energy", activity=fuel).to_dicts()
    assert (row["value"], row["value_unit"]) == (round(Fraction(mj * 10**6, 3600)), "Wh/l")
