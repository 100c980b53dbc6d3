"""JSON and JSON Lines as a table of strings. Numbers keep the digits they were written with."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.numerals import present
from pipelines.transforms.importing.source import Text
from pipelines.transforms.importing.table import EXTRA, LINE, ROW, Table


def looks_like_json(data: bytes) -> bool:
    """True when the text begins as a JSON object or array."""
    return data[:4096].lstrip()[:1] in (b"{", b"[")


def read_json(text: Text) -> Table:
    """Records of a JSON array, of the longest array of objects inside an object, or one object a line."""
    try:
        records, kind = _objects(_load(text.data)), "json"
    except json.JSONDecodeError:
        records, kind = _lines(text.data), "json lines"
    if not records:
        raise NotUnderstood("The JSON holds no list of records.", ["json: no array of objects"])
    return _table(records, kind)


def _load(data: bytes | str) -> Any:
    return json.loads(data, parse_float=str, parse_int=str)


def _lines(data: bytes) -> list[dict[str, Any]]:
    try:
        return [_load(line) for line in data.decode().split("\n") if line.strip()]
    except json.JSONDecodeError as error:
        raise NotUnderstood(
            f"The JSON is damaged: {error}.", [f"json: {error}", "json lines: a line is no JSON object"]
        ) from error


def _objects(value: Any) -> list[dict[str, Any]]:
    """The longest array of objects anywhere near the top: `[…]`, `{"_items": […]}`, `{"data": {"sessions": […]}}`."""
    if isinstance(value, list):
        return [v for v in value if isinstance(v, dict)]
    if isinstance(value, dict):
        inner = [_objects(v) for v in value.values() if isinstance(v, (list, dict))]
        return max(inner, key=len, default=[]) or ([value] if len(value) > 3 else [])
    return []


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, str | None]:
    """Nested objects as dotted names; of an array of objects the last one, which is the latest word."""
    out: dict[str, str | None] = {}
    for key, value in record.items():
        inner = value[-1] if isinstance(value, list) and value and isinstance(value[-1], dict) else value
        if isinstance(inner, dict):
            out |= _flat(inner, f"{prefix}{key}.")
        elif inner is not None and not isinstance(inner, list):
            out[prefix + key] = inner if isinstance(inner, str) else json.dumps(inner)
    return out


def _table(records: list[dict[str, Any]], kind: str) -> Table:
    flat = [_flat(r) for r in records if isinstance(r, dict)]
    names = list(dict.fromkeys(key for record in flat for key in record))
    if not names:
        raise NotUnderstood("The JSON holds no records with values.", ["json: objects without values"])
    columns = {f"c{i}": [record.get(name) for record in flat] for i, name in enumerate(names)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    numbers = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    extra = pl.lit(None, dtype=pl.String).alias(EXTRA)
    frame = frame.with_columns(extra, numbers.alias(ROW), numbers.alias(LINE))
    return Table(frame, present(frame), names, kind)
