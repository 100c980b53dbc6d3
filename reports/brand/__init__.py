"""What every document shares: fonts, the tenant's colours and logo, numbers and dates in its language."""

import base64
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

LANGUAGES = ("en", "ar", "de", "fa")
_LOCALES = {"en": "en_GB", "ar": "ar_AE", "de": "de", "fa": "fa"}
_RIGHT_TO_LEFT = {"ar", "fa"}
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Brand:
    """Name, colours and logo of a tenant. `logo_svg` may be empty: then initials on the brand colour."""

    name: str
    colour_primary: str
    colour_accent: str
    logo_svg: str = ""

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()

    @property
    def logo_uri(self) -> str:
        """The logo as a data address, so that a document fetches nothing; empty without a logo."""
        if not self.logo_svg:
            return ""
        return "data:image/svg+xml;base64," + base64.b64encode(self.logo_svg.encode()).decode()

    def colours(self) -> str:
        """CSS variables. A value that is no colour is replaced by black: it must not become CSS."""
        primary, accent = (c if _COLOUR.fullmatch(c) else "#000000" for c in (self.colour_primary, self.colour_accent))
        return f":root{{--primary:{primary};--accent:{accent};--on-primary:{ink_on(primary)}}}"


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour (WCAG relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def language_of(wanted: str) -> str:
    """The language of the document: the wanted one where there are words for it, else English."""
    short = wanted.split("-", maxsplit=1)[0].lower()
    return short if short in LANGUAGES else "en"


def direction(language: str) -> str:
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def number(value: Decimal | int, language: str, places: int = 0) -> str:
    """A number with its separators; Persian digits in Persian."""
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return _digits(
        format_decimal(value, format=pattern, locale=_LOCALES[language], numbering_system="default"), language
    )


def thousandth(value: int, language: str) -> str:
    """A whole number of thousandths as the unit with three places: Wh as kWh, g as kg."""
    return number(Decimal(value).scaleb(-3), language, 3)


def day(value: date, language: str) -> str:
    return _digits(format_date(value, "d MMMM y", locale=_LOCALES[language]), language)


def month(year: int, of_year: int, language: str) -> str:
    return _digits(format_date(date(year, of_year, 1), "MMMM y", locale=_LOCALES[language]), language)


def _digits(text: str, language: str) -> str:
    return text.translate(_PERSIAN_DIGITS) if language == "fa" else text
