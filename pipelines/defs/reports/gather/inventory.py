"""GHG Protocol, ESRS E1 and VSME B3: lines of the inventory of the tenant as a whole or of one organisation."""

from typing import Any

import polars as pl

from pipelines.marts import carbon, carbon_hourly, factors, inventory
from pipelines.marts._table import collect
from pipelines.transforms import report_lines
from reports.inventory.extract import Extract
from reports.lines import NUMBERS, TEXTS
from saas.contracts.internal import QueuedReport, RetiredCredits, TenantCard

from .common import head, period, placed, state_of, used_factors

NAMED = {"no_upstream_factor": "category_3b", "no_losses_factor": "category_3c"}


def stale() -> bool:
    """Whether hours of energy were written since the inventory was made from them: it has to be made anew first."""
    newest = carbon_hourly.state()
    if newest is None:
        return False
    if inventory.state() is None:
        return True
    made: list[str] = collect(inventory.TABLE.scan().select("data_version").head(1))["data_version"].to_list()
    return bool(made) and f"carbon_hourly@{newest.version} " not in f"{made[0]} "


def gather(card: TenantCard, wanted: QueuedReport) -> Extract:
    """The lines of the period at one version of the marts, and the factors that they name. NoData."""
    state, of_sessions, of_factors = state_of(inventory), state_of(carbon), state_of(factors)
    start, end = period(wanted)
    asked: dict[str, Any] = {
        "tenant": card.tenant, "start": start, "end": end, "source": wanted.source, "organisation": wanted.organisation,
    }  # fmt: skip
    held = placed(inventory.read(**asked, version=state.version), card)
    sessions = carbon.read(**asked, version=of_sessions.version).filter(pl.col("scope") != "outside")
    sessions = placed(sessions, card)
    lines = report_lines.lines(held, sessions)
    used = lines["factor"].drop_nulls().unique().to_list()
    return Extract(
        **head(card, wanted),
        kind=wanted.kind,
        data_version=f"inventory@{state.version} carbon@{of_sessions.version} factors@{of_factors.version}",
        published_at=state.published_at.isoformat(timespec="seconds"),
        boundary="organisation" if wanted.organisation else "whole",
        currency=card.currency,
        revenue=wanted.net_revenue,
        factors=[_factor(row) for row in used_factors(used, card.tenant, of_factors.version)],
        notes=_notes(report_lines.gaps(held), report_lines.without_energy(held), sessions),
        lines=[*lines.to_dicts(), *map(credit_line, wanted.retired)],
    )


def credit_line(retired: RetiredCredits) -> dict[str, Any]:
    """A line of credits: a gram is a million micrograms."""
    known = {
        "kind": "credit", "period": retired.month, "activity": retired.method, "evidence": retired.serials,
        "quantity": retired.grams, "unit": "g", "factor_value": 1_000_000, "factor_unit": "µg/g",
    }  # fmt: skip
    return dict.fromkeys((*TEXTS, *NUMBERS), "") | {"ug": retired.grams * 1_000_000} | known


def _factor(row: dict[str, Any]) -> dict[str, Any]:
    """A factor as the document names it: its value in thousandths of the unit that is printed."""
    units = {"mg/kWh": "g/kWh", "mg/l": "g/l", "Wh/l": "kWh/l"}
    return row | {"value_mg": row["value"], "unit": units.get(row["value_unit"], row["value_unit"])}


def _notes(gaps: pl.DataFrame, without_energy: list[str], sessions: pl.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    notes: list[tuple[str, dict[str, Any]]] = []
    grid = gaps.filter(pl.col("gap") == "no_grid_factor")
    if grid.height:
        wh = int(grid["energy_wh"].sum())
        notes.append(("n_no_factor", {"n": int(grid["sessions"].sum()), "wh": wh}))
    missing = gaps.filter(pl.col("gap").is_in(["no_fuel_factor", *NAMED]))
    if missing.height:
        words = sorted({_name(*row) for row in missing.select("gap", "category", "activity").iter_rows()})
        notes.append(("n_missing_activity", {"names": words}))
    if without_energy:
        notes.append(("n_missing_energy", {"names": [f"fuel_{fuel}" for fuel in without_energy]}))
    if (gaps["gap"] == "included_in_scope_2").any():
        notes.append(("n_included", {}))
    if imported := sessions.filter(pl.col("source") == "imported").height:
        notes.append(("n_imported", {"n": imported}))
    return notes


def _name(gap: str, category: str, activity: str) -> str:
    if gap == "no_fuel_factor":
        return f"fuel_{activity}"
    return "category_3a" if category == "3A" else NAMED[gap]
