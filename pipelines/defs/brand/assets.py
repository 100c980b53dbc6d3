"""What the web app tells of its tenants: brands, names, and the business side of closed sessions."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg
import msgspec
import polars as pl

from pipelines.marts import roster, tenants
from pipelines.marts._table import Table, collect
from pipelines.resources import erased
from pipelines.resources.lake import Lake
from pipelines.resources.saas import SaasClient, Unreachable
from pipelines.resources.tables import CHARGERS, CONTEXT, EQUIPMENT
from pipelines.transforms import names
from pipelines.transforms.telemetry import named
from saas.contracts.internal import ClosedSession, Roster, TenantCard

# Sessions may close in another order than their times say; this much is asked again.
_OVERLAP = timedelta(minutes=10)


@dg.asset(
    group_name="energy",
    owners=["team:data"],
    description="Brands, names of chargers, vehicles and drivers, and cost and place of closed sessions.",
)
def business(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], saas: dg.ResourceParam[SaasClient]
) -> dg.MaterializeResult[None]:
    try:
        counts = learn(lake, saas)
    except Unreachable as error:
        context.log.warning(f"The web app does not answer; using what was known before. {error}")
        return dg.MaterializeResult(metadata={"reached": False})
    return dg.MaterializeResult(metadata={"reached": True, **counts})


def learn(lake: Lake, saas: SaasClient) -> dict[str, int]:
    """Asks the web app and writes what it says. Returns how many tenants, chargers and new sessions it named."""
    cards = saas.tenants()
    books = {card.tenant: saas.roster(card) for card in cards}
    told = [(card.tenant, item) for card in cards for item in saas.sessions(card, _known_until(card.tenant))]
    lake.replace_all(tenants.TABLE, _brands(cards))
    lake.replace_all(roster.TABLE, _names(books))
    lake.replace_all(CHARGERS, _chargers(books))
    lake.replace_all(EQUIPMENT, _chargers(books, EQUIPMENT))
    add_sessions(lake, told)
    return {"tenants": len(cards), "chargers": sum(len(b.chargers) for b in books.values()), "sessions": len(told)}


def _known_until(tenant: str) -> datetime | None:
    """When the newest known session closed; None where all are asked for: none is known, or as an older edition."""
    if CONTEXT.older():
        return None
    newest: datetime | None = collect(CONTEXT.of_tenant(tenant).select(pl.col("closed_at").max())).item()
    return None if newest is None else newest - _OVERLAP


def _brands(cards: list[TenantCard]) -> pl.DataFrame:
    return _frame([msgspec.to_builtins(card) for card in cards], tenants.TABLE)


def _names(books: dict[str, Roster]) -> pl.DataFrame:
    rows: list[dict[str, object]] = []
    for tenant, book in books.items():
        rows += [row | {"tenant": tenant} for row in _of_roster(book)]
    gone = erased.all_known()
    told = [row for row in rows if erased.hashed(str(row["tenant"]), str(row["id"])) not in gone]
    named = pl.DataFrame(told, schema=roster.TABLE.schema | {"beside": pl.String})
    return names.apart(named).unique(["tenant", "kind", "id", "organisation"], keep="first", maintain_order=True)


def _of_roster(book: Roster) -> Iterator[dict[str, object]]:
    """Every thing of a tenant with its name and the word that tells it from another one of the same name."""
    parties = {o.uid: o.name for o in book.organisations}
    for party in book.organisations:
        yield _name("organisation", party.uid, party.name, party.uid, party.kind)
    for driver in book.drivers:
        yield _name("driver", driver.driver, driver.name, driver.organisation, parties.get(driver.organisation or ""))
    for charger in book.chargers:
        yield _name("charger", charger.charger, charger.title, charger.organisation, charger.site_name)
        yield _name("site", charger.site, charger.site_name, charger.organisation, charger.city)
    for car in book.vehicles:
        plate = " ".join((car.plate, car.make, car.model)).strip()
        yield _name("vehicle", car.uid, plate, car.organisation, parties.get(car.organisation or ""))


def _name(kind: str, key: str, name: str, organisation: str | None, beside: str | None) -> dict[str, object]:
    return {"kind": kind, "id": key, "name": name or key, "organisation": organisation, "beside": beside or None}


def _chargers(books: dict[str, Roster], table: Table = CHARGERS) -> pl.DataFrame:
    rows = [
        msgspec.to_builtins(c) | {"tenant": tenant, "device": c.device_id, "host_organisation": c.organisation}
        for tenant, book in books.items()
        for c in book.chargers
        if c.device_id
    ]
    return _frame(rows, table)


def add_sessions(lake: Lake, told: list[tuple[str, ClosedSession]]) -> None:
    """Writes sessions that tenants told, under their own name and each that their station gave them.

    Where an older edition wrote the table, all of them were asked for and it is written anew.
    """
    if CONTEXT.older():
        both = pl.concat([_rows_of(told), collect(CONTEXT.scan()).drop("month")], how="vertical_relaxed")
        lake.replace_all(CONTEXT, _once(both))
    elif told:
        rows = _rows_of(told)
        first, last = rows.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
        held = collect(lake.days(CONTEXT, first, last)).drop("month")
        lake.replace_days(CONTEXT, _once(pl.concat([rows, held], how="vertical_relaxed")), first, last)


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """What was told now stands for what was known of the same session."""
    return rows.unique(["tenant", "session"], keep="first", maintain_order=True)


def _rows_of(told: list[tuple[str, ClosedSession]]) -> pl.DataFrame:
    """Columns of the table, without the month; nobody who was erased is named."""
    columns = {name: kind for name, kind in CONTEXT.schema.items() if name != "month"}
    if not told:
        return pl.DataFrame(schema=columns)
    items = [msgspec.to_builtins(item) | {"tenant": tenant} for tenant, item in told]
    rows = pl.DataFrame(items, infer_schema_length=None, schema_overrides={"transactions": pl.List(pl.String)})
    instant = pl.col("closed_at", "ended_at").cast(pl.String).str.to_datetime("%+", time_unit="ms", time_zone="UTC")
    rows = rows.with_columns(instant).with_columns(
        day=pl.col("closed_at").dt.date(), ended_ms=pl.col("ended_at").dt.epoch("ms")
    )
    rows = pl.concat([rows, _as_stations_say(rows)], how="vertical_relaxed")
    return erased.without(rows.select(*columns))


def _as_stations_say(rows: pl.DataFrame) -> pl.DataFrame:
    """The same sessions under each name that their station gives them; the cost stands at the first one alone."""
    said = rows.with_columns(main=pl.col("transactions").list.first()).explode("transactions")
    said = said.filter(pl.col("transactions").is_not_null())
    cost = pl.when(pl.col("transactions") == pl.col("main")).then("cost_minor").alias("cost_minor")
    said = said.with_columns(cost, named("device_id", "transactions"))
    return said.drop("main").with_columns(transactions=pl.lit([], dtype=pl.List(pl.String)))


def _frame(rows: list[dict[str, object]], table: Table) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in table.schema} for row in rows], schema=table.schema)
