"""The lake in a folder and on object storage: the same code, the same rows, one commit, nothing half."""

import multiprocessing
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from pipelines.defs.erase import run as erase
from pipelines.marts import sessions
from pipelines.resources import objects, staged
from pipelines.resources.erasure import Person
from pipelines.resources.lake import Lake
from pipelines.resources.staged import Piece
from pipelines.resources.tables import CHARGERS, CONTEXT
from tests.pipelines.defs.fanout.cluster import SPREAD, checksums, facts, filled, spread
from tests.pipelines.facts import DAY, context
from tests.pipelines.resources.object_storage import s3

pytestmark = pytest.mark.req("ANA-01", "OPS-04")
GONE = "d_" + "a" * 20


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def lake(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    monkeypatch.delenv("WATTLANE_DASK", raising=False)
    if request.param == "folder":
        yield Lake()
        return
    with s3(monkeypatch):
        yield Lake()


def days(*costs: int) -> pl.DataFrame:
    """A session a day, from DAY on."""
    rows = [
        context(f"s{n}").with_columns(day=pl.lit(DAY + timedelta(days=n)), cost_minor=pl.lit(cost, dtype=pl.Int64))
        for n, cost in enumerate(costs)
    ]
    return pl.concat(rows)


def told() -> list[int]:
    return CONTEXT.scan().sort("day").collect(engine="streaming")["cost_minor"].to_list()


def version() -> int:
    return int(DeltaTable(CONTEXT.uri).version())


LAST = DAY + timedelta(days=2)


def test_days_are_replaced_in_one_commit_and_only_those_that_changed(lake: Lake) -> None:
    assert lake.replace_days(CONTEXT, days(1, 2, 3), DAY, LAST).changed
    assert not lake.replace_days(CONTEXT, days(1, 2, 3), DAY, LAST).changed
    before = set(DeltaTable(CONTEXT.uri).file_uris())
    assert lake.replace_days(CONTEXT, days(1, 9, 3), DAY, LAST).version == 1
    assert told() == [1, 9, 3] and set(DeltaTable(CONTEXT.uri).file_uris()) != before
    assert CONTEXT.scan(0).sort("day").collect(engine="streaming")["cost_minor"].to_list() == [1, 2, 3]
    with pytest.raises(ValueError, match="1 rows outside"):
        lake.replace_days(CONTEXT, days(1, 2, 3), DAY, DAY + timedelta(days=1))


def test_staged_pieces_become_one_commit_and_leave_nothing(lake: Lake) -> None:
    def pieces(*costs: int) -> list[staged.Staged]:
        rows = days(*costs).partition_by("day", as_dict=True)
        return [
            staged.put(CONTEXT, "t", Piece(d, d), frame.select(*CONTEXT.schema))
            for (d,), frame in rows.items()
            if isinstance(d, date)
        ]

    assert lake.replace_staged(CONTEXT, pieces(1, 2, 3)).changed and told() == [1, 2, 3]
    assert not lake.replace_staged(CONTEXT, pieces(1, 2, 3)).changed and version() == 0
    assert lake.replace_staged(CONTEXT, pieces(1, 2, 8)).changed
    assert told() == [1, 2, 8] and version() == 1
    assert objects.listed(staged.folder(CONTEXT)) == []


def test_a_piece_that_is_not_whole_is_never_published(lake: Lake) -> None:
    lake.replace_days(CONTEXT, days(1, 2), DAY, DAY + timedelta(days=1))
    piece = staged.put(CONTEXT, "t", Piece(DAY, DAY), days(7).select(*CONTEXT.schema))
    with pytest.raises(ValueError, match="not as it was made"):
        lake.replace_staged(CONTEXT, [staged.Staged(piece.piece, piece.url, 2)])
    assert told() == [1, 2] and version() == 0
    assert staged.drop_all() == 1 and staged.drop_all() == 0


def test_tidying_compacts_and_keeps_every_row(lake: Lake) -> None:
    for cost in range(4):
        day = DAY + timedelta(days=cost)
        lake.replace_days(CONTEXT, days(0, 1, 2, 3).filter(pl.col("day") == day), day, day)
    files = len(DeltaTable(CONTEXT.uri).file_uris())
    lake.tidy(CONTEXT.uri, keep=timedelta(0))
    assert files == 4 and len(DeltaTable(CONTEXT.uri).file_uris()) == 1 and told() == [0, 1, 2, 3]
    assert len([file for file in objects.listed(CONTEXT.uri) if "_delta_log" not in file]) == 1
    assert lake.forget(CONTEXT, before=DAY + timedelta(days=2)) == 2 and told() == [2, 3]
    assert lake.forget(CHARGERS, before=DAY) == 0
    assert lake.tables() == [CONTEXT.uri]


def test_a_person_is_erased_there_too(lake: Lake) -> None:
    lake.replace_days(CONTEXT, context().with_columns(driver=pl.lit(GONE)), DAY, DAY)
    lake.replace_days(CONTEXT, context().with_columns(driver=pl.lit(GONE), cost_minor=pl.lit(1)), DAY, DAY)
    assert erase(Person("ampere", (GONE,)), dry_run=False)["rows"] == 1
    assert CONTEXT.scan().collect(engine="streaming")["driver"].to_list() == [None]
    for file in objects.listed(CONTEXT.uri):
        content = objects.read(file)
        text = str(pl.read_parquet(content).to_dicts()) if file.endswith(".parquet") else content.decode()
        assert GONE not in text, file


@pytest.mark.slow
def test_all_steps_give_the_same_on_object_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKE_URL", raising=False)
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    rows = facts(tenants=2, minutes=20)
    filled(rows)
    spread()
    here = checksums()
    with s3(monkeypatch):
        monkeypatch.setenv("WATTLANE_PIECE_ROWS", "100")
        filled(rows)
        spread()
        assert checksums() == here and len(SPREAD) == len(here)
        assert sessions.TABLE.uri.startswith("s3://") and sessions.TABLE.state() is not None


def write(number: int) -> None:
    Lake().replace_days(CONTEXT, days(*range(8)).filter(pl.col("day") == DAY + timedelta(days=number)), *[
        DAY + timedelta(days=number)
    ] * 2)  # fmt: skip


@pytest.mark.slow
def test_writers_at_once_on_object_storage_lose_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock there: a commit is a conditional put, so of two writers of one version the second commits after it."""
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    with s3(monkeypatch):
        Lake().replace_days(CONTEXT, days(0), DAY, DAY)
        context_of = multiprocessing.get_context("spawn")
        writers = [context_of.Process(target=write, args=(number,)) for number in range(1, 4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(60)
        assert [writer.exitcode for writer in writers] == [0, 0, 0]
        assert told() == [0, 1, 2, 3] and version() == 3
