"""VM0038 v1.0, Electric Vehicle Charging Systems (Verra, 18 September 2018).

Baseline  BE = ED × EF × 100 × IR^(y−1) / (AFEC × MPG)
Project   PE = EC × EFkw, EC as metered on the grid side, else ED (Level 1, Level 2) or ED / 0.923 (DC)
Leakage   LE = 0
Reduction ER = (BE − PE − LE) × D, D = 1 where no credits were issued for the electric vehicles themselves

ED and EC in kWh, EF in t CO2 per US gallon, AFEC in kWh per 100 miles, MPG in miles per US gallon, EFkw the average
(never marginal) emission factor of the grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .core import WH_PER_KWH, BadInput, Line, MarginalFactor, Outcome, energy_line, known, number, said, whole

METHOD: Final = "vm0038"
SOURCE: Final = "Verra VM0038 v1.0, published default"
DC_EFFICIENCY: Final = Fraction(923, 1000)
G_PER_T: Final = 10**6


@dataclass(frozen=True)
class Fleet:
    """Published defaults of an applicable fleet. `current` is None where the default does not say how it is charged."""

    afec: Fraction
    mpg: Fraction
    ef: Fraction
    ir: Fraction
    current: str | None


def _fleet(afec: str, mpg: str, ef: str = "0.0088", ir: str = "1", current: str | None = None) -> Fleet:
    return Fleet(Fraction(afec), Fraction(mpg), Fraction(ef), Fraction(ir), current)


FLEETS: Final[Mapping[str, Fleet]] = {
    "us-level-2": _fleet("33.32", "29.18", current="AC"),
    "us-dc": _fleet("31.88", "29.10", current="DC"),
    "canada-level-2": _fleet("35.44", "29.65", current="AC"),
    "canada-dc": _fleet("33.00", "27.71", current="DC"),
    "electric-bus": _fleet("300", "4.34", "0.0102", "0.99"),
    "electric-truck": _fleet("140", "8.60", "0.0102", "0.99"),
}
INPUTS: Final = (
    "energy_wh", "fleet", "project_year", "current", "metered_wh", "grid_mg_per_kwh", "grid_kind", "grid_source",
    "credits_issued", "discount", "afec", "mpg", "ef", "ir", "fleet_source",
)  # fmt: skip


def calculate(inputs: Mapping[str, object]) -> Outcome:
    """`fleet` names a default; for one's own, give afec, mpg, ef, ir and fleet_source instead of it."""
    known(inputs, *INPUTS)
    energy_wh, year = whole(inputs, "energy_wh"), whole(inputs, "project_year", least=1, default=1)
    if year > 100:
        raise BadInput("project_year is at most 100.")
    fleet, source = _chosen(inputs)
    baseline = Fraction(energy_wh, WH_PER_KWH) * baseline_g_per_kwh(fleet, year)
    consumed, consumed_line = _consumed(inputs, fleet, energy_wh)
    project, grid_line = _project(inputs, consumed)
    discount = _discount(inputs)
    exact = (baseline - project) * discount
    return Outcome(
        exact,
        (
            energy_line(energy_wh),
            Line("afec", fleet.afec, "kWh/100 mi", source),
            Line("mpg", fleet.mpg, "mi/gal", source),
            Line("ef", fleet.ef, "t CO2/gal", source),
            Line("ir", fleet.ir, "per year", f"{source}; to the power of y − 1, y = {year}"),
            Line("baseline_factor", baseline_g_per_kwh(fleet, year), "g CO2/kWh", "EF × 100 × IR^(y−1) / (AFEC × MPG)"),
            Line("baseline", baseline, "g", "ED × baseline factor"),
            consumed_line,
            grid_line,
            Line("project", project, "g", "EC × EFkw"),
            Line("leakage", Fraction(0), "g", "VM0038 v1.0, section 8.3: none"),
            Line("discount", discount, "", "D; 1 where no credits were issued for the vehicles"),
            Line("reduction", exact, "g", "(baseline − project − leakage) × D"),
        ),
    )


def baseline_g_per_kwh(fleet: Fleet, year: int) -> Fraction:
    """Grams of CO2 of the replaced vehicle for each kWh that the electric one takes."""
    return fleet.ef * G_PER_T * 100 * fleet.ir ** (year - 1) / (fleet.afec * fleet.mpg)


def _chosen(inputs: Mapping[str, object]) -> tuple[Fleet, str]:
    name = inputs.get("fleet")
    own = [key for key in ("afec", "mpg", "ef", "ir") if key in inputs]
    if name is not None:
        if own:
            raise BadInput(f"Give a default fleet or {own[0]}, not both.")
        if not isinstance(name, str) or name not in FLEETS:
            raise BadInput(f"fleet is one of {', '.join(FLEETS)}.")
        return FLEETS[name], SOURCE
    fleet = Fleet(number(inputs, "afec"), number(inputs, "mpg"), number(inputs, "ef"), number(inputs, "ir", "1"), None)
    if not fleet.afec or not fleet.mpg or fleet.ir > 1:
        raise BadInput("afec and mpg are above 0, ir is at most 1.")
    return fleet, said(inputs, "fleet_source")


def _consumed(inputs: Mapping[str, object], fleet: Fleet, energy_wh: int) -> tuple[Fraction, Line]:
    """EC in kWh. Where nothing says how the vehicle was charged, the losses of DC are assumed: less is credited."""
    if inputs.get("metered_wh") is not None:
        metered = Fraction(whole(inputs, "metered_wh", least=energy_wh), WH_PER_KWH)
        return metered, Line("consumed", metered, "kWh", "EC, metered on the grid side")
    current = inputs.get("current") or fleet.current or "DC"
    if current not in ("AC", "DC") or fleet.current not in (None, current):
        raise BadInput("current is AC or DC, and that of the default fleet.")
    delivered = Fraction(energy_wh, WH_PER_KWH)
    if current == "AC":
        return delivered, Line("consumed", delivered, "kWh", "EC = ED (Level 1 and Level 2)")
    return delivered / DC_EFFICIENCY, Line("consumed", delivered / DC_EFFICIENCY, "kWh", "EC = ED / 0.923 (DC)")


def _project(inputs: Mapping[str, object], consumed: Fraction) -> tuple[Fraction, Line]:
    kind = said(inputs, "grid_kind")
    if kind == "marginal":
        raise MarginalFactor("VM0038 asks for an average grid factor; this one is marginal.")
    if kind != "average":
        raise BadInput("grid_kind is average.")
    factor = Fraction(whole(inputs, "grid_mg_per_kwh"), 1000)
    return consumed * factor, Line("grid", factor, "g CO2e/kWh", f"EFkw, average: {said(inputs, 'grid_source')}")


def _discount(inputs: Mapping[str, object]) -> Fraction:
    """D. Credits issued for the vehicles without saying how much was discounted would be counted twice."""
    issued = inputs.get("credits_issued", False)
    if not isinstance(issued, bool):
        raise BadInput("credits_issued is true or false.")
    if issued and "discount" not in inputs:
        raise BadInput("Where credits were issued, discount is needed.")
    discount = number(inputs, "discount", "1")
    if discount > 1 or (discount != 1 and not issued):
        raise BadInput("discount is from 0 to 1, and 1 where no credits were issued.")
    return discount
