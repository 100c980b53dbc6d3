"""Words and numbers in the viewer's language, from `words/*.json`. A language more is a value more in each entry."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path

from babel.numbers import format_decimal

LANGUAGES = ("en", "ar", "de", "fa")
RIGHT_TO_LEFT = {"ar", "fa"}
_LOCALES = {"en": "en_GB", "ar": "ar_AE", "de": "de", "fa": "fa"}
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class Text:
    """Words by key: `text("sessions")`, with `{name}` filled in from the arguments."""

    def __init__(self, language: str) -> None:
        short = language.split("-", maxsplit=1)[0].lower()
        self.language = short if short in LANGUAGES else "en"

    @property
    def direction(self) -> str:
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def __call__(self, key: str, **named: object) -> str:
        """KeyError for a key that no one wrote words for."""
        return _words()[key][self.language].format(**named)

    def knows(self, key: str) -> bool:
        return key in _words()

    def number(self, value: Decimal | int, places: int = 0) -> str:
        pattern = "#,##0" + ("." + "0" * places if places else "")
        text = format_decimal(value, format=pattern, locale=_LOCALES[self.language], numbering_system="default")
        return text.translate(_PERSIAN_DIGITS) if self.language == "fa" else text

    def kwh(self, watt_hours: int) -> str:
        return f"{self.number(Decimal(watt_hours).scaleb(-3), 1)} kWh"

    def kg(self, micrograms: int) -> str:
        """Micrograms as kg, rounded once to whole grams and shown to 100 g."""
        grams = (Decimal(micrograms) / 1_000_000).quantize(Decimal(1), ROUND_HALF_EVEN)
        return f"{self.number(grams.scaleb(-3), 1)} kg"


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for file in sorted(Path(__file__).with_name("words").glob("*.json")):
        words |= json.loads(file.read_text(encoding="utf-8"))
    return words
