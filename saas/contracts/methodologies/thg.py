"""THG-Quote: electricity in road vehicles under the German 38. BImSchV, as amended on 12 November 2021.

Reduction in g CO2e = energy × 3 × (94.1 − 0.4 × value of the electricity), energy in MJ, values in kg CO2e per GJ.
Factor 3: § 5 (2); base value 94.1: § 3; drive efficiency 0.4: Anlage 3; value of the electricity: announced each year
for the next by the Umweltbundesamt, § 5 (3) for the grid and § 5 (4) for what comes straight from one's own plant.
What the obliged party still owes on the same energy (its quota) is a matter of its price, not of the reduction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from .core import MJ_PER_KWH, WH_PER_KWH, BadInput, Line, NotPublished, Outcome, energy_line, known, said, whole

METHOD: Final = "thg"
INPUTS: Final = ("energy_wh", "year", "electricity")
MULTIPLE, DRIVE, BASE = Fraction(3), Fraction("0.4"), Fraction("94.1")
KINDS: Final = ("grid", "solar", "wind-onshore", "wind-offshore")


@dataclass(frozen=True)
class Announced:
    """Values in kg CO2e per GJ for one year of obligation; None where none could be cited."""

    year: int
    grid: str
    solar: str
    wind_onshore: str
    wind_offshore: str
    source: str

    @property
    def valid(self) -> tuple[date, date]:
        return date(self.year, 1, 1), date(self.year + 1, 1, 1)


ANNOUNCED: Final = {
    2022: Announced(
        2022, "119", "15.6", "4.9", "2.7", "Umweltbundesamt, Bekanntmachungen nach § 5 (3) und (4) für 2022"
    ),
    2023: Announced(2023, "135", "15.7", "4.9", "2.7", "Umweltbundesamt, Bekanntmachung vom 4. Oktober 2022 für 2023"),
}


def calculate(inputs: Mapping[str, object]) -> Outcome:
    """`electricity` is grid, or the kind of one's own plant that feeds the charge point directly (§ 5 (4))."""
    known(inputs, *INPUTS)
    energy_wh, row = whole(inputs, "energy_wh"), _announced(whole(inputs, "year"))
    kind = said(inputs, "electricity")
    if kind not in KINDS:
        raise BadInput(f"electricity is one of {', '.join(KINDS)}.")
    value = Fraction(getattr(row, kind.replace("-", "_")))
    energy = Fraction(energy_wh, WH_PER_KWH) * MJ_PER_KWH
    exact = energy * MULTIPLE * (BASE - DRIVE * value)
    return Outcome(
        exact,
        (
            energy_line(energy_wh),
            Line("energy_mj", energy, "MJ", "3.6 MJ per kWh"),
            Line("multiple", MULTIPLE, "", "38. BImSchV § 5 (2)"),
            Line("base", BASE, "kg CO2e/GJ", "38. BImSchV § 3"),
            Line("drive", DRIVE, "", "38. BImSchV Anlage 3"),
            Line("electricity", value, "kg CO2e/GJ", f"{kind}: {row.source}"),
            Line("reduction", exact, "g", "energy × 3 × (base − drive × electricity)"),
        ),
    )


def _announced(year: int) -> Announced:
    row = ANNOUNCED.get(year)
    if row is None:
        raise NotPublished(f"No value of the electricity for {year} is on record here.")
    return row
