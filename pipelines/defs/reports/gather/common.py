"""What every kind of report is told of who asked, and at which version."""

from datetime import date
from types import ModuleType
from typing import Any

import polars as pl

from pipelines.marts import factors, roster
from pipelines.marts._table import State
from reports.brand import Brand
from saas.contracts.internal import QueuedReport, TenantCard


class NoData(RuntimeError):
    """A mart that the report is made from is not there yet."""


def state_of(mart: ModuleType) -> State:
    """Version of a mart. NoData before its first one."""
    found: State | None = mart.state()
    if found is None:
        raise NoData(
            f"the table {mart.__name__.rpartition('.')[2]} is not made yet; it is within minutes of the first session. "
            "Ask for the report again then"
        )
    return found


def period(wanted: QueuedReport) -> tuple[date, date]:
    return date.fromisoformat(wanted.period_start), date.fromisoformat(wanted.period_end)


def head(card: TenantCard, wanted: QueuedReport) -> dict[str, Any]:
    """Fields that all extracts share."""
    return {
        "brand": Brand(card.name, card.colour_primary, card.colour_accent, card.logo_svg),
        "organisation": wanted.organisation_name or card.name,
        "language": wanted.language or card.language,
        "period_start": wanted.period_start,
        "period_end": wanted.period_end,
    }


def placed(rows: pl.DataFrame, card: TenantCard) -> pl.DataFrame:
    """Chargers and sites by name, no two by the same one."""
    return roster.placed(rows, roster.places(tenant=card.tenant))


def used_factors(names: list[str], tenant: str, version: int) -> list[dict[str, Any]]:
    """Rows of the factors that a report names, as plain values."""
    rows = factors.read(names=tuple(sorted(names)), version=version, tenant=tenant).iter_rows(named=True)
    return [{k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows]
