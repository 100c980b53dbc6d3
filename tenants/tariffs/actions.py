"""Making tariffs. A tariff never changes: a new price is a new row."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from saas.kit.errors import Invalid
from saas.kit.money import CURRENCIES

from .models import Tariff

MINUTE_S = 60
MOST = Fraction(10**9)


def create_simple(
    *, name: str, code: str, per_hour: str | None, per_kwh: str | None, tax_bp: int, now: datetime
) -> Tariff:
    """A price per hour (charged per minute), per kWh (charged per Wh), or both: decimal text, main unit, before tax."""
    prices = (("TIME", per_hour, MINUTE_S), ("ENERGY", per_kwh, 1))
    components = [
        {"type": kind, "price": _checked(kind, text), "step_size": step} for kind, text, step in prices if text
    ]
    if not components:
        raise Invalid("Set a price per hour, per kWh, or both.", per_hour="is missing", per_kwh="is missing")
    return create(name=name, code=code, elements=[{"price_components": components}], tax_bp=tax_bp, now=now)


def create(*, name: str, code: str, elements: list[dict[str, Any]], tax_bp: int, now: datetime) -> Tariff:
    """A tariff of OCPI 2.2.1 elements. Raises Invalid for a currency or price that the engine could not use."""
    if code not in CURRENCIES:
        raise Invalid(f"We keep no books in {code}.", currency=f"one of {', '.join(CURRENCIES)}")
    if not 0 <= tax_bp <= 10_000:
        raise Invalid("Tax lies between 0 and 100 %.", tax_bp=tax_bp)
    for element in elements:
        for component in element["price_components"]:
            _checked(component["type"], str(component["price"]))
    return Tariff.objects.create(name=name, currency=code, elements=elements, tax_bp=tax_bp, valid_from=now)


def _checked(kind: str, text: str) -> str:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value < MOST or "/" in text:
        raise Invalid(f"{text!r} is not a price.", **{kind.lower(): "a decimal number from 0"})
    return text
