"""The kinds that can be imported, and the options of the command line that each takes beyond the common ones."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from pipelines.transforms.importing.carbon import CARBON
from pipelines.transforms.importing.kind import Kind
from pipelines.transforms.importing.locations import LOCATIONS
from pipelines.transforms.importing.prices import PRICES
from pipelines.transforms.importing.status import STATUS


@dataclass(frozen=True, slots=True)
class Option:
    """A word that the caller may add where the file leaves it open."""

    name: str
    says: str


_TERMS = (Option("source", "who published the file"), Option("licence", "under which licence"))
OPTIONS: dict[str, tuple[Kind, tuple[Option, ...]]] = {
    "status": (
        STATUS,
        (
            Option("charger", "the charger, where the file is about one and does not name it"),
            Option("words", "what the file's own status words mean, as `0=AVAILABLE,1=CHARGING` (OCPI words)"),
            *_TERMS,
        ),
    ),
    "locations": (LOCATIONS, (Option("country", "ISO country of the places, where the file names none"), *_TERMS)),
    "prices": (
        PRICES,
        (
            Option("region", "bidding zone, country or supply area"),
            Option("charger", "the charger, where the file is one charger's tariff"),
            Option("currency", "ISO code, where the file names none"),
            Option("unit", "as EUR/MWh or ct/kWh, where the file names none"),
            Option("kind", "day_ahead, intraday, imbalance, retail or tariff"),
            *_TERMS,
        ),
    ),
    "carbon": (
        CARBON,
        (
            Option("region", "ISO country or the grid's own zone"),
            Option("unit", "as g/kWh or lb/MWh, where the file names none"),
            Option("kind", "location_average, marginal or residual"),
            *_TERMS,
        ),
    ),
}


def parser() -> argparse.ArgumentParser:
    """The command line of the data side."""
    top = argparse.ArgumentParser(prog="wattlane import", description="Bring in files of any layout.")
    kinds = top.add_subparsers(required=True, metavar="KIND", dest="word")
    for word, (_, options) in OPTIONS.items():
        one = kinds.add_parser(word)
        one.add_argument("files", nargs="+", metavar="FILE")
        one.add_argument("--tenant")
        one.add_argument("--timezone")
        one.add_argument("--date-order", choices=("dmy", "mdy"))
        one.add_argument("--dry-run", action="store_true")
        one.add_argument("--json", action="store_true")
        for option in options:
            one.add_argument(f"--{option.name}", help=option.says)
    return top
