"""The tariff engine against sums worked out by hand, and against laws that hold for every tariff."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.tariffs.engine import Priced, Stretch, price, share_out

HELSINKI = ZoneInfo("Europe/Helsinki")
FRIDAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # 10:00 in Helsinki


def part(kind: str, amount: str, step: int = 1) -> dict[str, Any]:
    return {"type": kind, "price": amount, "step_size": step}


def element(*parts: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    return {"price_components": list(parts), "restrictions": restrictions}


def stretch(minutes: float, wh: int = 0, start: datetime = FRIDAY, parking: bool = False) -> Stretch:
    return Stretch(start, start + timedelta(minutes=minutes), Fraction(wh), parking)


def cost(elements: list[dict[str, Any]], *stretches: Stretch, tax_bp: int = 0, code: str = "EUR") -> Priced:
    return price(elements=elements, code=code, tax_bp=tax_bp, stretches=stretches, zone=HELSINKI)


@pytest.mark.req("MKT-04", "BIL-05")
@pytest.mark.parametrize(
    ("elements", "use", "total"),
    [
        ([element(part("TIME", "6.00", 60))], stretch(90), 900),
        ([element(part("TIME", "6.00", 60))], stretch(10.5), 110),  # begun minutes count
        ([element(part("ENERGY", "0.255"))], stretch(60, 7_000), 178),  # 178.5 to even
        ([element(part("ENERGY", "0.25", 1000))], stretch(60, 7_001), 200),
        ([element(part("FLAT", "1.50"), part("ENERGY", "0.30"))], stretch(30, 10_000), 450),
        ([element(part("TIME", "2.00", 60), part("ENERGY", "0.20"))], stretch(60, 5_000), 300),
        ([element(part("PARKING_TIME", "5.00", 900))], stretch(16, parking=True), 250),
    ],
)
def test_plain_prices(elements: list[dict[str, Any]], use: Stretch, total: int) -> None:
    assert cost(elements, use).total_minor == total


@pytest.mark.req("MKT-04")
def test_time_of_day_is_read_on_the_chargers_clock() -> None:
    elements = [element(part("TIME", "6.00"), start_time="10:30", end_time="11:00"), element(part("TIME", "3.00"))]
    assert cost(elements, stretch(60)).total_minor == 150 + 300


@pytest.mark.req("MKT-04")
def test_a_period_over_midnight_and_weekdays() -> None:
    night = [element(part("TIME", "1.00"), start_time="22:00", end_time="06:00"), element(part("TIME", "5.00"))]
    evening = FRIDAY + timedelta(hours=11)  # 21:00 local
    assert cost(night, stretch(120, start=evening)).total_minor == 500 + 100
    weekend = [element(part("FLAT", "9.00"), day_of_week=["SATURDAY"]), element(part("FLAT", "1.00"))]
    assert cost(weekend, stretch(5)).total_minor == 100
    assert cost(weekend, stretch(5, start=FRIDAY + timedelta(days=1))).total_minor == 900


@pytest.mark.req("MKT-04")
@pytest.mark.parametrize(
    ("restrictions", "total"),
    [
        ({"max_kwh": 4}, 4 * 10),
        ({"min_kwh": 4}, 6 * 10),
        ({"max_duration": 900}, 25),
        ({"min_duration": 900}, 75),
        ({"max_power": 10}, 0),
        ({"min_power": 10}, 100),
        ({"start_date": "2026-11-21"}, 0),
        ({"end_date": "2026-11-21"}, 100),
    ],
)
def test_restrictions_cut_the_session_where_they_hold(restrictions: dict[str, Any], total: int) -> None:
    """10 kWh in an hour at 0.10 where the restriction holds, free elsewhere."""
    assert cost([element(part("ENERGY", "0.10"), **restrictions)], stretch(60, 10_000)).total_minor == total


@pytest.mark.req("MKT-04")
def test_the_first_element_that_holds_prices_each_dimension() -> None:
    elements = [
        element(part("ENERGY", "0.50"), max_kwh=2),
        element(part("ENERGY", "0.20"), part("TIME", "1.00")),
        element(part("TIME", "100.00")),
    ]
    priced = cost(elements, stretch(60, 5_000))
    assert [(line.kind, line.volume, line.amount_minor) for line in priced.lines] == [
        ("ENERGY", 2000, 100), ("ENERGY", 3000, 60), ("TIME", 3600, 100)
    ]  # fmt: skip


@pytest.mark.req("MKT-04")
def test_steps_count_once_and_only_for_parking_where_there_was_parking() -> None:
    elements = [element(part("TIME", "6.00", 600), part("PARKING_TIME", "12.00", 600))]
    use = stretch(11), stretch(11, start=FRIDAY + timedelta(minutes=11), parking=True)
    assert cost(elements, *use).total_minor == 110 + 400
    assert cost(elements, use[0]).total_minor == 200


@pytest.mark.req("BIL-05")
def test_tax_is_a_line_of_its_own() -> None:
    priced = cost([element(part("TIME", "6.00", 60))], stretch(60), tax_bp=2400)
    assert (priced.net_minor, priced.tax_minor, priced.total_minor) == (600, 144, 744)
    assert [line.kind for line in priced.lines] == ["TIME", "TAX"]


@pytest.mark.req("BIL-05")
def test_rials_have_no_minor_unit() -> None:
    assert cost([element(part("ENERGY", "12345"))], stretch(60, 1_500), code="IRR").total_minor == 18_518


prices = st.integers(0, 5000).map(lambda cents: f"{cents // 1000}.{cents % 1000:03d}")
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "max_kwh": st.integers(0, 40),
        "min_kwh": st.integers(0, 40),
        "min_duration": st.integers(0, 7200),
        "start_time": st.just("10:20"),
        "end_time": st.just("11:40"),
    },
)
tariffs = st.lists(
    st.builds(
        lambda e, t, f, r: element(part("ENERGY", e), part("TIME", t, 60), part("FLAT", f), **r),
        prices, prices, prices, restrictions,
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@pytest.mark.req("BIL-05", "MKT-04")
@given(tariffs, st.integers(0, 300), st.integers(0, 80_000), st.sampled_from([0, 500, 2400]))
def test_lines_sum_to_the_total_and_nothing_is_negative(
    elements: list[dict[str, Any]], minutes: int, wh: int, tax_bp: int
) -> None:
    priced = cost(elements, stretch(minutes, wh), tax_bp=tax_bp)
    assert sum(line.amount_minor for line in priced.lines) == priced.total_minor
    assert all(line.amount_minor >= 0 for line in priced.lines) and priced.tax_minor >= 0


@pytest.mark.req("MKT-04")
@given(tariffs, st.integers(1, 200), st.integers(0, 50_000), st.integers(0, 100), st.integers(0, 20_000))
def test_more_time_or_energy_at_the_same_power_never_costs_less(
    elements: list[dict[str, Any]], minutes: int, wh: int, more_minutes: int, more_wh: int
) -> None:
    first = stretch(minutes, wh)
    second = stretch(more_minutes, more_wh, start=first.end)
    assert cost(elements, first, second).total_minor >= cost(elements, first).total_minor


@given(st.integers(0, 10**6), st.lists(st.fractions(0, 1000), min_size=1, max_size=8))
def test_shares_add_up(salt: int, weights: list[Fraction]) -> None:
    total = round(sum(weights))
    parts = share_out(total, weights)
    assert sum(parts) == total and all(abs(p - w) <= 1 for p, w in zip(parts, weights, strict=True))
