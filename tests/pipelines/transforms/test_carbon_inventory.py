"""Instruments are allocated once, and every Wh stands once in each scope column."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.marts.inventory import TABLE as INVENTORY
from pipelines.resources import factors
from pipelines.resources.factors.tables import FUEL, INSTRUMENTS
from pipelines.transforms import carbon_inventory, carbon_market

pytestmark = pytest.mark.req("ESG-02")
FACTORS = factors.table()
KINDS = pl.DataFrame({"tenant": ["ampere", "vans"], "kind": ["reseller", "fleet"]})
JUNE = date(2023, 6, 1)
HOURS = {
    "tenant": pl.String, "session": pl.String, "source": pl.String, "site": pl.String, "country": pl.String,
    "host_organisation": pl.String, "fleet_organisation": pl.String, "local_day": pl.Date,
    "hour": pl.Datetime("ms", "UTC"), "energy_wh": pl.Int64, "factor": pl.String, "mg_per_kwh": pl.Int64,
    "resolution": pl.String,
}  # fmt: skip


def hour(session: str, wh: int, **other: object) -> dict[str, object]:
    day = other.pop("day", JUNE)
    assert isinstance(day, date)
    plain = {
        "tenant": "ampere", "session": session, "source": "live", "site": "Kallio", "country": "FI",
        "local_day": day, "hour": datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "energy_wh": wh,
        "factor": "grid/FI/2023", "mg_per_kwh": 79_158, "resolution": "yearly",
    }  # fmt: skip
    return dict.fromkeys(HOURS) | plain | other


def hours(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=HOURS)


def instrument(name: str, volume: int | None = None, **other: object) -> dict[str, object]:
    """Wind from Finland, certified for 2023, for the tenant itself."""
    plain = {
        "tenant": "ampere", "instrument": name, "organisation": "", "kind": "certificate", "regions": ["FI"],
        "energy_source": "renewable", "valid_from": date(2023, 1, 1), "valid_to": date(2024, 1, 1),
        "volume_wh": volume, "mg_per_kwh": 0, "counts": True,
    }  # fmt: skip
    return dict.fromkeys(INSTRUMENTS.schema) | plain | other


def instruments(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INSTRUMENTS.schema)


def claimed(rows: pl.DataFrame) -> pl.DataFrame:
    return carbon_market.claims(rows.lazy(), KINDS.lazy()).collect()


def allocated(rows: pl.DataFrame, *given_: dict[str, object]) -> list[tuple[Any, ...]]:
    found = carbon_market.allocate(claimed(rows), instruments(*given_))
    return found.select("instrument", "organisation", "session", "energy_wh").rows()


def inventory(rows: pl.DataFrame, *given_: dict[str, object], table: pl.DataFrame = FACTORS) -> pl.DataFrame:
    mine = claimed(rows)
    covered = (
        carbon_market.allocate(mine, instruments(*given_)) if given_ else carbon_market.allocate(mine, instruments())
    )
    return carbon_inventory.electricity(mine.lazy(), covered.lazy(), table).collect()


def test_the_hierarchy_is_certificate_contract_supplier_residual_average() -> None:
    kinds = {"residual": None, "supplier": 30, "certificate": 10, "contract": 20}
    given_ = [instrument(kind, volume, kind=kind, mg_per_kwh=7) for kind, volume in kinds.items()]
    found = inventory(hours(hour("s1", 100)), *given_).filter(pl.col("method") == "market")
    assert dict(found.select("instrument", "quantity").iter_rows()) == {
        "certificate": 10, "contract": 20, "supplier": 30, "residual": 40,
    }  # fmt: skip
    found = inventory(hours(hour("s1", 100)), *given_[1:]).filter(pl.col("method") == "market")
    assert dict(found.select("instrument", "ug").iter_rows())["average"] == 40 * 79_158


def test_volume_goes_by_month_then_site_then_hour() -> None:
    rows = hours(
        hour("later", 10, day=date(2023, 7, 1), site="Alppila"), hour("second", 10), hour("first", 10, site="Alppila")
    )
    assert allocated(rows, instrument("gec", 25)) == [
        ("gec", "", "first", 10), ("gec", "", "second", 10), ("gec", "", "later", 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"regions": ["SE"]},
        {"valid_to": date(2023, 6, 1)},
        {"valid_from": date(2023, 6, 2)},
        {"site": "Elsewhere"},
        {"organisation": "org-f"},
        {"tenant": "barq"},
    ],
)
def test_an_instrument_of_another_market_period_site_or_owner_covers_nothing(wrong: dict[str, object]) -> None:
    assert allocated(hours(hour("s1", 10)), instrument("gec", 100, **wrong)) == []


def test_what_is_left_is_shown_and_what_does_not_count_covers_nothing() -> None:
    good, bad = instrument("a", 100), instrument("b", 50, counts=False, why_not="redeemed")
    told = instruments(good, bad)
    covered = carbon_market.allocate(claimed(hours(hour("s1", 30))), told.filter(pl.col("counts")))
    rows = carbon_market.coverage(told, covered)
    assert rows.select("instrument", "used_wh", "left_wh").rows() == [("a", 30, 70), ("b", 0, 50)]


def test_a_fleet_and_its_seller_report_the_same_kwh_in_different_scopes() -> None:
    found = inventory(hours(hour("s1", 1000, fleet_organisation="org-f", host_organisation="org-h")))
    location = found.filter(pl.col("method") == "location")
    assert sorted(location.select("organisation", "scope", "category", "energy_wh", "consolidated").rows()) == [
        ("", "3", "3D", 1000, True), ("org-f", "2", "", 1000, False),
    ]  # fmt: skip


def test_a_tenant_that_is_a_fleet_consumes_all_itself_and_sells_nothing() -> None:
    rows = hours(hour("s1", 1000, tenant="vans"), hour("s2", 500, tenant="vans", fleet_organisation="depot"))
    location = inventory(rows).filter(pl.col("method") == "location")
    assert sorted(location.select("organisation", "scope", "energy_wh", "consolidated").rows()) == [
        ("", "2", 1000, True), ("depot", "2", 500, True),
    ]  # fmt: skip


def test_an_instrument_of_a_fleet_as_a_whole_serves_its_depots_after_their_own() -> None:
    rows = hours(hour("s2", 500, tenant="vans", fleet_organisation="depot"))
    own = instrument("own", 100, tenant="vans", organisation="depot")
    whole = instrument("a-whole", 900, tenant="vans", kind="contract")
    assert allocated(rows, whole, own) == [("own", "depot", "s2", 100), ("a-whole", "depot", "s2", 400)]


def test_upstream_is_not_counted_where_the_factor_holds_it_and_losses_are_a_gap_or_a_line() -> None:
    own = inventory(hours(hour("s1", 1000, fleet_organisation="org-f")))
    rest = own.filter(pl.col("category").is_in(["3B", "3C"])).select("category", "gap", "ug").sort("category")
    assert rest.rows() == [("3B", "included_in_scope_2", None), ("3C", "no_losses_factor", None)]
    british = hour("s1", 1000, fleet_organisation="org-f", country="GB", factor="series/GB/grid", mg_per_kwh=200_000)
    found = inventory(hours(british)).filter(pl.col("scope") == "3").filter(pl.col("category") != "3D")
    lines = found.select("category", "gap", "factor", "ug").sort("category")
    assert lines.rows() == [
        ("3B", "no_upstream_factor", None, None), ("3C", "", "grid_losses/GB/2023", 17_920_000),
    ]  # fmt: skip


def test_an_hourly_line_is_of_one_hour_and_a_yearly_one_of_a_day() -> None:
    fine = [
        hour("s1", 10, resolution="hourly", hour=datetime(2023, 6, 1, h, tzinfo=UTC), mg_per_kwh=h) for h in (12, 13)
    ]
    found = inventory(hours(*fine, hour("s2", 5), hour("s3", 6))).filter(pl.col("method") == "location")
    assert found.filter(pl.col("resolution") == "hourly").select("hour").drop_nulls().height == 2
    (yearly,) = found.filter(pl.col("resolution") == "yearly").to_dicts()
    assert (yearly["quantity"], yearly["sessions"], yearly["hour"]) == (11, 2, None)


def test_energy_without_a_factor_is_a_named_gap() -> None:
    found = inventory(hours(hour("s1", 10, country=None, factor=None, mg_per_kwh=None)))
    assert set(found.select("gap", "ug").rows()) == {("no_grid_factor", None)}


PEOPLE = st.sampled_from([None, "org-f", "org-g"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["ampere", "vans"]), PEOPLE, PEOPLE, st.integers(0, 5000), st.integers(0, 60),
        st.sampled_from(["Kallio", "Alppila"]), st.integers(0, 300_000),
    ),
    max_size=25,
)  # fmt: skip
CERTIFICATES = st.lists(
    st.tuples(
        st.sampled_from(["ampere", "vans"]), st.sampled_from(["", "org-f"]),
        st.sampled_from(list(carbon_market.HIERARCHY)),
        st.one_of(st.none(), st.integers(0, 20_000)), st.integers(0, 400_000), st.sampled_from([None, "Kallio"]),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=40)
@given(ROWS, CERTIFICATES)
def test_every_wh_is_once_in_each_scope_and_no_instrument_is_overdrawn(
    rows: list[Any], certificates: list[Any]
) -> None:
    made = hours(
        *(
            hour(f"s{i}", wh, tenant=t, fleet_organisation=f, host_organisation=h, site=site, mg_per_kwh=mg,
                 day=JUNE + timedelta(days=day))
            for i, (t, f, h, wh, day, site, mg) in enumerate(rows)
        )
    )  # fmt: skip
    given_ = [
        instrument(f"i{i}", volume, tenant=t, organisation=o, kind=kind, mg_per_kwh=mg, site=site)
        for i, (t, o, kind, volume, mg, site) in enumerate(certificates)
    ]
    mine = claimed(made)
    covered = carbon_market.allocate(mine, instruments(*given_))
    lines = carbon_inventory.electricity(mine.lazy(), covered.lazy(), FACTORS).collect()
    _nothing_twice(made, lines)
    _within_volume(covered, {one["instrument"]: one["volume_wh"] for one in given_})
    for line in lines.filter(pl.col("factor_value").is_not_null()).iter_rows(named=True):
        kg = Fraction(line["quantity"], 1000) * Fraction(line["factor_value"], 10**6)
        assert Fraction(line["ug"], 10**9) == kg


def _nothing_twice(made: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Over all organisations of a tenant: own and sold energy once in its scope, by either method."""
    for tenant, kind in KINDS.iter_rows():
        of = made.filter(pl.col("tenant") == tenant)
        whole = of["energy_wh"].sum()
        own = whole if kind == "fleet" else of.filter(pl.col("fleet_organisation").is_not_null())["energy_wh"].sum()
        sold = 0 if kind == "fleet" else whole
        for method in ("location", "market"):
            found = lines.filter((pl.col("tenant") == tenant) & (pl.col("method") == method))
            assert found.filter(pl.col("scope") == "2")["energy_wh"].sum() == own
            assert found.filter(pl.col("category") == "3D")["energy_wh"].sum() == sold


