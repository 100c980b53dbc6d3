"""Sampled values of both versions to one reading in base units."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.edge.ocpp import typed
from saas.edge.ocpp.meter import reading_16, reading_201

pytestmark = pytest.mark.req("CHG-08")


def read16(*sampled: dict[str, Any]) -> dict[str, int]:
    return reading_16(of_type("1.6", sampled)) or {}


def read201(*sampled: dict[str, Any]) -> dict[str, int]:
    return reading_201(of_type("2.0.1", sampled)) or {}


def of_type(version: str, sampled: Any) -> list[Any]:
    """As they stand in a MeterValues."""
    values = [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": list(sampled)}]
    (entry,) = typed.part(version, "MeterValues", "meterValue", values)
    return list(entry.sampledValue)


@pytest.mark.parametrize(
    ("sampled", "expected"),
    [
        ({"value": "1204511"}, {"energy_wh": 1204511}),
        ({"value": "1204.511", "unit": "kWh"}, {"energy_wh": 1204511}),
        ({"value": "0.0005", "unit": "kWh"}, {"energy_wh": 0}),
        ({"value": "0.0015", "unit": "kWh"}, {"energy_wh": 2}),
        ({"value": " 12 ", "unit": "Wh"}, {"energy_wh": 12}),
        ({"value": "7.36", "measurand": "Power.Active.Import", "unit": "kW"}, {"power_w": 7360}),
        ({"value": "32", "measurand": "Current.Import", "unit": "A"}, {"current_ma": 32000}),
        ({"value": "230.1", "measurand": "Voltage"}, {"voltage_mv": 230100}),
        ({"value": "41.5", "measurand": "Temperature", "unit": "Celcius"}, {"temperature_mc": 41500}),
        ({"value": "-10", "measurand": "Temperature", "unit": "Celsius"}, {"temperature_mc": -10000}),
        ({"value": "300.15", "measurand": "Temperature", "unit": "K"}, {"temperature_mc": 27000}),
        ({"value": "50", "measurand": "Temperature", "unit": "Fahrenheit"}, {"temperature_mc": 10000}),
        ({"value": "66.6", "measurand": "SoC", "unit": "Percent", "location": "EV"}, {"soc_pct": 67}),
    ],
)
def test_units_become_base_units(sampled: dict[str, Any], expected: dict[str, int]) -> None:
    assert read16(sampled) == expected


@pytest.mark.parametrize(
    "sampled",
    [
        {"value": "16", "measurand": "Current.Offered"},
        {"value": "11000", "measurand": "Power.Offered"},
        {"value": "5", "measurand": "Energy.Active.Import.Interval"},
        {"value": "5", "measurand": "Energy.Active.Export.Register"},
        {"value": "OCMF|{}", "format": "SignedData"},
        {"value": ""},
        {"value": "NaN"},
        {"value": "Infinity"},
        {"value": "1e999999999"},
        {"value": "1e-999999999"},
        {"value": "-5"},
        {"value": "5", "unit": "W"},
        {"value": "101", "measurand": "SoC", "unit": "Percent"},
    ],
)
def test_what_cannot_be_used_is_left_out(sampled: dict[str, Any]) -> None:
    assert read16(sampled) == {}


def phases(measurand: str, *values: str, suffix: str = "") -> list[dict[str, Any]]:
    return [
        {"value": value, "measurand": measurand, "phase": f"L{number}{suffix}"}
        for number, value in enumerate(values, 1)
    ]


def test_three_phases_become_one_figure() -> None:
    """Power and energy add up, the current of a cable is its highest, the voltage is the mean to neutral."""
    found = read16(
        *phases("Power.Active.Import", "1000", "2000", "3000"),
        *phases("Current.Import", "10", "12", "11"),
        {"value": "3", "measurand": "Current.Import", "phase": "N"},
        *phases("Voltage", "230", "231", "232", suffix="-N"),
        {"value": "400", "measurand": "Voltage", "phase": "L1-L2"},
        *phases("Energy.Active.Import.Register", "100", "200", "300"),
    )
    assert found == {"power_w": 6000, "current_ma": 12000, "voltage_mv": 231000, "energy_wh": 600}


def test_a_total_counts_once_beside_its_phases() -> None:
    assert read16(*phases("Power.Active.Import", "1", "2"), {"value": "3", "measurand": "Power.Active.Import"}) == {
        "power_w": 3
    }


def test_the_outlet_counts_before_the_inlet() -> None:
    inlet = {"value": "900", "location": "Inlet"}
    assert read16(inlet) == {"energy_wh": 900}
    assert read16(inlet, {"value": "100"}) == {"energy_wh": 100}


def test_the_multiplier_of_201() -> None:
    assert read201({"value": 12.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}) == {"energy_wh": 12500}
    assert read201({"value": 12.5, "unitOfMeasure": {"unit": "kWh"}}) == {"energy_wh": 12500}
    assert read201({"value": 125000, "unitOfMeasure": {"multiplier": -1}}) == {"energy_wh": 12500}
    assert read201({"value": 1, "unitOfMeasure": {"multiplier": 10**9}}) == {}
    assert read201({"value": 1e300}) == {}


def test_a_signed_value_of_201_counts_by_its_plain_figure() -> None:
    signed = {"signedMeterData": "x", "signingMethod": "y", "encodingMethod": "OCMF", "publicKey": "z"}
    assert read201({"value": 77, "signedMeterValue": signed}) == {"energy_wh": 77}


VALUES = st.one_of(
    st.decimals(min_value=-(10**9), max_value=10**12, places=4, allow_nan=False, allow_infinity=False).map(str),
    st.integers(-(10**6), 10**14).map(str),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(str),
    st.sampled_from(["NaN", "", " 7 ", "+5", ".5", "5.", "1e3", "-0.5", "0.0015", "2.5", "1_0", "٣"]),
)


def by_decimal(value: str, shift: int, low: int, high: int) -> int | None:
    """The plain way: Decimal, rounded half to even."""
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 15:
        return None
    base = int(number.scaleb(shift).to_integral_value(ROUND_HALF_EVEN))
    return base if low <= base <= high else None


@given(VALUES)
def test_figures_are_those_of_decimal_arithmetic(value: str) -> None:
    assert read16({"value": value, "unit": "kWh"}).get("energy_wh") == by_decimal(value, 3, 0, 10**15)
    voltage = {"value": value, "measurand": "Voltage", "unit": "V"}
    assert read16(voltage).get("voltage_mv") == by_decimal(value, 3, 0, 10**9)


@given(st.lists(st.decimals(0, 500, places=3), min_size=2, max_size=3))
def test_several_phases_are_combined_exactly(values: list[Decimal]) -> None:
    texts = [str(value) for value in values]
    assert read16(*phases("Power.Active.Import", *texts)) == {"power_w": round(Fraction(sum(values)))}
    mean = sum(map(Fraction, values), Fraction(0)) / len(values)
    assert read16(*phases("Voltage", *texts, suffix="-N")) == {"voltage_mv": round(mean * 1000)}
    assert read16(*phases("Current.Import", *texts)) == {"current_ma": round(Fraction(max(values)) * 1000)}


@given(st.integers(0, 10**6), st.integers(-6, 6))
def test_the_multiplier_is_a_power_of_ten(value: int, multiplier: int) -> None:
    sampled = {"value": value, "unitOfMeasure": {"unit": "Wh", "multiplier": multiplier}}
    assert read201(sampled) == {"energy_wh": round(value * Fraction(10) ** multiplier)}
