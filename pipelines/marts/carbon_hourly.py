"""Hourly energy and its emissions: each session's hours (UTC), location-based, with the factor of that very hour.

The hours of a session sum to its energy to the Wh. `ug` = `energy_wh` × `mg_per_kwh`; both are null where no factor is
known. `resolution` says how fine the factor is: hourly, daily, monthly or yearly. `metered`: false where the hours of a
session are unknown and all of it stands at its end. `local_day` is that of the session's end, as in the mart `carbon`.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from ._sums import rows_of
from ._table import State, Table, collect

TABLE = Table(
    "marts/carbon_hourly",
    {
        "tenant": pl.String,
        "session": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "country": pl.String,
        "host_organisation": pl.String,
        "fleet_organisation": pl.String,
        "local_day": pl.Date,
        "hour": pl.Datetime("ms", "UTC"),
        "energy_wh": pl.Int64,
        "metered": pl.Boolean,
        "factor": pl.String,
        "mg_per_kwh": pl.Int64,
        "ug": pl.Int64,
        "resolution": pl.String,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "session", "hour"),
    edition=2,
)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    sessions: Sequence[str] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Hours of the sessions that ended in the local days [start, end); `sessions`: only of these."""
    where = None if sessions is None else {"session": sessions}
    wanted = None if source in (None, "all") else source
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=wanted, organisations=organisations, where=where,
        version=version,
    )  # fmt: skip
    return collect(rows.sort("hour", "session"))


def by_hour(
    *, tenant: str, start: date | None = None, end: date | None = None, source: str | None = None,
    organisations: tuple[str, ...] | None = None, version: int | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Energy and emissions per site, hour, factor and resolution, summed where the files lie."""
    wanted = None if source in (None, "all") else source
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=wanted, organisations=organisations, version=version
    )
    keys = ("site", "hour", "factor", "mg_per_kwh", "resolution")
    found = rows.group_by(keys).agg(
        pl.col("energy_wh").sum(), ug=pl.col("energy_wh").sum() * pl.col("mg_per_kwh").first()
    )
    return collect(found.sort("hour", "site", "factor", nulls_last=True))


def state() -> State | None:
    return TABLE.state()
