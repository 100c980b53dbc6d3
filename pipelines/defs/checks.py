"""Checks that stop bad data before it is published, and say which rows are bad."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dagster as dg
import pandera.polars as pa
import polars as pl

from pipelines.marts._table import Table

SHOWN = 20


@dataclass(frozen=True)
class Rule:
    """A named rule over a frame: `bad` gives the rows that break it."""

    name: str
    bad: Callable[[pl.DataFrame], pl.DataFrame]
    says: str


def schema_rule(table: Table, **columns: pa.Column) -> Rule:
    """The frame has the declared columns, and these also keep their own conditions (pandera)."""
    declared: Mapping[str, pa.Column] = {name: columns.get(name, pa.Column(nullable=True)) for name in columns}
    schema = pa.DataFrameSchema(dict(declared))

    def bad(rows: pl.DataFrame) -> pl.DataFrame:
        missing = sorted(set(table.schema) - {"month"} - set(rows.columns))
        if missing:
            return pl.DataFrame({"missing_column": missing})
        try:
            schema.validate(rows, lazy=True)
        except pa.errors.SchemaErrors as errors:
            return errors.failure_cases.cast(pl.String)
        return rows.clear()

    return Rule("schema", bad, "columns, types and ranges are as declared")


def once(*key: str) -> Rule:
    """No two rows share the key."""
    return Rule("once", lambda rows: rows.filter(pl.struct(key).is_duplicated()), f"one row per {', '.join(key)}")


def check_specs(asset: str, rules: tuple[Rule, ...]) -> list[dg.AssetCheckSpec]:
    """Declared checks of an asset, for the catalogue."""
    return [dg.AssetCheckSpec(rule.name, asset=asset, description=rule.says, blocking=True) for rule in rules]


def results(rows: pl.DataFrame, rules: tuple[Rule, ...]) -> list[dg.AssetCheckResult]:
    """Judges a frame by each rule."""
    return [_result(rule, rule.bad(rows)) for rule in rules]


def stop_if_bad(found: list[dg.AssetCheckResult]) -> None:
    """Raises dagster.Failure, naming rules and rows, when any check failed: nothing is published then."""
    failed = [result for result in found if not result.passed]
    if failed:
        raise dg.Failure("; ".join(f"{r.check_name}: {r.description}" for r in failed), allow_retries=False)


def _result(rule: Rule, bad: pl.DataFrame) -> dg.AssetCheckResult:
    shown = bad.head(SHOWN).write_csv() if bad.height else ""
    return dg.AssetCheckResult(
        check_name=rule.name,
        passed=bad.height == 0,
        description=f"{bad.height} bad rows\n{shown}" if bad.height else rule.says,
        metadata={"bad_rows": bad.height, "shown": shown},
    )
