"""One engine for status, location, price and carbon files: a kind is a declaration and a function that types rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from pipelines.transforms.importing.dateorder import Hints
from pipelines.transforms.importing.json_records import read_json_records
from pipelines.transforms.importing.json_table import looks_like_json
from pipelines.transforms.importing.profile import Profile, file_comma
from pipelines.transforms.importing.source import to_utf8, unpack
from pipelines.transforms.importing.table import EXTRA, LINE, ROW, Table, read_delimited
from pipelines.transforms.importing.xlsx_table import read_xlsx

Progress = Callable[[str, float], None]
COMMON_REASONS = {
    "too_many_fields": "the row has more fields than the header",
    "duplicate_row": "the same fact came before in this file",
    "contradicting_rows": "rows of this file say different things of the same moment and place",
    "already_imported": "the fact was imported before, from this or another file",
    "contradicts_earlier_import": "an earlier import says something else of the same moment and place",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What the caller says of the file: `zone` for times without one, and what the file may leave open (by option)."""

    zone: str
    name: str = "file"
    date_order: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)

    def option(self, name: str) -> str | None:
        """The option's text, or None when it was not given."""
        return self.given.get(name) or None


@dataclass(frozen=True, slots=True)
class Typed:
    """What a kind makes of a table.

    `rows`: the landing columns of the kind with `source_row`, `_line`, `_reason` (null: can be imported) and a
    boolean column for each of the kind's repairs. `layout`: how the file was read. `notes`: sentences for the report.
    """

    rows: pl.DataFrame
    layout: dict[str, Any]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its word, what one row is called, the reasons to set a row aside, repairs, and a checked sum.

    `told` names the landing columns in which two rows of the same key must agree, else they contradict each other.
    """

    word: str
    noun: str
    reasons: Mapping[str, str]
    repairs: Mapping[str, str]
    typed: Callable[[Table, Ask], Typed]
    told: tuple[str, ...]
    summed: str | None = None

    def means(self, reason: str) -> str:
        """The reason in words."""
        return {**COMMON_REASONS, **self.reasons}[reason]


@dataclass(frozen=True, slots=True)
class KindFile:
    """A file understood; `judged` has one row for each value of the file, with `_reason` null for what is imported."""

    name: str
    sha256: str
    layout: dict[str, Any]
    judged: pl.DataFrame
    table: Table
    notes: list[str]


def read_kind(kind: Kind, raw: bytes, ask: Ask, progress: Progress = lambda stage, share: None) -> KindFile:
    """Read one file of a kind from its bytes. Raises NotUnderstood with what was tried, or which option to give."""
    progress("finding the layout", 0.05)
    table, how = _table(raw)
    progress("reading the values", 0.4)
    typed = kind.typed(table, ask)
    progress("checking", 0.8)
    judged = _once(kind, _repaired(kind, typed.rows))
    layout = how | {"rows_of_the_file": table.frame.height} | typed.layout
    return KindFile(ask.name, hashlib.sha256(raw).hexdigest(), layout, judged, table, typed.notes)


def _table(raw: bytes) -> tuple[Table, dict[str, Any]]:
    data, container = unpack(raw)
    if container == "xlsx":
        table, encoding = read_xlsx(data), "utf-8"
    else:
        text = to_utf8(data, container)
        table = read_json_records(text) if looks_like_json(text.data) else read_delimited(text)
        table, encoding = replace(table, nul_lines=text.nul_lines), text.encoding
    how = {"format": table.kind, "container": container, "encoding": encoding, "delimiter": table.delimiter}
    return table, how | {"header_line": table.header_line}


def base(table: Table) -> pl.DataFrame:
    """`source_row` and `_line` of each row of a table, and whether it has too many fields."""
    return table.frame.select(source_row=ROW, _line=LINE, _extra=pl.col(EXTRA).is_not_null())


def hints_of(found: list[Profile], ask: Ask) -> Hints:
    """Weak hints for the order of day and month, as for session files."""
    texts = [p.values for p in found if p.kind in ("moment", "date")]
    american = ask.zone.startswith(("America/", "US/")) or any(t.str.contains(r"(?i)\d\s?[ap]m\b").any() for t in texts)
    dotted = any(t.str.contains(r"^\d{1,2}\.\d{1,2}\.\d{2,4}").any() for t in texts)
    return Hints(american, dotted, file_comma(found) == ",", ask.date_order)


def first_reason(*tests: tuple[str, pl.Expr]) -> pl.Expr:
    """The name of the first test that holds; null where none does."""
    return pl.coalesce(*(pl.when(test).then(pl.lit(name)) for name, test in tests))


def _repaired(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """`repaired`: the kinds of repair made to each row, as words."""
    words = [pl.when(pl.col(flag)).then(pl.lit(word)) for flag, word in kind.repairs.items()]
    if not words:
        return rows.with_columns(repaired=pl.lit([], pl.List(pl.String)))
    return rows.with_columns(repaired=pl.concat_list(words).list.drop_nulls())


def _once(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """The first of equal rows stays; rows with one key that say different things are all set aside."""
    good = rows.with_row_index("_at").filter(pl.col("_reason").is_null())
    told = pl.struct(*kind.told)
    marks = good.select(
        "_at",
        again=~pl.col("row_key").is_first_distinct(),
        clash=told.n_unique().over("row_key") > 1,
    ).filter(pl.col("again") | pl.col("clash"))
    if marks.is_empty():
        return rows
    word = pl.when("clash").then(pl.lit("contradicting_rows")).otherwise(pl.lit("duplicate_row"))
    marked = rows.with_row_index("_at").join(
        marks.select("_at", word=word), on="_at", how="left", maintain_order="left"
    )
    return marked.with_columns(_reason=pl.coalesce("_reason", "word")).drop("_at", "word")


def told(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """Key of each row and what it tells, for `known_already`."""
    return rows.select("row_key", *kind.told)


def known_already(kind: Kind, judged: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Set aside rows that earlier imports told (`known`, as `told` gives them), the same or otherwise."""
    if known.is_empty():
        return judged
    before = known.select("row_key", *(pl.col(c).alias(f"_was_{c}") for c in kind.told), _known=pl.lit(True))
    both = judged.join(
        before.unique("row_key", keep="first", maintain_order=True), on="row_key", how="left", maintain_order="left"
    )
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(f"_was_{c}")) for c in kind.told)
    word = pl.when(same).then(pl.lit("already_imported")).otherwise(pl.lit("contradicts_earlier_import"))
    reason = pl.coalesce("_reason", pl.when("_known").then(word))
    return both.with_columns(_reason=reason).select(judged.columns)


def figures(kind: Kind, judged: pl.DataFrame) -> dict[str, Any]:
    """`read`, `imported`, `set_aside` (with reasons) and `repaired`: read = imported + set aside, in rows and sum."""
    aside = judged.filter(pl.col("_reason").is_not_null())
    good = judged.filter(pl.col("_reason").is_null())
    counts = dict(aside["_reason"].value_counts().sort("_reason").iter_rows())
    kinds = good["repaired"].explode().drop_nulls().value_counts().sort("repaired")
    return {
        "read": _sum(kind, judged), "imported": _sum(kind, good),
        "set_aside": _sum(kind, aside) | {"by_reason": counts},
        "repaired": {"rows": int((good["repaired"].list.len() > 0).sum()), "by_kind": dict(kinds.iter_rows())},
    }  # fmt: skip


def _sum(kind: Kind, rows: pl.DataFrame) -> dict[str, int]:
    out = {"rows": rows.height}
    return out | {"sum": int(rows[kind.summed].sum() or 0)} if kind.summed else out
