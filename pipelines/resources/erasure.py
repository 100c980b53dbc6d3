"""Erasure of one person's data from the lake: every table, every landed file, every old version, and Delta's own log.

Each table gets one commit that replaces only the files which name the person; then what the old versions needed is
removed, and the log up to that commit, whose statistics may hold a pseudonym. Killed at any moment, a second call
finishes: what is done already is found clean. Reports keep their own extract, which names nobody.
"""

import io
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable, PostCommitHookProperties
from deltalake.transaction import AddAction, RemoveAction

from pipelines.marts._table import collect, home_path, lake_url
from pipelines.resources import objects
from pipelines.resources.lake import Lake, handed_on
from pipelines.resources.landing import Landing
from saas.contracts.internal import pseudonym
from saas.contracts.lake import LANDING_ROOT, QUARANTINE_ROOT

_LOG = "_delta_log"
_VEHICLE, _FLEET = "vehicle", "fleet_organisation"
# A table of names: the row of a person goes as a whole. Elsewhere the fact stays and only names nobody.
_NAMES = "id"


@dataclass(frozen=True)
class Person:
    """A driver of a tenant, by the pseudonyms that the lake has for them."""

    tenant: str
    pseudonyms: tuple[str, ...]


@dataclass(frozen=True)
class Erased:
    """What was done to one table or file: rows that named the person, files written anew, old files removed."""

    what: str
    rows: int
    rewritten: int = 0
    removed: int = 0


def erase(person: Person, *, dry_run: bool) -> Iterator[Erased]:
    """Table by table, then landed files. A dry run only counts."""
    for url in Lake().tables():
        yield _table(url, person, dry_run)
    yield from landed(person, dry_run)


def report(done: Erased) -> dict[str, Any]:
    return asdict(done)


def _table(url: str, person: Person, dry_run: bool) -> Erased:
    held, name = DeltaTable(url), url.removeprefix(f"{lake_url().rstrip('/')}/")
    columns = [field.name for field in held.schema().fields if field.type.__class__.__name__ == "PrimitiveType"]
    texts = [n for n, kind in pl.scan_delta(held).collect_schema().items() if kind == pl.String and n in columns]
    found = _files(held, texts, person)
    rows = sum(count for _, count in found)
    if dry_run:
        return Erased(name, rows)
    if found:
        _replace_files(held, [file for file, _ in found], texts, person)
    return Erased(name, rows, len(found), _forget_versions(url))


def _names(texts: list[str], person: Person) -> pl.Expr:
    """Rows that hold a pseudonym, in whatever column of text."""
    found = (pl.col(text).str.contains_any(list(person.pseudonyms)) for text in texts)
    return pl.any_horizontal(found).fill_null(False) if texts else pl.lit(False)


def _files(held: DeltaTable, texts: list[str], person: Person) -> list[tuple[str, int]]:
    """Files of the newest version that name the person, with the number of rows that do."""
    where = pl.scan_delta(held).filter(_names(texts, person))
    if not texts or not collect(where.select(pl.len())).item():
        return []
    counted = ((file, _count(_file(held, file), texts, person)) for file in held.get_add_actions()["path"].to_pylist())
    return [(file, count) for file, count in counted if count]


def _file(held: DeltaTable, path: str) -> pl.LazyFrame:
    return pl.scan_parquet(f"{_root(held)}/{unquote(path)}", hive_partitioning=False)


def _root(held: DeltaTable) -> str:
    return str(held.table_uri).removeprefix("file://").rstrip("/")


def _count(rows: pl.LazyFrame, texts: list[str], person: Person) -> int:
    here = [text for text in texts if text in rows.collect_schema()]
    return int(collect(rows.filter(_names(here, person)).select(pl.len())).item())


