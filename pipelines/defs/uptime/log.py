"""What the web app tells of outages and statuses, kept in the lake: asked from the last news on, corrected in place."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

import dagster as dg
import msgspec
import polars as pl

from pipelines.marts._table import Table, collect
from pipelines.resources.lake import Lake
from pipelines.resources.saas import PAGE, Denied, SaasClient, Unreachable
from pipelines.resources.tables import OUTAGES_TOLD, STATUSES_TOLD
from saas.contracts.internal import TenantCard
from saas.contracts.maintenance import OutagePage, OutcomePage, StatusPage

P = TypeVar("P", OutagePage, StatusPage, OutcomePage)
SCOPE = "maintenance:read"
_PATH: dict[type, str] = {
    OutagePage: "/maintenance/outages",
    StatusPage: "/maintenance/statuses",
    OutcomePage: "/maintenance/outcomes",
}
_OVERLAP = timedelta(minutes=10)  # rows may be committed in another order than their times say


@dg.asset(group_name="maintenance", owners=["team:data"], description="Outages and statuses of chargers, as logged.")
def maintenance_log(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], saas: dg.ResourceParam[SaasClient]
) -> dg.MaterializeResult[None]:
    try:
        told = learn(lake, saas)
    except (Unreachable, Denied) as error:
        context.log.warning(f"The log of maintenance does not answer; using what was known before. {error}")
        return dg.MaterializeResult(metadata={"reached": False})
    return dg.MaterializeResult(metadata={"reached": True, **told})


def learn(lake: Lake, saas: SaasClient) -> dict[str, int]:
    """Asks the web app and writes what is new. Returns how many outages and statuses it told."""
    cards = saas.tenants()
    outages = asked(saas, cards, OutagePage, OUTAGES_TOLD, "changed_at")
    statuses = asked(saas, cards, StatusPage, STATUSES_TOLD, "at")
    keep(lake, OUTAGES_TOLD, outages, ["tenant", "outage"], ("began_at", "ended_at", "changed_at"))
    keep(lake, STATUSES_TOLD, statuses, ["tenant", "device", "evse", "at"], ("at",))
    return {"outages": len(outages), "statuses": len(statuses)}


def asked(
    saas: SaasClient, cards: Iterable[TenantCard], kind: type[P], table: Table, newest: str
) -> list[dict[str, Any]]:
    """Rows that each tenant's log tells since the newest one in the table. Denied, Unreachable."""

    def ask(card: TenantCard) -> Iterator[dict[str, Any]]:
        for item in _pages(saas, card, kind, _known_until(table, card.tenant, newest)):
            yield msgspec.to_builtins(item) | {"tenant": card.tenant, "device": item.device_id}

    return [row for card in cards for row in ask(card)]


def _pages(saas: SaasClient, card: TenantCard, kind: type[P], since: datetime | None) -> Iterator[Any]:
    query: dict[str, str] = {"limit": str(PAGE)} | ({"since": since.isoformat()} if since else {})
    while True:
        page = saas.get(_PATH[kind], card, SCOPE, kind, query)
        yield from page.items
        if page.next is None:
            return
        query["after"] = page.next


def _known_until(table: Table, tenant: str, column: str) -> datetime | None:
    """Newest moment told, but never after the last writing: a device's clock may run ahead."""
    newest: datetime | None = collect(table.of_tenant(tenant).select(pl.col(column).max())).item()
    state = table.state()
    return None if newest is None or state is None else min(newest, state.published_at) - _OVERLAP


def keep(lake: Lake, table: Table, told: list[dict[str, Any]], key: list[str], instants: tuple[str, ...]) -> None:
    """What was told later replaces what was told before under the same key."""
    fresh = pl.DataFrame([{name: row.get(name) for name in table.schema} for row in told], _said(table, instants))
    parsed = fresh.with_columns(_instant(name, table) for name in instants)
    both = pl.concat([collect(table.scan()), parsed.select(pl.col(n).cast(t) for n, t in table.schema.items())])
    lake.replace_all(table, both.unique(key, keep="last", maintain_order=True))


def _said(table: Table, instants: tuple[str, ...]) -> dict[str, Any]:
    return {name: pl.String if name in instants else kind for name, kind in table.schema.items()}


def _instant(name: str, table: Table) -> pl.Expr:
    unit = table.schema[name].time_unit
    return pl.col(name).str.to_datetime("%+", time_unit=unit, time_zone="UTC")
