"""JSON of interfaces as a table of strings: records in lists or keyed by name, nested objects as dotted names.

Unlike session files, such answers carry meaning beside the list (`meta.units`, `region`) and lists inside a record
(the connectors of a site): what stands beside is repeated on each row, inner lists are joined with `|`.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.numerals import present
from pipelines.transforms.importing.source import Text
from pipelines.transforms.importing.table import EXTRA, LINE, ROW, Table

KEY = "key"
JOINT = "|"


def read_json_records(text: Text) -> Table:
    """The table. Raises NotUnderstood where the text is damaged or holds no records."""
    records, kind = _loaded(text.data.decode())
    flat = [_flat(record) for record in records]
    names = list(dict.fromkeys(name for record in flat for name in record))
    if not names:
        raise NotUnderstood("The JSON holds no list of records.", ["json: no array of objects"])
    columns = {f"c{i}": [record.get(name) for record in flat] for i, name in enumerate(names)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    numbers = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    frame = frame.with_columns(pl.lit(None, pl.String).alias(EXTRA), numbers.alias(ROW), numbers.alias(LINE))
    return Table(frame, present(frame), names, kind)


def _loaded(text: str) -> tuple[list[dict[str, Any]], str]:
    try:
        return _records(_parse(text), {}), "json"
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        try:
            return [record for line in lines for record in _of_line(_parse(line))], "json lines"
        except json.JSONDecodeError:
            raise NotUnderstood(f"The JSON is damaged: {error}.", [f"json: {error}"]) from error


def _of_line(value: Any) -> list[dict[str, Any]]:
    """A line is one record, unless it is a list of them."""
    return [value] if isinstance(value, dict) else _records(value, {})


def _parse(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str)


def _records(value: Any, beside: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of the longest list of objects, with the single values that stand beside it on the way there."""
    if isinstance(value, list):
        return [_merged(beside, v) for v in value if isinstance(v, dict)]
    if not isinstance(value, dict):
        return []
    if _is_record(value):
        return [_merged(beside, value)]
    if columns := _columns(value):
        alone = {k: v for k, v in value.items() if not isinstance(v, (list, dict))}
        return [beside | alone | dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if _is_keyed(value):
        return [_merged(beside, {KEY: key} | v) for key, v in value.items()]
    beside = beside | {k: v for k, v in value.items() if not isinstance(v, list) and not _holds_records(v)}
    inner = [_records(v, beside) for v in value.values() if isinstance(v, (list, dict))]
    return max(inner, key=len, default=[])


def _merged(beside: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    return beside | record


def _is_keyed(value: dict[str, Any]) -> bool:
    """Records under their names: `{"DEU": {…}, "FRA": {…}}` with mostly the same fields."""
    parts = list(value.values())
    if len(parts) < 3 or not all(isinstance(p, dict) for p in parts):
        return False
    return len(set(parts[0]) & set(parts[1]) & set(parts[-1])) >= 2


def _columns(value: dict[str, Any]) -> dict[str, list[Any]]:
    """Lists of plain values that stand side by side, all of one length: a table by columns."""
    lists = {k: v for k, v in value.items() if isinstance(v, list) and v and not isinstance(v[0], (list, dict))}
    lengths = {len(v) for v in lists.values()}
    return lists if len(lists) > 1 and len(lengths) == 1 and min(lengths) > 2 else {}


def _is_record(value: dict[str, Any]) -> bool:
    """One place by itself: it has its own coordinates."""
    keys = {k.lower() for k in value}
    return "coordinates" in keys or {"latitude", "longitude"} <= keys


def _holds_records(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(v, (list, dict)) for v in value.values())


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            out |= _flat(value, f"{name}.")
        elif isinstance(value, list):
            out |= _joined(value, name)
        elif value is not None:
            out[name] = value if isinstance(value, str) else json.dumps(value)
    return out


def _joined(values: list[Any], name: str) -> dict[str, str | None]:
    """A list of objects as one cell per field; a list of plain values as one cell."""
    if not any(isinstance(v, dict) for v in values):
        plain = [v if isinstance(v, str) else json.dumps(v) for v in values if v is not None]
        return {name: JOINT.join(plain)} if plain else {}
    parts: dict[str, list[str]] = {}
    for value in values:
        for key, text in _flat(value, f"{name}.").items() if isinstance(value, dict) else ():
            parts.setdefault(key, []).append(text or "")
    return {key: JOINT.join(texts) for key, texts in parts.items()}
