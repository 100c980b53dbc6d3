"""Numbers are read exactly, in the style the column shows."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.transforms.importing.numerals import NumberStyle, energy_wh, style_of

POINT = NumberStyle(".", ",")
COMMA = NumberStyle(",", ".")


@given(
    st.lists(st.decimals(-10_000, 10_000, places=6), min_size=1, max_size=20),
    st.sampled_from([("kWh", 1000), ("MWh", 10**6)]),
)
def test_rounding_is_half_even_on_the_written_digits(values: list[Decimal], unit: tuple[str, int]) -> None:
    name, factor = unit
    want = [int((v * factor).quantize(Decimal(1), ROUND_HALF_EVEN)) for v in values]
    assert energy_wh(pl.Series([str(v) for v in values]), POINT, name).to_list() == want


@pytest.mark.parametrize(
    ("text", "wh"),
    [
        ("0.0005", 0),
        ("0.0015", 2),
        ("2.675", 2675),
        ("1.00250000000000000001", 1003),
        ("1e1", 10_000),
        ("-0.0005", 0),
        ("12.5 kWh", 12_500),
        ("500 Wh", 500),
        ("−2.5", -2500),
        ("1.2.3", None),
        ("abc", None),
        ("5,5", None),
        ("1,000.5", 1_000_500),
    ],
)
def test_single_values(text: str, wh: int | None) -> None:
    assert energy_wh(pl.Series([text]), POINT, "kWh").to_list() == [wh]


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["1,5", "2,25"], COMMA),
        (["1,234", "12"], POINT),
        (["17,666", "60,0"], COMMA),
        (["44.069", "1.081"], POINT),
        (["1.234,5"], COMMA),
        (["1 234,5"], COMMA),
        (["0,506", "17,666"], COMMA),
        (["1.234.567", "12"], COMMA),
        (["1,234,567.5"], POINT),
        (["1.5", "2.5", "3,5"], POINT),
        (["17,666", "12,111"], COMMA),
    ],
)
def test_style_by_majority(texts: list[str], style: NumberStyle) -> None:
    assert style_of(pl.Series(texts)) == style
