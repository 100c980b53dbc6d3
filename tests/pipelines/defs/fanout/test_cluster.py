"""Two bounded workers give what one process gives; whichever process dies, nothing is half made."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from deltalake import DeltaTable

from pipelines.defs.fanout import cluster as over
from pipelines.marts import sessions
from pipelines.resources import objects, staged
from pipelines.resources.tables import CLEAN, ENERGY_15MIN
from tests.pipelines.defs.fanout.cluster import Cluster, checksum, checksums, cluster, facts, filled, spread

pytestmark = [pytest.mark.slow, pytest.mark.req("ANA-01", "OPS-04")]


@pytest.fixture(scope="module")
def one_process(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each table holds when this process makes it, in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTLANE_HOME", str(tmp_path_factory.mktemp("one")))
        patch.delenv("WATTLANE_DASK", raising=False)
        patch.delenv("LAKE_URL", raising=False)
        filled(facts())
        spread()
        return checksums()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose telemetry is in the lake; pieces hold two tenants of a day at the most."""
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    monkeypatch.setenv("WATTLANE_PIECE_ROWS", "500")
    filled(facts())
    return tmp_path


@pytest.fixture
def machines(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    with cluster(home) as made:
        monkeypatch.setenv("WATTLANE_DASK", made.address)
        yield made


def left_behind() -> list[str]:
    return objects.listed(staged.folder(CLEAN).rpartition("/clean")[0])


def test_two_bounded_workers_give_the_checksum_of_one_process(machines: Cluster, one_process: dict[str, str]) -> None:
    spread()
    assert checksums() == one_process
    assert DeltaTable(sessions.TABLE.uri).version() == 0 and DeltaTable(CLEAN.uri).version() == 0
    assert left_behind() == []
    spread()
    assert DeltaTable(sessions.TABLE.uri).version() == 0


def test_pieces_in_this_process_give_the_same(home: Path, one_process: dict[str, str]) -> None:
    spread()
    assert checksums() == one_process
    assert left_behind() == []


def test_workers_killed_at_twenty_moments_change_nothing(machines: Cluster, one_process: dict[str, str]) -> None:
    chance, over_now, kills = random.Random(20), threading.Event(), []

    def kill() -> None:
        while not over_now.wait(chance.uniform(0.1, 1.2)):
            at = chance.randrange(2)
            machines.replace(at)
            kills.append(at)

    thread = threading.Thread(target=kill)
    thread.start()
    rounds = 0
    try:
        while len(kills) < 20:
            spread()
            rounds += 1
            assert checksums() == one_process
    finally:
        over_now.set()
        thread.join()
    assert [DeltaTable(table.uri).version() for table in (CLEAN, sessions.TABLE, ENERGY_15MIN)] == [0, 0, 0]
    assert left_behind() == [] and rounds >= 1


def test_a_scheduler_that_dies_fails_the_run_loudly_and_it_can_run_again(
    machines: Cluster, home: Path, one_process: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(over, "GONE_S", 2)
    monkeypatch.setattr(over, "CONNECT_S", 3)
    threading.Timer(0.6, machines.scheduler.kill).start()
    with pytest.raises(dg.Failure, match="scheduler"):
        while True:
            spread()
    with pytest.raises(dg.Failure, match="does not answer"):
        spread("sessions")
    with cluster(home) as again:
        monkeypatch.setenv("WATTLANE_DASK", again.address)
        spread()
    assert checksums() == one_process and left_behind() == []


def test_a_worker_may_not_hold_more_than_its_bound(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(home, memory="160MiB") as small:
        monkeypatch.setenv("WATTLANE_DASK", small.address)
        monkeypatch.setattr(over, "NO_WORKER_S", 5)
        with pytest.raises(dg.Failure, match=r"no worker|again and again"):
            spread("clean_telemetry")
    assert CLEAN.state() is None


def test_a_worker_at_another_lake_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(tmp_path / "elsewhere") as strange:
        monkeypatch.setenv("WATTLANE_DASK", strange.address)
        with pytest.raises(dg.Failure, match="LAKE_URL"):
            spread("clean_telemetry")
    assert CLEAN.state() is None
    assert checksum(CLEAN)
