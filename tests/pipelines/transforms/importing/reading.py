"""Short ways to read a file in a test."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from pipelines.transforms.importing.reading import Options, SessionFile, read_sessions
from pipelines.transforms.importing.report import figures


def read(raw: bytes | str, zone: str = "Europe/Berlin", date_order: str | None = None) -> SessionFile:
    """Read with driver names left as they are, so that a test can see them."""
    data = raw.encode() if isinstance(raw, str) else raw
    return read_sessions(data, "file", Options(zone, lambda name: f"hidden {name}", date_order))


def imported(file: SessionFile) -> set[tuple[str, str, datetime, datetime, int]]:
    """(charger, connector, start, end, Wh) of what is imported."""
    good = file.judged.filter(pl.col("_reason").is_null())
    return set(good.select("charger", "connector", "start_utc", "end_utc", "energy_wh").iter_rows())


def numbers(file: SessionFile) -> dict[str, Any]:
    """The figures, after the identity that every import must keep."""
    found = figures(file.judged)
    for unit in ("rows", "energy_wh"):
        assert found["read"][unit] == found["imported"][unit] + found["set_aside"][unit]
    return found


def reasons(file: SessionFile) -> list[str | None]:
    """The reason of each row, in file order."""
    return file.judged.sort("source_row")["_reason"].to_list()
