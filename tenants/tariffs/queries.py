"""Reading prices."""

from fractions import Fraction
from typing import Any

from saas.kit.money import currency, round_minor, show_price

from . import engine
from .models import Tariff

LABELS = {"TIME": "/ h", "ENERGY": "/ kWh", "FLAT": "", "PARKING_TIME": "/ h"}


def component(elements: list[dict[str, Any]], kind: str) -> str | None:
    """The first price of this dimension as decimal text, before tax; None when the tariff has none above zero."""
    for element in elements:
        for part in element["price_components"]:
            if part["type"] == kind and Fraction(str(part["price"])) > 0:
                return str(part["price"])
    return None


def per_hour_minor(tariff: Tariff) -> int | None:
    """The price of an hour in minor units, before tax; None for a tariff without one."""
    text = component(tariff.elements, engine.TIME)
    return None if text is None else round_minor(Fraction(text) * 10 ** currency(tariff.currency).exponent)


def display(tariff: Tariff, language: str) -> list[str]:
    """`€3.00 / h`, `€0.25 / kWh`: what a driver reads, tax included, one line per dimension."""
    lines = []
    for kind in (engine.TIME, engine.ENERGY, engine.FLAT):
        if (text := component(tariff.elements, kind)) is not None:
            lines.append(f"{show_price(gross(text, tariff.tax_bp), tariff.currency, language)} {LABELS[kind]}".strip())
    return lines


def parts(tariff: Tariff) -> list[tuple[str, str]]:
    """Dimension and price with tax as decimal text (per hour, kWh, session), for borders that do their own wording."""
    kinds = (engine.TIME, engine.ENERGY, engine.FLAT)
    found = ((kind, component(tariff.elements, kind)) for kind in kinds)
    return [(kind, gross(text, tariff.tax_bp)) for kind, text in found if text is not None]


def gross(price: str, tax_bp: int) -> str:
    """A price with tax, exact to four digits."""
    value = Fraction(price) * (10_000 + tax_bp) / 10_000
    scaled = round_minor(value * 10_000)
    return f"{scaled // 10_000}.{scaled % 10_000:04d}".rstrip("0").rstrip(".")


def snapshot(tariff: Tariff) -> dict[str, Any]:
    """What a booking keeps of the price: enough to price the session with this engine, whatever happens later."""
    return {
        "tariff": str(tariff.uid),
        "name": tariff.name,
        "currency": tariff.currency,
        "elements": tariff.elements,
        "tax_bp": tariff.tax_bp,
    }
