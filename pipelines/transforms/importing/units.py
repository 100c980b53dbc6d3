"""Units of carbon intensity and of energy prices: recognised by their words, or by what only one of them can mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from pipelines.transforms.importing.errors import NotUnderstood

_POUND_G = Decimal("453.59237")  # international pound, exact by definition (1959)
_MASS: dict[str, Decimal] = {
    "mg": Decimal("0.001"), "g": Decimal(1), "kg": Decimal(1000), "t": Decimal(1_000_000), "lb": _POUND_G,
}  # fmt: skip
_KWH: dict[str, Decimal] = {"Wh": Decimal("0.001"), "kWh": Decimal(1), "MWh": Decimal(1000), "GWh": Decimal(1_000_000)}
_MASS_WORDS = (
    ("mg", r"mg|milligrams?"), ("kg", r"kgs?|kilograms?|kilos?"), ("lb", r"lbs?|pounds?"),
    ("t", r"t|tonnes?|metric tons?|mt"), ("g", r"g|gr|grams?|gramm"), ("?", r"tons?|short tons?"),
)  # fmt: skip
_CARBON = re.compile(
    r"(?P<mass>mg|milligrams?|kgs?|kilograms?|kilos?|lbs?|pounds?|metric tons?|tonnes?|tons?|mt|t|grams?|gramm|gr|g)"
    r"[\s_.\-]*(?:of[\s_]*)?(?:(?:c|co|ghg|carbon)[\s_]*[2₂]?[\s_\-]*(?:eq|e|equivalents?|aq)?\.?)?"
    r"[\s_.\-]*(?:/|per|p|[\s_·*])[\s_]*(?P<per>[kmg]?)[\s_]*(?:w[\s_.\-·]*h|watt[\s_]*hours?)(?:\^?-1)?(?![a-z])",
    re.IGNORECASE,
)
# What a grid can emit in grams per kWh: from hydro and nuclear alone to the worst lignite, with room on both sides.
LEAST_G, MOST_G = 3.0, 1800.0
# Above what burning any fuel for electricity emits: no measurement.
IMPOSSIBLE_G = 5000
CARBON_UNITS = ("g/kWh", "kg/kWh", "kg/MWh", "t/MWh", "lb/MWh", "mg/kWh", "lb/kWh")


@dataclass(frozen=True, slots=True)
class CarbonUnit:
    """A unit by its usual name, and how it was found."""

    name: str
    how: str

    @property
    def mg_per_kwh(self) -> Decimal:
        """Milligrams per kWh of one such unit, exact."""
        return _factor(self.name)


def _factor(name: str) -> Decimal:
    mass, per = name.split("/")
    return _MASS[mass] * 1000 / _KWH[per]


def carbon_unit_in(text: str) -> str | None:
    """The unit that a header or a unit column names, as `kg/MWh`; None when it names none. Raises for short tons."""
    hit = _CARBON.search(re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text))
    if hit is None or (hit.start() and text[hit.start() - 1].isalpha()):
        return None
    word = hit["mass"].lower()
    mass = next(unit for unit, words in _MASS_WORDS if re.fullmatch(words, word))
    if mass == "?":
        raise NotUnderstood(
            f"{text!r} names tons, which may be metric or short: give --unit, for example t/MWh.", [f"unit: {text!r}"]
        )
    return f"{mass}/{hit['per'].lower().replace('m', 'M').replace('g', 'G')}Wh"


def names_carbon(text: str) -> bool:
    """True for a header with a unit of carbon intensity, whichever tons it means."""
    try:
        return carbon_unit_in(text) is not None
    except NotUnderstood:
        return True


def asked_unit(text: str) -> CarbonUnit:
    """A unit named by `--unit`. Raises NotUnderstood where it is none."""
    name = carbon_unit_in(text)
    if name is None:
        raise NotUnderstood(f"{text!r} is no unit of carbon intensity; use one of {', '.join(CARBON_UNITS)}.", [])
    return CarbonUnit(name, "as asked")


def carbon_unit(written: list[str], values: pl.Series, option: str | None) -> CarbonUnit:
    """The unit of a column: as asked, else as written in any of `written`, else the only one that makes a grid.

    `values` (Float64) only weigh one unit against another. Raises NotUnderstood, with the option to give, where more
    than one unit is possible or the named one is not.
    """
    if option:
        return asked_unit(option)
    named = next((u for text in written if (u := carbon_unit_in(text))), None)
    fitting = [u for u in CARBON_UNITS if _makes_a_grid(u, values)]
    if named:
        if not _makes_a_grid(named, values):
            raise NotUnderstood(
                f"The values cannot be {named}: {_typical(values):g} would be "
                f"{_typical(values) * float(_factor(named)) / 1000:g} g/kWh. Give the right one with --unit.",
                [f"unit: {named} named by the header"],
            )
        return CarbonUnit(named, "header")
    return _only(fitting, values)


def _only(fitting: list[str], values: pl.Series) -> CarbonUnit:
    # kg/kWh and t/MWh, or g/kWh and kg/MWh, are the same number; pounds per kWh are written nowhere.
    kinds = {_factor(u): u for u in reversed(fitting) if u != "lb/kWh"}
    if len(kinds) == 1:
        return CarbonUnit(next(iter(kinds.values())), "only so do the values make a grid")
    fits = " or ".join(kinds.values()) or "no known unit"
    raise NotUnderstood(
        f"The unit of the carbon figures is not written in the file; values around {_typical(values):g} may be "
        f"{fits}. Give it with --unit, for example --unit g/kWh.",
        [f"unit: {u}: {_typical(values) * float(_factor(u)) / 1000:g} g/kWh" for u in CARBON_UNITS],
    )


def _makes_a_grid(unit: str, values: pl.Series) -> bool:
    high = values.quantile(0.75)
    if high is None:
        return False
    factor = float(_factor(unit)) / 1000
    return LEAST_G <= _typical(values) * factor <= MOST_G and high * factor <= MOST_G * 1.5


def _typical(values: pl.Series) -> float:
    known = values.drop_nulls()
    return float(known.filter(known > 0).median() or 0.0)  # type: ignore[arg-type]
