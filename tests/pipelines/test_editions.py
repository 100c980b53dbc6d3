"""Tables that an older version of the product left on disk are made anew from their sources."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from pipelines.defs import due, schedule
from pipelines.defs.catalogue import STEPS
from pipelines.defs.sessions.assets import SESSIONS
from pipelines.defs.steps import Sources, Step, carry_out
from pipelines.marts import sessions, tenants
from pipelines.marts._table import Table, collect
from pipelines.resources.lake import Lake
from pipelines.resources.tables import CHARGERS, CONTEXT
from tests.pipelines.facts import DAY, Store, chargers, charging, context, messages
from tests.pipelines.facts import tenants as brands

pytestmark = pytest.mark.req("ANA-01", "OPS-04")
NEXT = DAY + timedelta(days=1)
SCHEMA = {"tenant": pl.String, "charger": pl.String, "wh": pl.Int64, "day": pl.Date, "month": pl.String}
OLD = Table("marts/edition", SCHEMA, ("tenant", "day"))


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    yield Lake()


def rows(*days: date, charger: str | int = "old", wh: str | int = 1) -> pl.DataFrame:
    return pl.DataFrame([{"tenant": "ampere", "charger": charger, "wh": wh, "day": day} for day in days])


def names(table: Table) -> list[str | int | None]:
    return collect(table.scan().sort("day"))["charger"].to_list()


def test_a_table_is_current_when_edition_and_columns_are_those_of_the_code(lake: Lake) -> None:
    assert not OLD.current() and OLD.edition_held() is None
    lake.replace_days(OLD, rows(DAY), DAY, DAY)
    assert OLD.current()
    assert not replace(OLD, edition=2).current()
    assert not replace(OLD, schema=SCHEMA | {"site": pl.String}).current()
    assert not replace(OLD, schema=SCHEMA | {"wh": pl.Float64}).current()


def test_a_part_of_an_old_table_made_again_leaves_it_old(lake: Lake) -> None:
    newer = replace(OLD, edition=2)
    lake.replace_days(OLD, rows(DAY, NEXT), DAY, NEXT)
    lake.replace_days(newer, rows(NEXT, charger="new"), NEXT, NEXT)
    assert names(newer) == ["old", "new"] and not newer.current()
    lake.replace_days(newer, rows(DAY, NEXT, charger="new"), DAY, NEXT)
    assert names(newer) == ["new", "new"] and newer.current()


def test_the_same_rows_of_a_newer_edition_are_written_once(lake: Lake) -> None:
    newer = replace(OLD, edition=2)
    lake.replace_days(OLD, rows(DAY), DAY, DAY)
    assert lake.replace_days(newer, rows(DAY), DAY, DAY).changed and newer.current()
    assert not lake.replace_days(newer, rows(DAY), DAY, DAY).changed


def test_other_types_and_columns_are_made_anew_whole(lake: Lake) -> None:
    newer = replace(OLD, schema={"tenant": pl.String, "charger": pl.Int64, "day": pl.Date, "month": pl.String})
    lake.replace_days(OLD, rows(DAY), DAY, DAY)
    assert names(newer) == [None]
    lake.replace_days(newer, rows(DAY, charger=5), DAY, DAY)
    assert names(newer) == [5] and newer.current()
    whole = replace(newer, schema=newer.schema | {"wh": pl.String}, edition=3)
    lake.replace_all(whole, rows(DAY, charger=6, wh="x"))
    assert names(whole) == [6] and whole.current()


def test_tidying_and_forgetting_hand_the_edition_on(lake: Lake) -> None:
    newer = replace(OLD, edition=2)
    for n in range(3):
        lake.replace_days(newer, rows(DAY + timedelta(days=n)), DAY + timedelta(days=n), DAY + timedelta(days=n))
    for _ in range(12):
        lake.tidy(newer.uri, keep=timedelta(0))
    assert lake.forget(newer, before=NEXT) == 1
    assert newer.current() and DeltaTable(newer.uri).version() > 20


def test_what_telemetry_is_gone_of_stays_as_it_was(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days older than the telemetry that is kept cannot be made anew: they stay, and the rest counts as all."""
    monkeypatch.setenv("WATTLANE_KEEP_RAW_DAYS", "30")
    today = datetime.now(UTC).date()
    long_ago, kept = today - timedelta(days=90), today - timedelta(days=27)
    lake.replace_days(OLD, rows(long_ago, today), long_ago, today)
    newer = replace(OLD, edition=2)
    lake.replace_days(newer, rows(today, charger="new"), today, today)
    assert not newer.current()
    lake.replace_days(newer, rows(today, charger="new"), kept, today)
    assert names(newer) == ["old", "new"] and newer.current()


def made(lake: Lake, steps: tuple[Step, ...], first: date, last: date) -> None:
    for step in steps:
        carry_out(step, Sources(lake, Store(messages(*charging()))), first, last)  # type: ignore[arg-type]


def of_edition(step: Step, edition: int) -> Step:
    return replace(step, table=replace(step.table, edition=edition))


def test_a_step_of_an_older_edition_makes_all_its_days_due(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.replace_all(tenants.TABLE, brands())
    lake.replace_all(CHARGERS, chargers())
    lake.replace_days(CONTEXT, context("a1/s1"), DAY, DAY)
    monkeypatch.setattr(due, "STEPS", STEPS)
    made(lake, STEPS, DAY, DAY)
    assert due.behind(NEXT) == []
    newer = tuple(of_edition(s, s.table.edition + 1) if s is SESSIONS else s for s in STEPS)
    monkeypatch.setattr(due, "STEPS", newer)
    assert due.behind(NEXT) == [(DAY, DAY)]
    made(lake, newer, DAY, DAY)
    assert due.behind(NEXT) == [] and sessions.read(tenant="ampere").height == 1


def test_what_the_web_app_tells_is_asked_for_before_days_are_made_anew(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.replace_all(tenants.TABLE, brands())
    lake.replace_all(CHARGERS, chargers())
    lake.replace_days(CONTEXT, context("a1/s1"), DAY, DAY)
    made(lake, STEPS, DAY, DAY)
    newer = replace(CHARGERS, edition=CHARGERS.edition + 1)
    monkeypatch.setattr(due, "TOLD", (newer, CONTEXT))
    monkeypatch.setattr(due, "STEPS", (of_edition(SESSIONS, 9),))
    assert due.behind(NEXT) == [(NEXT, NEXT)]
    lake.replace_all(newer, chargers())
    assert due.behind(NEXT) == [(DAY, DAY)]


def test_days_that_a_rule_stops_are_asked_for_again_only_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "behind", lambda today: [(DAY, NEXT)])
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    ranges, said = schedule.made_anew({}, now)
    assert ranges == [(DAY, NEXT)] and said
    assert schedule.made_anew({"anew": said}, now + timedelta(minutes=5)) == ([], said)
    assert schedule.made_anew({"anew": said}, now + timedelta(hours=1))[0] == [(DAY, NEXT)]