def _within_volume(covered: pl.DataFrame, volumes: dict[Any, Any]) -> None:
    for name, used in covered.group_by("instrument").agg(pl.col("energy_wh").sum()).iter_rows():
        assert volumes[name] is None or used <= volumes[name]
    assert not covered.height or covered["energy_wh"].min() > 0  # type: ignore[operator]


@settings(max_examples=20)
@given(ROWS, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows: list[Any], dice: Any) -> None:
    made = [
        hour(f"s{i}", wh, site=site, day=JUNE + timedelta(days=d)) for i, (_, _, _, wh, d, site, _) in enumerate(rows)
    ]
    certificate = instrument("gec", 9000)
    first = allocated(hours(*made), certificate)
    dice.shuffle(made)
    assert allocated(hours(*made), certificate) == first


def fuel(**other: object) -> pl.DataFrame:
    plain = {
        "tenant": "ampere", "entry": "e1", "organisation": "org-f", "vehicle": "VAN-1", "fuel": "diesel",
        "volume_ml": 100_000, "country": "GB", "first_day": date(2024, 1, 31), "end_day": date(2024, 2, 3),
    }  # fmt: skip
    return pl.DataFrame([dict.fromkeys(FUEL.schema) | plain | other], schema=FUEL.schema)


def test_fuel_is_scope_1_spread_over_its_days_to_the_millilitre() -> None:
    lines = carbon_inventory.fuel(fuel(), KINDS, FACTORS)
    burnt = lines.filter(pl.col("scope") == "1").sort("local_day")
    assert burnt["quantity"].to_list() == [33_333, 33_333, 33_334]
    assert burnt["period"].to_list() == ["2024-01", "2024-02", "2024-02"]
    assert burnt["ug"].sum() == 100_000 * 2_512_790
    assert burnt["energy_wh"].sum() == 1_000_000  # 36 MJ a litre
    upstream = lines.filter(pl.col("category") == "3A")
    assert upstream["ug"].sum() == 100_000 * 626_650
    assert set(burnt["consolidated"]) == {False}


def test_fuel_without_a_published_factor_is_a_gap_until_somebody_enters_one() -> None:
    lines = carbon_inventory.fuel(fuel(country="FI"), KINDS, FACTORS)
    assert set(lines.select("gap", "ug").rows()) == {("no_fuel_factor", None), ("no_upstream_factor", None)}
    (one,) = FACTORS.filter(pl.col("factor") == "fuel/GB/diesel/2024").to_dicts()
    own = one | {"factor": "own", "base": "own", "tenant": "ampere", "region": "FI", "value": 2_600_000}
    told = pl.concat([FACTORS, pl.DataFrame([own], schema=FACTORS.schema)])
    burnt = carbon_inventory.fuel(fuel(country="FI"), KINDS, told).filter(pl.col("scope") == "1")
    assert (burnt["ug"].sum(), set(burnt["factor"])) == (100_000 * 2_600_000, {"own"})


def test_lines_have_the_columns_of_the_mart() -> None:
    named = set(INVENTORY.schema) - {"data_version"}
    assert named == set(inventory(hours(hour("s1", 1))).columns)
    assert named == set(carbon_inventory.fuel(fuel(), KINDS, FACTORS).columns)
