"""Rules that a frame must keep before it is published; a broken one names the rows."""

from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg
import pandera.polars as pa
import polars as pl

SHOWN = 20
# What is shown lies in the log of the run: no person, no vehicle.
_PRIVATE = ("driver", "vehicle")


@dataclass(frozen=True)
class Rule:
    """`bad` gives the rows that break the rule. One that does not stop is shown as a warning."""

    name: str
    bad: Callable[[pl.DataFrame], pl.DataFrame]
    says: str
    stops: bool = True


def ranges(**columns: pa.Column) -> Rule:
    """These columns have the values that they may have (pandera)."""
    schema = pa.DataFrameSchema(dict(columns))

    def bad(rows: pl.DataFrame) -> pl.DataFrame:
        try:
            schema.validate(rows, lazy=True)
        except pa.errors.SchemaErrors as errors:
            cases = errors.failure_cases
            return pl.DataFrame(cases.select(pl.col("column", "check", "index", "failure_case").cast(pl.String)))
        return rows.clear()

    return Rule("schema", bad, f"{', '.join(columns)} are as declared")


def once(*key: str) -> Rule:
    """No two rows share the key."""
    return Rule("once", lambda rows: rows.filter(pl.struct(key).is_duplicated()), f"one row per {', '.join(key)}")


def specs(asset: str, rules: tuple[Rule, ...]) -> list[dg.AssetCheckSpec]:
    """Declared checks of an asset, for the catalogue."""
    return [dg.AssetCheckSpec(rule.name, asset=asset, description=rule.says, blocking=rule.stops) for rule in rules]


def judge(asset: str, rows: pl.DataFrame, rules: tuple[Rule, ...]) -> list[dg.AssetCheckResult]:
    """Judges a frame by each rule."""
    return [_result(asset, rule, rule.bad(rows)) for rule in rules]


def together(judged: list[list[dg.AssetCheckResult]]) -> list[dg.AssetCheckResult]:
    """One result for each rule, of a table that was judged piece by piece."""
    return [_worst(list(results)) for results in zip(*judged, strict=True)]


def _worst(results: list[dg.AssetCheckResult]) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.passed]
    if not failed:
        return results[0]
    rows = sum(_bad_rows(result) for result in failed)
    return failed[0]._replace(
        description="\n".join(str(result.description) for result in failed[:SHOWN]),
        metadata={**failed[0].metadata, "bad_rows": dg.IntMetadataValue(rows)},
    )


def _bad_rows(result: dg.AssetCheckResult) -> int:
    value = result.metadata["bad_rows"].value
    return value if isinstance(value, int) else 0


def stop_if_bad(found: list[dg.AssetCheckResult]) -> None:
    """Raises dagster.Failure, naming rules and rows, when a rule that stops is broken: nothing is published then."""
    failed = [r for r in found if not r.passed and r.severity == dg.AssetCheckSeverity.ERROR]
    if failed:
        raise dg.Failure("; ".join(f"{r.check_name}: {r.description}" for r in failed), allow_retries=False)


def _result(asset: str, rule: Rule, bad: pl.DataFrame) -> dg.AssetCheckResult:
    shown = bad.head(SHOWN).drop(_PRIVATE, strict=False).write_csv() if bad.height else ""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=rule.name,
        passed=bad.height == 0,
        severity=dg.AssetCheckSeverity.ERROR if rule.stops else dg.AssetCheckSeverity.WARN,
        description=f"{bad.height} bad rows\n{shown}" if bad.height else rule.says,
        metadata={"bad_rows": bad.height, "shown": shown},
    )
