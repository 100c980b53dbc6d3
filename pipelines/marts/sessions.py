"""One row per ended session, live and imported alike. `day` is the UTC day of its end, `local_day` that of the site."""

from datetime import date

import polars as pl

from ._sums import Where, rows_of
from ._table import State, Table, between, collect

TABLE = Table(
    "marts/sessions",
    {
        "tenant": pl.String,
        "session": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "connector": pl.String,
        "site": pl.String,
        "city": pl.String,
        "country": pl.String,
        "country_from": pl.String,
        "timezone": pl.String,
        "host_organisation": pl.String,
        "fleet_organisation": pl.String,
        "driver": pl.String,
        "vehicle": pl.String,
        "started_at": pl.Datetime("ms", "UTC"),
        "ended_at": pl.Datetime("ms", "UTC"),
        "local_day": pl.Date,
        "duration_s": pl.Int64,
        "energy_wh": pl.Int64,
        "cost_minor": pl.Int64,
        "currency": pl.String,
        "reason": pl.String,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "ended_at", "charger", "session"),
    edition=2,
)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Sessions that ended in the local days [start, end). `organisations`: only those of these hosts or fleets."""
    rows = between(TABLE.of_tenant(tenant, version), "local_day", start, end)
    if source:
        rows = rows.filter(pl.col("source") == source)
    if organisations is not None:
        of = pl.col("fleet_organisation").is_in(organisations) | pl.col("host_organisation").is_in(organisations)
        rows = rows.filter(of.fill_null(False))
    return collect(rows.sort("ended_at", "charger", "session"))


def page(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    where: Where | None = None,
    offset: int = 0,
    limit: int = 100,
    version: int | None = None,
) -> pl.DataFrame:
    """The newest sessions first, `limit` of them from `offset` on: for people who look at single ones."""
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=source, organisations=organisations, where=where,
        version=version,
    )  # fmt: skip
    newest = rows.sort("ended_at", "charger", "session", descending=[True, False, False])
    return collect(newest.slice(offset, limit))


def state() -> State | None:
    return TABLE.state()
