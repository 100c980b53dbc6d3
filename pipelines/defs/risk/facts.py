"""What is known of each network of chargers at a moment: its days, its failures, and the names of its chargers."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from pipelines.marts import charger_health_daily, sessions
from pipelines.marts._table import Table, collect
from pipelines.resources import imported
from pipelines.resources.tables import CHARGERS, CLEAN, OUTAGES_TOLD, OUTCOMES_TOLD
from pipelines.transforms import failure_events, networks, risk_days, silence
from pipelines.transforms.usage import Flags, Grid

LIVE = "live"
# Raised when the models of this product change: then all learn anew, whatever the facts.
EDITION = 2
# Older history tells of other chargers, other drivers.
HISTORY = timedelta(days=800)
_UNIT = pl.col("charger").alias("unit")
_USED = ["tenant", "source", "unit", "started_at", "ended_at", "energy_wh", "duration_s", "site", "host_organisation"]


@dataclass(frozen=True)
class Network:
    """Chargers that share a history. `event[unit, day]`: a failure begins; `broken`: units out of order now."""

    tenant: str
    source: str
    name: str
    as_of: datetime
    grid: Grid
    event: Flags
    broken: frozenset[str]
    names: pl.DataFrame

    @property
    def fingerprint(self) -> str:
        """The same for the same facts and models: day of the newest fact, and a checksum over all of them."""
        digest = hashlib.sha256("\n".join([str(EDITION), *self.grid.units]).encode())
        for key in sorted(self.grid.values):
            digest.update(np.ascontiguousarray(self.grid.values[key]).tobytes())
        digest.update(np.ascontiguousarray(self.event).tobytes())
        return f"{self.as_of:%Y-%m-%d}-{digest.hexdigest()[:12]}"


def all_networks(now: datetime) -> Iterator[Network]:
    """Every network that has sessions, tenant by tenant. `now` counts for devices; files end where their data ends."""
    held = collect(sessions.TABLE.scan().select("tenant", "source").unique()).sort("tenant", "source")
    for tenant, source in held.iter_rows():
        yield from _live(tenant, now) if source == LIVE else _imported(tenant)


def _live(tenant: str, now: datetime) -> Iterator[Network]:
    as_of = now.replace(minute=0, second=0, microsecond=0)
    rows = _sessions(tenant, LIVE, as_of)
    outages, outcomes = (collect(_named(table, tenant)) for table in (OUTAGES_TOLD, OUTCOMES_TOLD))
    if collect(rows.select(pl.len())).item():
        grid = risk_days.grid(rows, _troubles(tenant, as_of), _lost(tenant, as_of), as_of)
        event = failure_events.event(grid, outages, outcomes, as_of)
        broken = frozenset(failure_events.lasting(outages, as_of))
        yield Network(tenant, LIVE, LIVE, as_of, grid, event, broken, _names(rows, tenant))


def _imported(tenant: str) -> Iterator[Network]:
    files = collect(
        imported.scan().filter((pl.col("tenant") == tenant) & pl.col("charger").is_not_null())
        .select(unit="charger", file="source_sha256").unique()
    )  # fmt: skip
    for (name,), part in networks.of_files(files).group_by("network", maintain_order=True):
        rows = _sessions(tenant, "imported", None).filter(pl.col("unit").is_in(part["unit"].to_list()))
        end: datetime | None = collect(rows.select(pl.col("started_at").max())).item()
        if end is not None:
            as_of = risk_days.whole_hour(end)
            recent = rows.filter(pl.col("started_at") >= as_of - HISTORY)
            grid = risk_days.grid(recent, _NOTHING_TOLD, _NOTHING_LOST, as_of)
            yield Network(
                tenant, "imported", str(name)[:12], as_of, grid, silence.begins(grid), frozenset(), _names(rows, tenant)
            )


def _sessions(tenant: str, source: str, as_of: datetime | None) -> pl.LazyFrame:
    rows = sessions.TABLE.of_tenant(tenant).filter(pl.col("source") == source).with_columns(_UNIT)
    rows = rows.filter(pl.col("unit") != "?").select(_USED)
    return rows if as_of is None else rows.filter(pl.col("started_at") >= as_of - HISTORY)


def _names(rows: pl.LazyFrame, tenant: str) -> pl.DataFrame:
    """unit, site, host_organisation, device, evse: as the web app names them, else as the latest session does."""
    latest = rows.group_by("unit").agg(pl.col("site", "host_organisation").sort_by("ended_at").last())
    known = CHARGERS.of_tenant(tenant).group_by(unit="charger").agg(
        pl.col("device", "evse").last(), told_site=pl.col("site").last(), told_host=pl.col("host_organisation").last()
    )  # fmt: skip
    named = latest.join(known, on="unit", how="left").with_columns(
        site=pl.coalesce("told_site", "site"), host_organisation=pl.coalesce("told_host", "host_organisation")
    )
    return collect(named.select("unit", "site", "host_organisation", "device", "evse"))


_NOTHING_TOLD = pl.DataFrame(schema={"unit": pl.String, "at": pl.Datetime("ms", "UTC")})
_NOTHING_LOST = pl.DataFrame(schema={"unit": pl.String, "day": pl.Date, "missing": pl.Int64})


def _troubles(tenant: str, as_of: datetime) -> pl.DataFrame:
    """Faults and refusals, as the devices told them."""
    rows = CLEAN.of_tenant(tenant).filter(
        (pl.col("day") >= (as_of - HISTORY).date()) & pl.col("type").is_in(["fault", "refused"])
    )
    at = pl.from_epoch("ts_ms", time_unit="ms").dt.replace_time_zone("UTC").alias("at")
    return collect(_with_unit(rows, tenant).select("unit", at))


def _lost(tenant: str, as_of: datetime) -> pl.DataFrame:
    rows = charger_health_daily.TABLE.of_tenant(tenant).filter(
        (pl.col("source") == LIVE) & (pl.col("day") >= (as_of - HISTORY).date()) & (pl.col("missing") > 0)
    )
    return collect(rows.select(_UNIT, "day", "missing"))


def _named(table: Table, tenant: str) -> pl.LazyFrame:
    return _with_unit(table.of_tenant(tenant), tenant)


def _with_unit(rows: pl.LazyFrame, tenant: str) -> pl.LazyFrame:
    """Adds the name of the charger; a device that nobody named goes by its own id."""
    names = CHARGERS.of_tenant(tenant).select("device", "evse", "charger")
    found = rows.join(names, on=["device", "evse"], how="left")
    return found.with_columns(unit=pl.coalesce("charger", "device"))