def cleared(rows: pl.DataFrame, person: Person) -> pl.DataFrame:
    """Rows that name nobody: the row of a name goes, else the pseudonym, and with it a vehicle of no fleet."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    if _NAMES in texts:
        rows = rows.filter(~_names([_NAMES], person))
    of_person = _names(texts, person)
    if _VEHICLE in texts:
        private = pl.col(_FLEET).is_null() if _FLEET in texts else pl.lit(True)
        rows = rows.with_columns(pl.when(~(of_person & private)).then(pl.col(_VEHICLE)).alias(_VEHICLE))
    return rows.with_columns(pl.when(~_names([t], person)).then(pl.col(t)).alias(t) for t in texts)


def _replace_files(held: DeltaTable, files: list[str], texts: list[str], person: Person) -> None:
    """One commit: the files that name the person out, the same rows without the name in. Nothing in the commit says
    whom it was about."""
    actions: list[AddAction | RemoveAction] = []
    known = {row["path"]: row for row in pl.DataFrame(held.get_add_actions()).to_dicts()}
    for file in files:
        rows = cleared(collect(_file(held, file)), person)
        parts = known[file].get("partition") or {}
        path = f"{file.rpartition('/')[0]}/part-{uuid.uuid4()}.parquet".lstrip("/")
        content = io.BytesIO()
        rows.write_parquet(content, row_group_size=65_536)
        objects.write(f"{_root(held)}/{unquote(path)}", content.getvalue())
        actions += [_out(file, known[file], parts), _in(path, content.tell(), rows, parts)]
    held.create_write_transaction(
        actions, "append", held.schema(), list(held.metadata().partition_columns),
        commit_properties=handed_on(held, "erasure"),
        post_commithook_properties=PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False),
    )  # fmt: skip


def _in(path: str, size: int, rows: pl.DataFrame, parts: dict[str, Any]) -> AddAction:
    stats = json.dumps({"numRecords": rows.height} | _bounds(rows))
    return AddAction(path, size, _texts(parts), int(time.time() * 1000), True, stats)


def _bounds(rows: pl.DataFrame) -> dict[str, Any]:
    """Least and greatest day: what days of a table are looked for by."""
    if "day" not in rows.columns or rows["day"].is_empty():
        return {}
    least, most = (str(value) for value in (rows["day"].min(), rows["day"].max()))
    return {"minValues": {"day": least}, "maxValues": {"day": most}, "nullCount": {"day": rows["day"].null_count()}}


def _out(path: str, known: dict[str, Any], parts: dict[str, Any]) -> RemoveAction:
    return RemoveAction(path, True, int(time.time() * 1000), known["size_bytes"], _texts(parts))


def _texts(parts: dict[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in parts.items()}


def _forget_versions(url: str) -> int:
    """Only the newest version stays: files that others need go, and the log before a checkpoint of it.

    Not Delta's own vacuum: that keeps what is not yet committed or was just removed, and writes two versions.
    """
    held = DeltaTable(url)
    held.create_checkpoint()
    live = {f"{url}/{unquote(path)}" for path in held.get_add_actions()["path"].to_pylist()}
    newest = f"{held.version():020}"
    old = [file for file in objects.listed(url) if not _kept(file, live, newest)]
    for file in old:
        objects.remove(file)
    return len(old)


def _kept(file: str, live: set[str], newest: str) -> bool:
    name = file.rpartition("/")[2]
    if f"/{_LOG}/" not in file:
        return file in live
    return not name[:20].isdigit() or name[:20] >= newest


def landed(person: Person, dry_run: bool) -> Iterator[Erased]:
    """Landed sessions of the tenant, their manifests, and what was set aside with the words of the file."""
    secret = Landing(person.tenant).driver_secret() if (home_path() / LANDING_ROOT).exists() else ""
    for root in (LANDING_ROOT, QUARANTINE_ROOT):
        for file in sorted((home_path() / root).glob(f"*/tenant={person.tenant}/*.*")):
            if file.suffix in _LANDED and not file.name.startswith("."):
                rows = _LANDED[file.suffix](file, person, secret, dry_run)
                yield Erased(str(file.relative_to(home_path())), rows, int(bool(rows) and not dry_run))


def _parquet(file: Path, person: Person, _secret: str, dry_run: bool) -> int:
    rows = pl.scan_parquet(file, hive_partitioning=False)
    texts = [name for name, kind in rows.collect_schema().items() if kind == pl.String]
    count = _count(rows, texts, person)
    if count and not dry_run:
        content = io.BytesIO()
        cleared(collect(rows), person).write_parquet(content)
        objects.write(str(file), content.getvalue())
    return count


def _lines(file: Path, person: Person, secret: str, dry_run: bool) -> int:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    clean = [_without(line, person, secret) for line in lines]
    if clean != lines and not dry_run:
        objects.write(str(file), "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in clean).encode())
    return sum(a != b for a, b in zip(lines, clean, strict=True))


def _manifest(file: Path, person: Person, secret: str, dry_run: bool) -> int:
    said = json.loads(file.read_text(encoding="utf-8"))
    clean = _without(said, person, secret)
    if clean != said and not dry_run:
        objects.write(str(file), (json.dumps(clean, ensure_ascii=False, indent=2) + "\n").encode())
    return int(clean != said)


def _without(value: Any, person: Person, secret: str) -> Any:
    """JSON without the person, also where the source's own word for them stands."""
    if isinstance(value, dict):
        return {key: _without(item, person, secret) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, person, secret) for item in value]
    return None if isinstance(value, str) and _is(value, person, secret) else value


def _is(text: str, person: Person, secret: str) -> bool:
    if text in person.pseudonyms:
        return True
    return bool(secret) and pseudonym(secret, person.tenant, text.strip()) in person.pseudonyms


_LANDED = {".parquet": _parquet, ".jsonl": _lines, ".json": _manifest}
