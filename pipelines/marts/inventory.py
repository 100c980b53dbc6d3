"""Greenhouse gas inventory (GHG Protocol) as lines, each its own product: `ug` = `quantity` × `factor_value`.

Reporter: `organisation` is a fleet or enterprise of the tenant, or empty for the tenant itself; `consolidated` says
whether the line counts in the inventory of the tenant as a whole (operational control: all lines of a tenant that is a
fleet, only its own lines of one that sells charging). A Wh stands in one line per scope column and method, never more.

`scope` 1, 2, 3; `category` of Scope 3: 3A fuels upstream, 3B electricity upstream, 3C losses of the grid, 3D power sold
to end users. `method`: location, market, or both where the two do not differ. `activity`: electricity or a fuel.
`instrument` of market lines: certificate, contract, supplier, residual, average. `unit` of `quantity`: Wh or ml.
`energy_wh` of fuels is their energy content. `hour` is set where the factor is hourly. `gap` names what is not known,
then `ug` is null: no_grid_factor, no_fuel_factor, no_upstream_factor, no_losses_factor, or included_in_scope_2 (the
factor is of the whole life cycle already). `data_version` names the versions of the tables that the line was made from.
"""

from datetime import date

import polars as pl

from ._sums import summed
from ._table import State, Table, between, collect

TABLE = Table(
    "marts/inventory",
    {
        "tenant": pl.String,
        "organisation": pl.String,
        "consolidated": pl.Boolean,
        "source": pl.String,
        "period": pl.String,
        "local_day": pl.Date,
        "site": pl.String,
        "country": pl.String,
        "scope": pl.String,
        "category": pl.String,
        "method": pl.String,
        "activity": pl.String,
        "instrument": pl.String,
        "evidence": pl.String,
        "energy_source": pl.String,
        "factor": pl.String,
        "factor_value": pl.Int64,
        "factor_unit": pl.String,
        "resolution": pl.String,
        "hour": pl.Datetime("ms", "UTC"),
        "quantity": pl.Int64,
        "unit": pl.String,
        "energy_wh": pl.Int64,
        "ug": pl.Int64,
        "sessions": pl.Int64,
        "gap": pl.String,
        "data_version": pl.String,
    },
    (
        "tenant", "organisation", "scope", "category", "method", "local_day", "site", "hour", "source", "activity",
        "instrument", "evidence", "factor", "factor_value", "gap",
    ),
    (),
    edition=2,
)  # fmt: skip


def scan(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisation: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.LazyFrame:
    """Lines of the local days [start, end), not yet read: the tenant as a whole, or of these organisations.

    `source`: live or imported sessions; fuel is in both.
    """
    rows = between(TABLE.of_tenant(tenant, version), "local_day", start, end)
    if source and source != "all":
        rows = rows.filter(pl.col("source").is_in([source, "fuel"]))
    wanted = (organisation,) if organisation else organisations
    if wanted is None:
        return rows.filter(pl.col("consolidated"))
    return rows.filter(pl.col("organisation").is_in(list(wanted)))


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisation: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """The lines, in the order of the table."""
    rows = scan(
        tenant=tenant, start=start, end=end, source=source, organisation=organisation, organisations=organisations,
        version=version,
    )  # fmt: skip
    return collect(rows.sort(TABLE.order, nulls_last=True))


def sums(
    by: tuple[str, ...],
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Per value of `by`: energy_wh, quantity, ug, hourly_wh, unknown_wh (energy of lines without a factor)."""
    rows = scan(
        tenant=tenant, start=start, end=end, source=source, organisations=organisations, version=version
    )  # fmt: skip
    energy, missing = pl.col("energy_wh"), pl.col("ug").is_null() & (pl.col("gap") != "included_in_scope_2")
    return summed(
        rows, by,
        {
            "energy_wh": energy.sum(), "quantity": pl.col("quantity").sum(), "ug": pl.col("ug").sum(),
            "hourly_wh": energy.filter(pl.col("resolution") == "hourly").sum(),
            "unknown_wh": energy.filter(missing).sum(),
        },
    )  # fmt: skip


def state() -> State | None:
    return TABLE.state()
