"""The figures of one import: read, imported, repaired and set aside, in rows and watt-hours."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.transforms.importing.build import REPAIRS, Built
from pipelines.transforms.importing.faults import REASONS
from pipelines.transforms.importing.shapes import Quantity, Roles, TimeSource
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.zones import RULE as ZONE_RULE

RULE = (
    "Energy: each row's written value is rounded half-even to whole Wh; a row without a readable energy counts 0; "
    "read = imported + set aside. " + ZONE_RULE
)


def figures(judged: pl.DataFrame) -> dict[str, Any]:
    """`read`, `imported`, `set_aside` and `repaired` of judged rows."""
    aside = pl.col("_reason").is_not_null()
    return {
        "read": _sum(judged) | {"rows_without_energy": int(judged["energy_wh"].null_count())},
        "imported": _sum(judged.filter(~aside)),
        "set_aside": _sum(judged.filter(aside)) | {"by_reason": _by_reason(judged.filter(aside))},
        "repaired": _repaired(judged),
    }


def _sum(rows: pl.DataFrame) -> dict[str, Any]:
    return {"rows": rows.height, "energy_wh": int(rows["energy_wh"].sum() or 0)}


def _by_reason(rows: pl.DataFrame) -> dict[str, int]:
    counts = dict(rows["_reason"].value_counts().iter_rows())
    return {reason: counts[reason] for reason in REASONS if reason in counts}


def _repaired(judged: pl.DataFrame) -> dict[str, Any]:
    counts = {kind: int(judged[flag].sum()) for flag, kind in REPAIRS.items()}
    any_flag = judged.select(pl.any_horizontal(*REPAIRS).sum()).item()
    return {"rows": int(any_flag or 0), "by_kind": {kind: n for kind, n in counts.items() if n}}


def total(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of several files, added up."""
    out: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            out[key] = total([out.get(key, {}), value]) if isinstance(value, dict) else out.get(key, 0) + value
    return out


def layout_of(table: Table, roles: Roles, built: Built, encoding: str, container: str) -> dict[str, Any]:
    """How the file was read, in words: which column served as what, and every mark and format."""
    name = table.column
    columns: dict[str, str] = {"start": _source(table, roles.start)}
    if roles.end:
        columns["end"] = _source(table, roles.end)
    if roles.duration:
        columns["duration"] = name(roles.duration.column)
    columns["energy"] = (
        name(roles.energy.column)
        if not roles.energy.minus
        else f"{name(roles.energy.column)} - {name(roles.energy.minus)}"
    )
    columns |= {role: name(column) for role, column in roles.others.items()}
    return {
        "format": table.kind, "container": container, "encoding": encoding, "delimiter": table.delimiter,
        "header_line": table.header_line, "columns": columns, "energy_unit": roles.energy.unit,
        "energy_unit_from": roles.energy.how, "decimal_mark": roles.energy.style.decimal,
        "duration_unit": _unit(roles.duration), "date_format": _date_format(built), "date_order_from": built.order.how,
        "start_example": _example(table, roles.start), "zone": "UTC (header)" if roles.start.utc else _zones(built),
    }  # fmt: skip


def _source(table: Table, source: TimeSource) -> str:
    return " + ".join(table.column(c) for c in (source.column, source.clock) if c)


def _unit(duration: Quantity | None) -> str | None:
    return None if duration is None else "h:mm:ss" if duration.spans else duration.unit


def _date_format(built: Built) -> str:
    base = (
        "year-month-day" if built.order.years_first else "day-month-year" if built.order.day_first else "month-day-year"
    )
    return f"{base}, days up to 12 stored with day and month swapped" if built.order.swap else base


def _example(table: Table, source: TimeSource) -> str | None:
    parts = [table.frame[c].drop_nulls().head(1).to_list() for c in (source.column, source.clock) if c]
    return " ".join(p[0].strip() for p in parts if p) or None


def _zones(built: Built) -> str:
    seen = built.rows["timezone"].unique().sort().to_list()
    return ", ".join(seen[:6]) + (" …" if len(seen) > 6 else "")
