"""Low Carbon Fuel Standard of California (17 CCR 95480–95503): credits of electricity as a transport fuel.

Credits in g CO2e = (EER × CI standard − CI electricity) × energy, energy in MJ, 3.60 MJ per kWh (95486.1(a)). That is
the regulation's (CI standard − CI reported / EER) × (energy × EER). One credit is a tonne.
Version 2020: the text in force from 1 July 2020 and its benchmarks (95484, Tables 1 and 2), to 30 June 2025.
Version 2025: the amendments in force from 1 July 2025.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from .core import (
    MJ_PER_KWH,
    WH_PER_KWH,
    BadInput,
    Line,
    NotPublished,
    Outcome,
    day,
    energy_line,
    known,
    number,
    said,
    whole,
)

METHOD: Final = "lcfs"
INPUTS: Final = ("energy_wh", "period_start", "period_end", "vehicle_class", "ci_g_per_mj", "ci_source")
TABLES = "17 CCR 95484, Tables 1 and 2, in force 1 July 2020"
AMENDED = "17 CCR 95484 as amended, in force 1 July 2025"


@dataclass(frozen=True)
class Benchmark:
    """CI standard in g CO2e/MJ of gasoline and of diesel, and of their substitutes, for [valid_from, valid_to)."""

    version: str
    valid_from: date
    valid_to: date
    gasoline: str
    diesel: str
    source: str


@dataclass(frozen=True)
class VehicleClass:
    """What electricity replaces in this class, and its energy economy ratio (95486.1, Table 5)."""

    replaces: str
    eer: str


def _year(year: int, gasoline: str, diesel: str) -> Benchmark:
    return Benchmark("2020", date(year, 1, 1), date(year + 1, 1, 1), gasoline, diesel, TABLES)


BENCHMARKS: Final = (
    _year(2019, "93.23", "94.17"),
    _year(2020, "91.98", "92.92"),
    _year(2021, "90.74", "91.66"),
    _year(2022, "89.50", "90.41"),
    _year(2023, "88.25", "89.15"),
    _year(2024, "87.01", "87.89"),
    Benchmark("2020", date(2025, 1, 1), date(2025, 7, 1), "85.77", "86.64", TABLES),
    Benchmark("2025", date(2025, 7, 1), date(2026, 1, 1), "76.60", "81.70", AMENDED),
    Benchmark("2025", date(2026, 1, 1), date(2027, 1, 1), "75.16", "80.17", AMENDED),
)
CLASSES: Final = {"light-duty": VehicleClass("gasoline", "3.4"), "heavy-duty": VehicleClass("diesel", "5.0")}


def of_version(version: str) -> Callable[[Mapping[str, object]], Outcome]:
    """The calculation with the benchmarks of one version of the regulation."""

    def calculate(inputs: Mapping[str, object]) -> Outcome:
        return _credits(version, inputs)

    return calculate


def _credits(version: str, inputs: Mapping[str, object]) -> Outcome:
    """`ci_g_per_mj` is that of the certified pathway of the electricity; its number or registry entry is ci_source."""
    known(inputs, *INPUTS)
    energy_wh = whole(inputs, "energy_wh")
    kind = CLASSES.get(said(inputs, "vehicle_class"))
    if kind is None:
        raise BadInput(f"vehicle_class is one of {', '.join(CLASSES)}.")
    row = _benchmark(version, day(inputs, "period_start"), day(inputs, "period_end"))
    standard = Fraction(row.gasoline if kind.replaces == "gasoline" else row.diesel)
    eer, intensity = Fraction(kind.eer), number(inputs, "ci_g_per_mj")
    energy = Fraction(energy_wh, WH_PER_KWH) * MJ_PER_KWH
    exact = (eer * standard - intensity) * energy
    return Outcome(
        exact,
        (
            energy_line(energy_wh),
            Line("energy_mj", energy, "MJ", "3.60 MJ per kWh"),
            Line("standard", standard, "g CO2e/MJ", f"CI of {kind.replaces}, {row.source}"),
            Line("eer", eer, "", "17 CCR 95486.1, Table 5"),
            Line("electricity", intensity, "g CO2e/MJ", said(inputs, "ci_source")),
            Line("reduction", exact, "g", "(EER × standard − electricity) × energy"),
        ),
    )


def _benchmark(version: str, start: date, end: date) -> Benchmark:
    """The row that holds for the whole of [start, end). A period over a change must be split by the caller."""
    if not start < end:
        raise BadInput("period_end comes after period_start; it is the first day after the period.")
    row = next((r for r in BENCHMARKS if r.version == version and r.valid_from <= start < r.valid_to), None)
    if row is None:
        raise NotPublished(f"LCFS {version} has no benchmark for {start}.")
    if end > row.valid_to:
        raise BadInput(f"The benchmark changes on {row.valid_to}: give the parts before and after it one by one.")
    return row
