"""Reads the landing folder of imported session files and their quarantine; `landing.py` writes them."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from pipelines.marts._table import home_path
from saas.contracts.lake import LANDING_FOLDER

_COLUMNS: dict[str, Any] = {
    "tenant": pl.String,
    "session_key": pl.String,
    "charger": pl.String,
    "connector": pl.String,
    "site": pl.String,
    "driver": pl.String,
    "vehicle": pl.String,
    "start_utc": pl.Datetime("ms", "UTC"),
    "end_utc": pl.Datetime("ms", "UTC"),
    "energy_wh": pl.Int64,
    "cost_minor": pl.Int64,
    "currency": pl.String,
    "timezone": pl.String,
    "source_sha256": pl.String,
    "source_row": pl.Int64,
}


def files_by_tenant() -> dict[str, list[str]]:
    """Landed files (checksums) of each tenant. A file is there once its manifest is."""
    found: dict[str, list[str]] = {}
    for manifest in sorted((home_path() / LANDING_FOLDER).glob("tenant=*/*.json")):
        found.setdefault(manifest.parent.name.removeprefix("tenant="), []).append(manifest.stem)
    return found


def scan() -> pl.LazyFrame:
    """All imported sessions, with the tenant that they were imported for."""
    parts = [_of(tenant, name) for tenant, names in files_by_tenant().items() for name in names]
    return pl.concat(parts) if parts else pl.LazyFrame(schema=_COLUMNS)


def ended_between(first: date, last: date) -> pl.DataFrame:
    """Imported sessions that ended on the UTC days first..last, each session once, in a fixed order.

    The same session in two files counts once: that of the file with the lower checksum.
    """
    rows = scan().filter(pl.col("end_utc").dt.date().is_between(first, last)).collect(engine="streaming")
    rows = rows.sort("tenant", "end_utc", "session_key", "source_sha256", "source_row")
    return rows.unique(["tenant", "session_key"], keep="first", maintain_order=True)


def days_of(tenant: str, name: str) -> tuple[date, date] | None:
    """First and last UTC day on which a session of a landed file ended; None when it holds no session."""
    day = pl.col("end_utc").dt.date()
    first, last = _of(tenant, name).select(day.min().alias("first"), day.max().alias("last")).collect().row(0)
    return None if first is None else (first, last)


@cache
def country_of_zone() -> dict[str, str]:
    """ISO country of each time zone, from the time zone database's own table."""
    text = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {fields[2]: fields[0] for fields in lines}


def _of(tenant: str, name: str) -> pl.LazyFrame:
    rows = pl.scan_parquet(
        home_path() / LANDING_FOLDER / f"tenant={tenant}" / f"{name}.parquet", hive_partitioning=False
    )
    rows = rows.with_columns(tenant=pl.lit(tenant))
    return rows.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
