"""What every methodology is made of: exact numbers in, named lines out, refusals by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

WH_PER_KWH, MJ_PER_KWH = 1000, Fraction(36, 10)


class Refusal(ValueError):
    """A methodology cannot be applied to this. Asking again with the same inputs does not help."""

    code = "methodology_refused"


class UnknownMethod(Refusal):
    """No such methodology, or no such version of it."""

    code = "methodology_unknown"


class BadInput(Refusal):
    """An input is missing or outside its range."""

    code = "methodology_input"


class MarginalFactor(Refusal):
    """The methodology asks for an average grid factor; a marginal one was given."""

    code = "methodology_marginal_factor"


class NotPublished(Refusal):
    """No value was published for this year, class or place, so there is no result."""

    code = "methodology_not_published"


class Mismatch(Refusal):
    """A record does not follow from its inputs."""

    code = "methodology_mismatch"


@dataclass(frozen=True)
class Line:
    """One exact figure of a calculation, with its unit and where it comes from."""

    name: str
    value: Fraction
    unit: str
    says: str


@dataclass(frozen=True)
class Outcome:
    """What a methodology finds: the exact reduction in grams (it may be negative) and how it came about."""

    exact_g: Fraction
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Result:
    """Creditable whole grams, the lines that lead to them, and the inputs as they were given (JSON values)."""

    method: str
    version: str
    grams: int
    lines: tuple[Line, ...]
    inputs: Mapping[str, int | str | bool | None]

    def line(self, name: str) -> Line:
        """KeyError when the methodology has no such line."""
        return {line.name: line for line in self.lines}[name]


def rounded_down(exact_g: Fraction) -> int:
    """Whole grams, down; a reduction below 0 credits nothing."""
    return max(0, exact_g.numerator // exact_g.denominator)


def plain(name: str, value: object) -> int | str | bool | None:
    """An input as a JSON value; a float is refused, since it is not the number that somebody wrote."""
    if isinstance(value, int | str) or value is None:
        return value
    if isinstance(value, Decimal | Fraction | date):
        return str(value)
    raise BadInput(f"{name} is a whole number or a decimal in text, not {type(value).__name__}.")


def known(inputs: Mapping[str, object], *names: str) -> None:
    """BadInput when an input is named that the methodology does not have: a typing error must not be ignored."""
    unknown = sorted(set(inputs) - set(names))
    if unknown:
        raise BadInput(f"There is no input {unknown[0]}.")


def whole(inputs: Mapping[str, object], name: str, *, least: int = 0, default: int | None = None) -> int:
    value = inputs.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadInput(f"{name} is a whole number of at least {least}.")
    return value


_NUMBER = re.compile(r"\d{1,12}(\.\d{1,12})?(/\d{1,24})?")


def number(inputs: Mapping[str, object], name: str, default: str | None = None) -> Fraction:
    """A number of at least 0, given as text, Decimal, Fraction or integer."""
    value = inputs.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | Fraction):
        raise BadInput(f"{name} is a number in text, such as 33.32.")
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise BadInput(f"{name} is a number in text, such as 33.32.")
    try:
        top, _, bottom = text.partition("/")
        return Fraction(Decimal(top)) / Fraction(bottom or 1)
    except (InvalidOperation, ZeroDivisionError) as error:
        raise BadInput(f"{name} is a number in text, such as 33.32.") from error


def said(inputs: Mapping[str, object], name: str) -> str:
    """A text that must be there: a source, a class, a kind."""
    value = inputs.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{name} is missing.")
    return value.strip()


def day(inputs: Mapping[str, object], name: str) -> date:
    value = inputs.get(name)
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError as error:
        raise BadInput(f"{name} is a date such as 2025-07-01.") from error


def energy_line(energy_wh: int) -> Line:
    return Line("energy", Fraction(energy_wh, WH_PER_KWH), "kWh", "delivered to vehicles, as metered")
