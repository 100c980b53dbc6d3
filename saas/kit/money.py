"""Money as integer minor units, with our own currency table (libraries disagree on IRR)."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Currency:
    """`exponent`: digits of the minor unit in books and payments. `display`: digits that people see."""

    code: str
    exponent: int
    display: int
    symbol: str


CURRENCIES: dict[str, Currency] = {
    c.code: c
    for c in (
        Currency("EUR", 2, 2, "€"),
        Currency("USD", 2, 2, "$"),
        Currency("GBP", 2, 2, "£"),
        Currency("AED", 2, 2, "د.إ"),
        Currency("IRR", 0, 0, "﷼"),
        Currency("CHF", 2, 2, "CHF"),
        Currency("SEK", 2, 2, "kr"),
    )
}


def currency(code: str) -> Currency:
    """The currency of an ISO 4217 code. KeyError for one that the product does not keep books in."""
    return CURRENCIES[code]


def round_minor(value: Fraction, rounding: str = "half_even") -> int:
    """A whole number of minor units from an exact value in minor units. `rounding`: half_even, up or down."""
    floor = value.numerator // value.denominator
    rest = value - floor
    if rounding == "down" or rest == 0:
        return floor
    if rounding == "up":
        return floor + 1
    half = Fraction(1, 2)
    return floor + (1 if rest > half or (rest == half and floor % 2) else 0)


def decimal_text(amount_minor: int, code: str) -> str:
    """`-1234, EUR` → `-12.34`: plain, for machines and CSV."""
    digits = currency(code).exponent
    sign, whole = ("-" if amount_minor < 0 else ""), abs(amount_minor)
    if not digits:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}"
