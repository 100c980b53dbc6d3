"""What was worked out of a day: at hand while the table stays as it is, and worked out anew once it does not."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.marts._table import collect
from pipelines.resources import days
from pipelines.resources.days import Day
from pipelines.resources.lake import Lake
from pipelines.resources.tables import CLEAN
from tests.pipelines.facts import DAY, charging, messages

pytestmark = pytest.mark.req("ANA-01")
Count = Callable[[pl.LazyFrame], pl.DataFrame]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    days._MADE.clear()


@pytest.fixture
def asked() -> list[int]:
    """How many rows were counted, each time that somebody counted."""
    return []


@pytest.fixture
def count(asked: list[int]) -> Count:
    def counted(rows: pl.LazyFrame) -> pl.DataFrame:
        found = collect(rows.select(pl.len()))
        asked.append(found.item())
        return found

    return counted


def put(*, minutes: int, tenant: str = "ampere") -> None:
    Lake().replace_days(CLEAN, messages(*charging(minutes=minutes, tenant=tenant)), DAY, DAY)


def test_a_day_is_worked_out_once_for_a_version(count: Count, asked: list[int]) -> None:
    put(minutes=10)
    assert [Day(Lake(), CLEAN, DAY).made_by(count).item() for _ in range(3)] == [11, 11, 11]
    assert asked == [11]
    put(minutes=20)
    assert Day(Lake(), CLEAN, DAY).made_by(count).item() == 21


def test_days_tenants_and_questions_do_not_meet(count: Count) -> None:
    put(minutes=10)
    assert Day(Lake(), CLEAN, DAY).made_by(count).item() == 11
    assert Day(Lake(), CLEAN, DAY + timedelta(days=1)).made_by(count).item() == 0
    assert Day(Lake(("barq",)), CLEAN, DAY).made_by(count).item() == 0
    assert Day(Lake(), CLEAN, DAY).made_by(lambda rows: collect(rows.select("seq"))).height == 11


def test_what_was_read_before_a_commit_is_not_said_of_what_came_after(count: Count) -> None:
    put(minutes=10)
    before = Day(Lake(), CLEAN, DAY)
    put(minutes=20)
    before.keep(count, pl.DataFrame({"len": [11]}))
    assert Day(Lake(), CLEAN, DAY).made_by(count).item() == 21


def test_a_table_that_is_not_there_is_looked_at_each_time(count: Count, asked: list[int]) -> None:
    assert [Day(Lake(), CLEAN, DAY).made_by(count).item() for _ in range(2)] == [0, 0]
    assert asked == [0, 0]


def test_few_and_small_ones_are_kept(count: Count, asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    put(minutes=10)
    for n in range(days._KEPT + 1):
        Day(Lake(), CLEAN, DAY + timedelta(days=n)).made_by(count)
    Day(Lake(), CLEAN, DAY).made_by(count)
    assert asked.count(11) == 2
    monkeypatch.setattr(days, "_LARGEST", 0)
    Day(Lake(), CLEAN, DAY - timedelta(days=1)).made_by(count)
    Day(Lake(), CLEAN, DAY - timedelta(days=1)).made_by(count)
    assert len(asked) == days._KEPT + 4
