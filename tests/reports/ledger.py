"""Lines of an inventory for the tests of reports."""

from typing import Any

from reports.brand import Brand
from reports.inventory.extract import Extract
from reports.lines import TEXTS, Line

GRID, DIESEL_MG_PER_L = 79_158, 2_512_060


def line(**given: Any) -> Line:
    """A line; its emission is the product unless given."""
    plain: Line = dict.fromkeys(TEXTS, "") | {"quantity": 0, "factor_value": None, "ug": None} | given
    if plain["factor_value"] is not None and plain["ug"] is None:
        plain["ug"] = plain["quantity"] * plain["factor_value"]
    return plain


def power(number: int, **given: Any) -> list[Line]:
    """What one month at one site leaves: Scope 2 twice, its upstream, and its energy by source."""
    wh = 1_000_003 * (number + 1)
    place = {"period": f"2026-{1 + number % 12:02}", "site": f"Site {number % 4}", "activity": "electricity"}
    emission = place | {
        "kind": "emission", "quantity": wh, "unit": "Wh", "factor": "grid/FI/2023", "factor_value": GRID,
        "factor_unit": "mg/kWh", "resolution": "yearly",
    }  # fmt: skip
    return [
        line(**emission | {"scope": "2", "method": "location"} | given),
        line(**emission | {"scope": "2", "method": "market", "instrument": "average"} | given),
        line(**emission | {"scope": "3", "category": "3C", "method": "both", "factor_value": 4_000} | given),
        line(**place | {"kind": "energy", "energy_source": "renewable", "quantity": wh // 3, "unit": "Wh"}),
        line(**place | {"kind": "energy", "energy_source": "fossil", "quantity": wh - wh // 3, "unit": "Wh"}),
    ]


def fuel(number: int) -> list[Line]:
    place = {"period": "2026-03", "site": "Depot", "activity": "diesel", "category": "fuel"}
    burnt = line(
        **place | {"category": ""}, kind="emission", scope="1", method="both", quantity=5_000 + number, unit="ml",
        factor="diesel/2026", factor_value=DIESEL_MG_PER_L, factor_unit="mg/l", resolution="yearly",
    )  # fmt: skip
    return [burnt, line(**place, kind="energy", energy_source="fossil", quantity=49_800, unit="Wh")]


def extract(kind: str = "ghg", lines: list[Line] | None = None, **given: Any) -> Extract:
    whole = [one for number in range(24) for one in power(number)] + fuel(1) if lines is None else lines
    head: dict[str, Any] = {
        "brand": Brand("Ampère", "#0B6E4F", "#F5B700"), "organisation": "Kallio Deliveries", "language": "en",
        "period_start": "2026-01-01", "period_end": "2027-01-01", "data_version": "inventory@3", "currency": "EUR",
        "published_at": "2027-01-02T06:00:00+00:00", "boundary": "organisation",
        "factors": [{
            "factor": "grid/FI/2023", "region_name": "Finland", "value_mg": GRID, "unit": "g CO2e per kWh",
            "year": 2023, "source": "Ember", "gas_basis": "CO2e", "boundary": "generation", "licence": "CC BY 4.0",
            "source_url": "",
        }],
    }  # fmt: skip
    return Extract(kind=kind, lines=whole, **head | given)
