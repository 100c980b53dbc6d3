"""Reads the landing folder of imported session files and their quarantine; `landing.py` writes them."""

from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.marts._table import collect, home_path
from pipelines.resources import stations
from pipelines.resources.tables import IMPORTED
from saas.contracts.lake import LANDING_FOLDER

_COLUMNS: dict[str, Any] = {name: kind for name, kind in IMPORTED.schema.items() if name not in ("day", "month")}


def files_by_tenant() -> dict[str, list[str]]:
    """Landed files (checksums) of each tenant. A file is there once its manifest is."""
    found: dict[str, list[str]] = {}
    for manifest in sorted((home_path() / LANDING_FOLDER).glob("tenant=*/*.json")):
        found.setdefault(manifest.parent.name.removeprefix("tenant="), []).append(manifest.stem)
    return found


def scan() -> pl.LazyFrame:
    """All imported sessions, with the tenant that they were imported for and the UTC day of their end."""
    parts = [_of(tenant, name) for tenant, names in files_by_tenant().items() for name in names]
    rows = pl.concat(parts) if parts else pl.LazyFrame(schema=_COLUMNS)
    return rows.with_columns(day=pl.col("end_utc").dt.date())


def ended_between(first: date, last: date) -> pl.DataFrame:
    """Imported sessions that ended on the UTC days first..last, each session once, in a fixed order.

    The same session in two files counts once: that of the file with the lower checksum.
    """
    midnight = pl.lit(last + timedelta(days=1)).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    # A bound on the stored column itself lets the reader skip parts of a file by their least and greatest end.
    near = (pl.col("end_utc") >= pl.lit(first).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")) & (
        pl.col("end_utc") < midnight
    )
    rows = collect(scan().filter(near))
    rows = rows.sort("tenant", "end_utc", "session_key", "source_sha256", "source_row")
    return rows.unique(["tenant", "session_key"], keep="first", maintain_order=True)


def days_of(tenant: str, name: str) -> tuple[date, date] | None:
    """First and last UTC day on which a session of a landed file ended; None when it holds no session."""
    day = pl.col("end_utc").dt.date()
    first, last = collect(_of(tenant, name).select(first=day.min(), last=day.max())).row(0)
    return None if first is None else (first, last)


@cache
def country_of_zone() -> dict[str, str]:
    """ISO country of each time zone, from the time zone database's own table."""
    text = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {fields[2]: fields[0] for fields in lines}


def station_keys(tenant: str) -> dict[tuple[str, str], str]:
    """Keys of the stations of a tenant's files that charger and site name together (see `stations`)."""
    found: dict[tuple[str, str], str] = {}
    for name in files_by_tenant().get(tenant, []):
        found |= _keys(_path(tenant, name))
    return found


@lru_cache(maxsize=512)
def _keys(path: Path) -> dict[tuple[str, str], str]:
    """A landed file never changes in what is looked at here."""
    rows = pl.scan_parquet(path, hive_partitioning=False)
    return stations.keys(collect(rows.select("charger", "site", at="start_utc")))


def _path(tenant: str, name: str) -> Path:
    return home_path() / LANDING_FOLDER / f"tenant={tenant}" / f"{name}.parquet"


def _of(tenant: str, name: str) -> pl.LazyFrame:
    path = _path(tenant, name)
    rows = pl.scan_parquet(path, hive_partitioning=False)
    rows = rows.with_columns(stations.keyed("charger", "site", _keys(path)), tenant=pl.lit(tenant))
    return rows.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
