"""Prices as micro units: from and to the decimal text of tariffs. Pure."""

from fractions import Fraction
from typing import Any

from saas.kit.money import currency

MICRO = 1_000_000
DIMENSION = {"kwh": "ENERGY", "hour": "TIME"}


def micro(text: str | None) -> int | None:
    """`0.255` → 255000; None for none, and for a price finer than a millionth."""
    if text is None:
        return None
    exact = Fraction(text) * MICRO
    return int(exact) if exact.denominator == 1 else None


def text(amount_micro: int) -> str:
    """255000 → `0.255`."""
    whole, rest = divmod(amount_micro, MICRO)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def simple(elements: list[dict[str, Any]]) -> dict[str, int | None] | None:
    """Micro prices per `kwh` and `hour` of a tariff that is nothing more than these; None for any other."""
    if len(elements) != 1 or elements[0].get("restrictions"):
        return None
    parts = elements[0]["price_components"]
    if any(part["type"] not in DIMENSION.values() for part in parts):
        return None
    prices = {part["type"]: micro(str(part["price"])) for part in parts}
    if len(prices) != len(parts) or None in prices.values():
        return None
    return {kind: prices.get(dimension) or None for kind, dimension in DIMENSION.items()}


def step_micro(code: str) -> int:
    """The smallest difference between two suggested prices: one minor unit."""
    return int(MICRO // 10 ** currency(code).exponent)
