"""Units of prices: how many millionths of which currency, per kWh, per minute or per session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pipelines.transforms.importing.errors import NotUnderstood

# Main units by their signs and words; cents stand for the hundredth of whichever currency the file or caller names.
_CURRENCIES = (
    (r"eur|euros?|€", "EUR"), (r"gbp|£|pounds?|sterling", "GBP"), (r"usd|us ?\$|\$|dollars?", "USD"), (r"sek", "SEK"),
    (r"nok", "NOK"), (r"dkk", "DKK"), (r"chf", "CHF"), (r"pln|zl|zł", "PLN"), (r"czk", "CZK"), (r"huf", "HUF"),
    (r"ron", "RON"), (r"bgn", "BGN"), (r"aed", "AED"), (r"aud", "AUD"), (r"cad", "CAD"), (r"nzd", "NZD"),
    (r"jpy|yen|¥", "JPY"), (r"inr|rs|₹", "INR"), (r"try|tl|₺", "TRY"), (r"brl|r\$", "BRL"), (r"zar", "ZAR"),
    (r"irr|rials?", "IRR"), (r"isk", "ISK"), (r"sgd", "SGD"),
)  # fmt: skip
_HUNDREDTHS = (
    (r"eur ?cents?|eurocents?|€ ?ct?", "EUR"), (r"pence|penny|gbp ?p|p", "GBP"), (r"us ?cents?|usd ?cents?", "USD"),
    (r"rappen|rp", "CHF"), (r"cents?|ct|c|¢|ore|öre|øre", None),
)  # fmt: skip
_PER = {
    "kWh": (r"k ?w ?h|kilowatt ?hours?", Decimal(1)), "MWh": (r"m ?w ?he?|megawatt ?hours?", Decimal(1000)),
    "Wh": (r"w ?h", Decimal("0.001")),
    "minute": (r"min(?:ute)?s?", Decimal(1)), "hour": (r"h|hours?|hr|std|stunde", Decimal(60)),
    "session": (r"session|start|transaction|charge|connection|plug ?in|vorgang", Decimal(1)),
}  # fmt: skip
_ENERGY = ("kWh", "MWh", "Wh")


@dataclass(frozen=True, slots=True)
class PriceUnit:
    """Millionths of `currency` (None: not said) that one written unit makes per kWh, minute or session (`part`)."""

    name: str
    part: str
    micros: Decimal
    currency: str | None


def price_unit_in(text: str) -> PriceUnit | None:
    """The unit that a header names, as `Day-ahead Price [EUR/MWh]` or `price_ct_per_kwh`; None when it names none."""
    plain = re.sub(r"[_\[\]()]+", " ", text.strip().lower())
    money = "|".join(f"(?:{w})" for w, _ in (*_HUNDREDTHS, *_CURRENCIES))
    for per, (words, size) in _PER.items():
        hit = re.search(rf"(?<![^\W\d])({money})[\s.\-]*(?:/|per|pr\.?|pro|\s)\s*(?:{words})(?![^\W\d_])", plain)
        if hit:
            currency, part_of_main = _money(hit[1])
            part = "kwh" if per in _ENERGY else "minute" if per in ("minute", "hour") else "session"
            return PriceUnit(hit[0].strip(), part, Decimal(1_000_000) * part_of_main / size, currency)
    return None


def part_in(text: str) -> tuple[str, Decimal] | None:
    """What a header without currency prices: `price per kWh` -> ("kwh", 1), `per hour` -> ("minute", 60)."""
    plain = re.sub(r"[_\[\]()/]+", " ", text.strip().lower())
    if re.search(r"(?:start|session|connection|flat|base|einmal|grund)\w* ?(?:fee|price|preis|gebuhr|gebühr)", plain):
        return "session", Decimal(1)
    for per, (words, size) in _PER.items():
        if re.search(rf"(?:per|pro|pr|par|por|al?) ?(?:{words})(?![^\W\d_])|(?<![^\W\d_])(?:{words})$", plain):
            return ("kwh" if per in _ENERGY else "minute" if per in ("minute", "hour") else "session"), size
    return None


def currency_in(text: str) -> str | None:
    """ISO code of a currency that a text names by code or sign; None when it names none."""
    plain = re.sub(r"[_\[\]()/]+", " ", text.strip().lower())
    for words, code in _CURRENCIES:
        if re.search(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])", plain):
            return code
    return None


def _money(word: str) -> tuple[str | None, Decimal]:
    for words, code in _HUNDREDTHS:
        if re.fullmatch(words, word):
            return code, Decimal("0.01")
    code = next(code for words, code in _CURRENCIES if re.fullmatch(words, word))
    return code, Decimal(1)


def asked_price_unit(text: str) -> PriceUnit:
    """A unit named by `--unit`. Raises NotUnderstood where it is none."""
    unit = price_unit_in(text)
    if unit is None:
        raise NotUnderstood(f"{text!r} is no unit of a price; use one such as EUR/MWh, ct/kWh or GBP/kWh.", [])
    return unit
