"""Short ways to read a file of another kind in a test."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.transforms.importing.kind import Ask, Kind, KindFile, figures, read_kind


def read(kind: Kind, raw: bytes | str, /, zone: str = "UTC", name: str = "file", **given: str) -> KindFile:
    """Read as `wattlane import` does, after the identity that every import must keep."""
    file = read_kind(kind, raw.encode() if isinstance(raw, str) else raw, Ask(zone, name, None, given))
    found = figures(kind, file.judged)
    for unit in found["read"]:
        assert found["read"][unit] == found["imported"][unit] + found["set_aside"][unit]
    return file


def good(file: KindFile, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of what is imported, in file order; instants as ISO text."""
    rows = file.judged.filter(pl.col("_reason").is_null()).select(*columns)
    return list(rows.with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M")).iter_rows())


def reasons(file: KindFile) -> list[str | None]:
    """The reason of each row, in file order."""
    return file.judged["_reason"].to_list()
