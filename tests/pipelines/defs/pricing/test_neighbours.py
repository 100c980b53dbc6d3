"""Whose prices a charger is compared with: those of its own power class, place, currency and kind."""

from dataclasses import replace
from typing import Any

import msgspec
import polars as pl
import pytest

from pipelines.defs.pricing.assets import Case, _neighbours, power_class
from pipelines.resources.pricing_tables import OFFERS
from saas.contracts.pricing import Offer

pytestmark = pytest.mark.req("ANA-05", "MKT-04")
HERE, FAR = "871126d32ffffff", "8743b4c2affffff"


def offer(name: str, **given: Any) -> Offer:
    plain: dict[str, Any] = {
        "listing": name, "charger": name, "site": "", "city": "", "cell": HERE, "latitude": 60.2, "longitude": 24.9,
        "connector": "IEC_62196_T2", "power_w": 11_000, "currency": "EUR", "exponent": 2, "prices": [],
        "energy_cost_micro": 0, "losses_bp": 0, "wear_micro": 0, "profit_micro": 0, "fee_bp": 0, "most_change_bp": 0,
    }  # fmt: skip
    return Offer(**plain | given)


def listed(*offers: tuple[Offer, int]) -> pl.DataFrame:
    rows = [
        dict.fromkeys(OFFERS.schema)
        | {"listing": o.listing, "cell": o.cell, "currency": o.currency, "kwh_micro": price,
           "offer": msgspec.json.encode(o).decode()}
        for o, price in offers
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=OFFERS.schema)


def test_a_fast_charger_is_not_compared_with_slow_ones() -> None:
    mine = offer("mine", power_w=50_000)
    others = [
        (offer("slow"), 250_000), (offer("fast", power_w=100_000), 480_000),
        (offer("far", power_w=60_000, cell=FAR), 1),
        (offer("francs", power_w=60_000, currency="CHF"), 2), (mine, 450_000),
    ]  # fmt: skip
    case = Case(mine, "kwh", {}, pl.DataFrame(), 11_000)
    assert _neighbours(case, listed(*others)) == (480_000,)
    slow = replace(case, offer=offer("another"))
    assert _neighbours(slow, listed(*others)) == (250_000,)


@pytest.mark.parametrize(
    ("power_w", "found"), [(3_700, 0), (22_000, 0), (24_000, 1), (50_000, 2), (149_000, 2), (150_000, 3), (350_000, 3)]
)
def test_the_classes_are_those_of_the_regulation(power_w: int, found: int) -> None:
    assert power_class(power_w) == found
