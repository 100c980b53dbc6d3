"""What each report states, as tables: sections of points, each a figure over the lines, with its code in the standard.

GHG Protocol: Corporate Standard (revised edition), Scope 2 Guidance (2015), Scope 3 Standard category 3 (2013).
ESRS E1: Commission Delegated Regulation (EU) 2023/2772, disclosure requirements E1-5, E1-6, E1-7.
VSME: EFRAG Voluntary Standard for non-listed SMEs (December 2024), B3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reports.figures import Figure, Where

EMISSION: Where = {"kind": ("emission",)}
ENERGY: Where = {"kind": ("energy",)}
LOCATION, MARKET = ("location", "both"), ("market", "both")
TONNES, MWH = ("t CO2e", "ug", -12, 3), ("MWh", "quantity", -6, 3)


@dataclass(frozen=True)
class Point:
    """A line of a report: `code` in the standard, `word` for its name, what it sums. `per_revenue`: an intensity."""

    word: str
    code: str
    where: Where
    unit: tuple[str, str, int, int] = TONNES
    share_of: Where | None = None
    per_revenue: bool = False
    strong: bool = False

    def figure(self, document: str, label: str, revenue: Decimal | None, currency: str) -> Figure:
        """The figure of this point. Of an intensity: per million of the currency."""
        unit, column, scale, places = self.unit
        name = f"{document}/{self.word}"
        if self.share_of is not None:
            return Figure(name, column, self.where, "%", 0, 1, share_of=self.share_of, label=label)
        if self.per_revenue and revenue:
            million = revenue / 1_000_000
            return Figure(name, column, self.where, f"{unit} / M {currency}", scale, 6, million, label=label)
        return Figure(name, column, self.where, unit, scale, places, label=label)


@dataclass(frozen=True)
class Section:
    word: str
    points: tuple[Point, ...]


def _scope(number: str, methods: tuple[str, ...] | None = None, **more: tuple[str, ...]) -> Where:
    return {**EMISSION, "scope": (number,), **({"method": methods} if methods else {}), **more}


def _energy(*sources: str, **more: tuple[str, ...]) -> Where:
    return {**ENERGY, **({"energy_source": sources} if sources else {}), **more}


SCOPE_1, SCOPE_2_LOCATION, SCOPE_2_MARKET = _scope("1"), _scope("2", LOCATION), _scope("2", MARKET)
SCOPE_3_3, SCOPE_3_3_MARKET = _scope("3", LOCATION), _scope("3", MARKET)
TOTAL_LOCATION: Where = {**EMISSION, "scope": ("1", "2", "3"), "method": LOCATION}
TOTAL_MARKET: Where = {**EMISSION, "scope": ("1", "2", "3"), "method": MARKET}
ELECTRICITY: Where = _energy(activity=("electricity",))
ALL_ENERGY: Where = _energy()
INSTRUMENTS = ("certificate", "contract", "supplier")
_SCOPE_2_KWH: Where = {**SCOPE_2_MARKET}

GHG = (
    Section("s_scope_1", (Point("scope_1", "Scope 1", SCOPE_1, strong=True),)),
    Section(
        "s_scope_2",
        (
            Point("scope_2_location", "Scope 2", SCOPE_2_LOCATION, strong=True),
            Point("scope_2_market", "Scope 2", SCOPE_2_MARKET, strong=True),
            *(
                Point(f"market_{kind}", "Scope 2", _scope("2", MARKET, instrument=(kind,)))
                for kind in (*INSTRUMENTS, "residual", "average")
            ),
        ),
    ),
    Section(
        "s_scope_3",
        (
            *(Point(f"category_3{letter.lower()}", f"3.3 {letter}", _scope("3", LOCATION, category=(f"3{letter}",)))
              for letter in "ABCD"),
            Point("scope_3_3", "Scope 3.3", SCOPE_3_3, strong=True),
            Point("scope_3_3_market", "Scope 3.3", SCOPE_3_3_MARKET, strong=True),
        ),
    ),
    Section(
        "s_total",
        (
            Point("total_location", "", TOTAL_LOCATION, strong=True),
            Point("total_market", "", TOTAL_MARKET, strong=True),
        ),
    ),
    Section(
        "s_outside",
        (
            Point("avoided", "", {"kind": ("avoided",)}, ("t CO2", "ug", -12, 3)),
            Point("credits_retired", "", {"kind": ("credit",)}, ("t CO2e", "ug", -12, 3)),
        ),
    ),
)  # fmt: skip
ESRS = (
    Section(
        "s_e1_5",
        (
            Point("energy_total", "E1-5 §37", ALL_ENERGY, MWH, strong=True),
            Point("energy_fossil", "E1-5 §37(a)", _energy("fossil"), MWH),
            Point("energy_fossil_share", "E1-5 AR 34", _energy("fossil"), MWH, share_of=ALL_ENERGY),
            Point("energy_petroleum", "E1-5 §38(b)", _energy("fossil", activity=("petrol", "diesel", "lpg")), MWH),
            Point("energy_gas", "E1-5 §38(c)", _energy("fossil", activity=("natural_gas", "cng", "lng")), MWH),
            Point("energy_fossil_power", "E1-5 §38(e)", _energy("fossil", activity=("electricity",)), MWH),
            Point("energy_nuclear", "E1-5 §37(b)", _energy("nuclear"), MWH),
            Point("energy_nuclear_share", "E1-5 AR 34", _energy("nuclear"), MWH, share_of=ALL_ENERGY),
            Point("energy_renewable", "E1-5 §37(c)", _energy("renewable"), MWH),
            Point("energy_renewable_power", "E1-5 §37(c)(ii)", _energy("renewable", activity=("electricity",)), MWH),
            Point("energy_renewable_share", "E1-5 AR 34", _energy("renewable"), MWH, share_of=ALL_ENERGY),
            Point("energy_unknown", "", _energy("unknown"), MWH),
            Point("energy_intensity", "E1-5 §40", ALL_ENERGY, MWH, per_revenue=True),
        ),
    ),
    Section(
        "s_e1_6",
        (
            Point("scope_1", "E1-6 §48(a)", SCOPE_1, strong=True),
            Point("scope_2_location", "E1-6 §49(a)", SCOPE_2_LOCATION, strong=True),
            Point("scope_2_market", "E1-6 §49(b)", SCOPE_2_MARKET, strong=True),
            Point("contract_share", "E1-6 AR 45(d)", _scope("2", MARKET, instrument=INSTRUMENTS),
                  ("%", "quantity", 0, 1), share_of=_SCOPE_2_KWH),
            Point("scope_3_3", "E1-6 §51", SCOPE_3_3, strong=True),
            Point("scope_3_3_market", "E1-6 §51", SCOPE_3_3_MARKET, strong=True),
            Point("total_location", "E1-6 §52(a)", TOTAL_LOCATION, strong=True),
            Point("total_market", "E1-6 §52(b)", TOTAL_MARKET, strong=True),
            Point("intensity_location", "E1-6 §53", TOTAL_LOCATION, per_revenue=True),
            Point("intensity_market", "E1-6 §53", TOTAL_MARKET, per_revenue=True),
        ),
    ),
    Section("s_e1_7", (Point("credits_retired", "E1-7 §59(a)", {"kind": ("credit",)}),)),
)  # fmt: skip
VSME = (
    Section(
        "s_b3_energy",
        (
            Point("energy_total", "B3 §29", ALL_ENERGY, MWH, strong=True),
            Point("electricity", "B3 §29", ELECTRICITY, MWH),
            Point("electricity_renewable", "B3 §29", _energy("renewable", activity=("electricity",)), MWH),
            Point("electricity_other", "B3 §29",
                  _energy("fossil", "nuclear", "unknown", activity=("electricity",)), MWH),
            Point("fuels", "B3 §29", _energy(category=("fuel",)), MWH),
            Point("fuels_renewable", "B3 §29", _energy("renewable", category=("fuel",)), MWH),
            Point("fuels_other", "B3 §29", _energy("fossil", "unknown", category=("fuel",)), MWH),
        ),
    ),
    Section(
        "s_b3_ghg",
        (
            Point("scope_1", "B3 §30(a)", SCOPE_1, strong=True),
            Point("scope_2_location", "B3 §30(b)", SCOPE_2_LOCATION, strong=True),
            Point("scope_2_market", "B3", SCOPE_2_MARKET),
            Point("intensity_b3", "B3 §31", {**EMISSION, "scope": ("1", "2"), "method": LOCATION}, per_revenue=True),
        ),
    ),
)  # fmt: skip
DOCUMENTS: Mapping[str, tuple[Section, ...]] = {"ghg": GHG, "esrs_e1": ESRS, "vsme_b3": VSME}


def figures(kind: str, words: Mapping[str, str], revenue: Decimal | None, currency: str) -> Iterator[Figure]:
    """Figures of a document in its order; intensities only where the net revenue is known."""
    for section in DOCUMENTS[kind]:
        for point in section.points:
            if revenue or not point.per_revenue:
                yield point.figure(kind, words[point.word], revenue, currency)
