"""Money as integer minor units, with our own currency table (libraries disagree on IRR)."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal


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


LOCALES = {"en": "en", "de": "de", "ar": "ar_AE", "fa": "fa_IR"}
# Babel localises separators and signs, not the digits themselves.
DIGITS = {"fa": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")}
RIGHT_TO_LEFT = frozenset({"ar", "fa"})
TOMAN = {"fa": "تومان", "ar": "تومان"}
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def show(amount_minor: int, code: str, language: str, *, toman: bool = False) -> str:
    """The amount as people of that language read it, with its own digits.

    In a right-to-left language the text is wrapped in Unicode isolates, so that it keeps its order in any sentence.
    `toman`: show IRR as toman (ten rials); other currencies ignore it.
    """
    unit = currency(code)
    value = Decimal(amount_minor).scaleb(-unit.exponent)
    locale = LOCALES.get(language, "en")
    if toman and code == "IRR":
        text = f"{_number(value / 10, language)}\u00a0{TOMAN.get(language, 'toman')}"
    else:
        text = format_currency(value, code, locale=locale, numbering_system="default", currency_digits=True)
    return _written(text, language)


@lru_cache(maxsize=4096)
def show_price(price: str, code: str, language: str) -> str:
    """A unit price (`0.255` of the main unit) with all its digits: prices per kWh may have more than the minor unit."""
    value = Decimal(price)
    digits = max(currency(code).display, -int(value.normalize().as_tuple().exponent))
    locale = LOCALES.get(language, "en")
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    exact = pattern.replace("0.00", "0." + "0" * digits if digits else "0")
    text = format_currency(value, code, exact, locale=locale, numbering_system="default", currency_digits=False)
    return _written(text, language)


def _number(value: Decimal, language: str) -> str:
    return format_decimal(value, locale=LOCALES.get(language, "en"), numbering_system="default")


def _written(text: str, language: str) -> str:
    own = text.translate(DIGITS.get(language, {}))
    return f"{FIRST_STRONG_ISOLATE}{own}{POP_ISOLATE}" if language in RIGHT_TO_LEFT else own
