"""Methodologies: published reference values, exact arithmetic, refusals by name, results that can be rebuilt."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.contracts import methodologies
from saas.contracts.methodologies import BadInput, MarginalFactor, NotPublished, UnknownMethod, calculate

pytestmark = pytest.mark.req("ESG-04")
GRID = {"grid_mg_per_kwh": 0, "grid_kind": "average", "grid_source": "test"}
LCFS = {"vehicle_class": "light-duty", "ci_g_per_mj": "81.00", "ci_source": "certified pathway"}
SOME = {"energy_wh": 1_000_000, "fleet": "us-level-2", **GRID}
ENERGY = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("fleet", "kg_per_kwh"),
    [
        ("us-level-2", "0.905091"),
        ("us-dc", "0.948574"),
        ("canada-level-2", "0.837460"),
        ("canada-dc", "0.962348"),
        ("electric-bus", "0.783410"),
        ("electric-truck", "0.847176"),
    ],
)
def test_the_reference_values_of_vm0038(fleet: str, kg_per_kwh: str) -> None:
    line = calculate("vm0038", "1.0", {**SOME, "fleet": fleet}).line("baseline_factor")
    assert f"{Decimal(line.value.numerator) / Decimal(line.value.denominator) / 1000:.6f}" == kg_per_kwh


def test_the_whole_of_vm0038_by_other_arithmetic() -> None:
    found = calculate("vm0038", "1.0", {**SOME, "fleet": "us-dc", "grid_mg_per_kwh": 386_000})
    baseline = Fraction(88, 10_000) * 10**6 * 100 / (Fraction(3188, 100) * Fraction(2910, 100)) * 1000
    project = 1000 / Fraction(923, 1000) * 386
    assert found.line("reduction").value == baseline - project
    assert found.grams == int(baseline - project) == 530_372


def test_a_heavy_fleet_improves_each_year_a_light_one_does_not() -> None:
    bus = [calculate("vm0038", "1.0", {**SOME, "fleet": "electric-bus", "project_year": y}).grams for y in (1, 2, 3)]
    assert bus == [783_410, 775_576, 767_820]
    light = {calculate("vm0038", "1.0", {**SOME, "project_year": y}).grams for y in (1, 2, 10)}
    assert light == {905_091}


def test_losses_of_dc_count_and_metered_energy_comes_first() -> None:
    dc = calculate("vm0038", "1.0", {**SOME, "fleet": "us-dc", "grid_mg_per_kwh": 1000})
    assert dc.line("consumed").value == Fraction(1_000_000, 923)
    metered = calculate("vm0038", "1.0", {**SOME, "fleet": "us-dc", "metered_wh": 1_100_000})
    assert metered.line("consumed").value == 1100
    unsaid = calculate("vm0038", "1.0", {**SOME, "fleet": "electric-bus"})
    assert unsaid.line("consumed").value == Fraction(1_000_000, 923)


def test_a_marginal_factor_is_refused_by_name() -> None:
    with pytest.raises(MarginalFactor):
        calculate("vm0038", "1.0", {**SOME, "grid_kind": "marginal"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"energy_wh": -1},
        {"energy_wh": 1.5},
        {"energy_wh": True},
        {"fleet": "mars"},
        {"project_year": 0},
        {"project_year": 10**9},
        {"grid_kind": "guessed"},
        {"grid_source": " "},
        {"credits_issued": True},
        {"discount": "0.5"},
        {"credits_issued": True, "discount": "1.5"},
        {"metered_wh": 999_999},
        {"current": "DC"},
        {"afec": "30"},
        {"typing_error": 1},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        calculate("vm0038", "1.0", {**SOME, **wrong})


def test_credits_of_the_vehicles_are_discounted() -> None:
    assert calculate("vm0038", "1.0", {**SOME, "credits_issued": True, "discount": "0.5"}).grams == 452_545


def test_a_fleet_of_ones_own_names_its_source() -> None:
    own = {"energy_wh": 1_000_000, "afec": "33.32", "mpg": "29.18", "ef": "0.0088", **GRID}
    assert calculate("vm0038", "1.0", {**own, "fleet_source": "survey", "current": "AC"}).grams == 905_091
    with pytest.raises(BadInput):
        calculate("vm0038", "1.0", own)


def test_a_dirty_grid_credits_nothing_and_says_how_much_below() -> None:
    found = calculate("vm0038", "1.0", {**SOME, "grid_mg_per_kwh": 1_000_000})
    assert found.grams == 0
    assert found.line("reduction").value < 0


@pytest.mark.parametrize(
    ("version", "start", "end", "kind", "per_mwh"),
    [
        ("2020", "2023-01-01", "2024-01-01", "light-duty", 788_580),  # (3.4 × 88.25 − 81.00) × 3600
        ("2020", "2025-01-01", "2025-07-01", "light-duty", 758_224),
        ("2025", "2025-07-01", "2025-10-01", "light-duty", 645_984),
        ("2025", "2026-01-01", "2026-04-01", "light-duty", 628_358),
        ("2020", "2024-01-01", "2024-02-01", "heavy-duty", 1_290_420),  # (5.0 × 87.89 − 81.00) × 3600
    ],
)
def test_credits_of_the_lcfs(version: str, start: str, end: str, kind: str, per_mwh: int) -> None:
    found = calculate(
        "lcfs", version,
        {**LCFS, "energy_wh": 1_000_000, "period_start": start, "period_end": end, "vehicle_class": kind},
    )  # fmt: skip
    assert found.grams == per_mwh


@pytest.mark.parametrize(
    ("version", "start", "end", "error"),
    [
        ("2020", "2018-01-01", "2018-02-01", NotPublished),
        ("2020", "2025-07-01", "2025-08-01", NotPublished),
        ("2025", "2027-01-01", "2027-02-01", NotPublished),
        ("2020", "2023-12-01", "2024-02-01", BadInput),
        ("2020", "2023-12-01", "2023-12-01", BadInput),
        ("2020", "yesterday", "2023-12-01", BadInput),
    ],
)
def test_a_period_without_a_published_benchmark_is_refused(
    version: str, start: str, end: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        calculate("lcfs", version, {**LCFS, "energy_wh": 1, "period_start": start, "period_end": end})


@pytest.mark.parametrize(
    ("year", "kind", "grams"),
    [
        (2022, "grid", 1_004_400),  # 2 MWh: 7.2 GJ × 3 × (94.1 − 0.4 × 119) kg/GJ
        (2023, "grid", 866_160),
        (2023, "solar", 1_896_912),
        (2022, "wind-onshore", 1_990_224),
    ],
)
def test_reduction_of_the_thg_quote(year: int, kind: str, grams: int) -> None:
    assert calculate("thg", "2021", {"energy_wh": 2_000_000, "year": year, "electricity": kind}).grams == grams


@pytest.mark.parametrize("year", [2021, 2024, 2030])
def test_a_year_without_an_announced_value_is_refused(year: int) -> None:
    with pytest.raises(NotPublished):
        calculate("thg", "2021", {"energy_wh": 1, "year": year, "electricity": "grid"})


@pytest.mark.parametrize(("method", "version"), [("vm0038", "2.0"), ("", ""), ("lcfs", "1.0")])
def test_an_unknown_methodology_is_refused(method: str, version: str) -> None:
    with pytest.raises(UnknownMethod):
        calculate(method, version, SOME)


def cases(energy_wh: int) -> list[methodologies.Result]:
    period = {"period_start": "2023-01-01", "period_end": "2023-02-01"}
    return [
        calculate("vm0038", "1.0", {**SOME, "energy_wh": energy_wh, "fleet": "us-dc", "grid_mg_per_kwh": 386_123}),
        calculate("lcfs", "2020", {**LCFS, **period, "energy_wh": energy_wh}),
        calculate("thg", "2021", {"energy_wh": energy_wh, "year": 2023, "electricity": "grid"}),
    ]


@given(ENERGY, ENERGY)
def test_a_split_batch_is_the_whole_batch_less_at_most_one_gram(one: int, other: int) -> None:
    for a, b, both in zip(cases(one), cases(other), cases(one + other), strict=True):
        assert a.line("reduction").value + b.line("reduction").value == both.line("reduction").value
        assert 0 <= both.grams - (a.grams + b.grams) <= 1


@given(ENERGY)
def test_a_record_gives_the_same_result_again(energy_wh: int) -> None:
    for result in cases(energy_wh):
        kept = methodologies.record(result)
        assert methodologies.record(methodologies.rebuild(kept)) == kept
        with pytest.raises(methodologies.Mismatch):
            methodologies.rebuild({**kept, "grams": result.grams + 1})
