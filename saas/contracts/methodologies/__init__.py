"""Methodologies that turn charged energy into avoided emissions: versioned, exact, and rebuilt from their record.

    calculate("vm0038", "1.0", {"energy_wh": 1_000_000, "fleet": "us-level-2", "grid_mg_per_kwh": 386_000,
                                "grid_kind": "average", "grid_source": "…"})

`Result.grams` is the creditable reduction in whole grams, rounded down, never below 0. Splitting a period into n parts
therefore gives at most n - 1 grams less than the whole, and never more. A published version never changes: a new
edition of a methodology is a new version beside the old one.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from . import lcfs, thg, vm0038
from .core import (
    BadInput,
    Line,
    MarginalFactor,
    Mismatch,
    NotPublished,
    Outcome,
    Refusal,
    Result,
    UnknownMethod,
    plain,
    rounded_down,
)

__all__ = [
    "BadInput", "Line", "MarginalFactor", "Mismatch", "NotPublished", "Refusal", "Result", "UnknownMethod",
    "calculate", "methods", "rebuild", "record",
]  # fmt: skip

Method = Callable[[Mapping[str, object]], Outcome]
REGISTRY: Mapping[tuple[str, str], Method] = MappingProxyType(
    {
        (vm0038.METHOD, "1.0"): vm0038.calculate,
        (lcfs.METHOD, "2020"): lcfs.of_version("2020"),
        (lcfs.METHOD, "2025"): lcfs.of_version("2025"),
        (thg.METHOD, "2021"): thg.calculate,
    }
)


def methods() -> list[tuple[str, str]]:
    """(method, version) of everything that can be calculated."""
    return sorted(REGISTRY)


def calculate(method: str, version: str, inputs: Mapping[str, object]) -> Result:
    """Reduction of one quantity of energy. UnknownMethod, BadInput, MarginalFactor or NotPublished; never a guess."""
    found = REGISTRY.get((method, version))
    if found is None:
        raise UnknownMethod(f"There is no methodology {method} {version}.")
    outcome = found(inputs)
    kept = {name: plain(name, value) for name, value in sorted(inputs.items())}
    return Result(method, version, rounded_down(outcome.exact_g), outcome.lines, kept)


def record(result: Result) -> dict[str, object]:
    """The result as JSON values, enough to rebuild it years later."""
    lines = [
        {"name": line.name, "value": str(line.value), "unit": line.unit, "says": line.says} for line in result.lines
    ]
    return {
        "method": result.method, "version": result.version, "grams": result.grams,
        "inputs": dict(result.inputs), "lines": lines,
    }  # fmt: skip


def rebuild(kept: Mapping[str, object]) -> Result:
    """Calculates a record anew from its inputs. Mismatch when any figure differs from what was recorded."""
    inputs = kept.get("inputs")
    if not isinstance(inputs, Mapping):
        raise Mismatch("The record has no inputs.")
    again = calculate(str(kept.get("method")), str(kept.get("version")), inputs)
    if record(again) != dict(kept):
        raise Mismatch("The recorded result does not follow from the recorded inputs.")
    return again
