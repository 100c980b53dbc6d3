"""F5 beyond the database: the lake's disk is full, and the one that processes write their logs to."""

import asyncio
import contextlib
import resource
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import psutil
import pytest

from pipelines.resources.lake import Lake
from pipelines.resources.tables import RAW
from tests.saas.edge.processes import free_port, until

from .invariants import hold
from .stations import Station, charge_all
from .swarm import Swarm, stories
from .test_f2_gateway import ANSWERS, GATEWAY, prepared, run, start_gateway
from .world import INGESTER, World, full, mount, scaled, unmount

LAKE_MB, LOGS_MB = 8, 4
DAY = date(2026, 3, 10)


@contextlib.contextmanager
def no_more_files(*processes: psutil.Process) -> Iterator[None]:
    """Where no file system can be made: these can write nothing more into files."""
    before = [process.rlimit(resource.RLIMIT_FSIZE) for process in processes]
    for process, (_, hard) in zip(processes, before, strict=True):
        process.rlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for process, limits in zip(processes, before, strict=True):
            process.rlimit(resource.RLIMIT_FSIZE, limits)


def facts(count: int, *, first: int = 0) -> pl.DataFrame:
    """A day of samples that do not compress well."""
    numbers = pl.int_range(first, first + count, eager=True)
    values = {
        "ts_ms": numbers, "device": numbers.hash(7).cast(pl.String), "boot": numbers * 0 + 1, "seq": numbers + 1,
        "session": numbers.hash(3).cast(pl.String), "energy_wh": numbers.hash(5) % 2**40,
    }  # fmt: skip
    rest = {name: None for name in RAW.schema if name not in values} | {"day": DAY}
    return pl.DataFrame(values).with_columns(**{name: pl.lit(value) for name, value in rest.items()}).select(
        pl.col(name).cast(kind) for name, kind in RAW.schema.items()
    )  # fmt: skip


@pytest.mark.req("ANA-01", "OPS-03")
def test_f5_a_commit_to_the_lake_on_a_full_disk_is_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "disk"
    mounted = mount(folder, LAKE_MB)
    monkeypatch.setenv("LAKE_URL", str(folder / "lake"))
    lake, before, after = Lake(), facts(2_000), facts(60_000)
    try:
        lake.replace_days(RAW, before, DAY, DAY)
        with full(folder) if mounted else no_more_files(psutil.Process()):
            for _ in range(2):
                with pytest.raises(Exception, match=r"(?i)no space|os error|too large"):
                    lake.replace_days(RAW, after, DAY, DAY)
                _holds(lake, before, versions=1)
        _holds(lake, before, versions=1)
        lake.replace_days(RAW, after, DAY, DAY)
        _holds(lake, after, versions=2)
    finally:
        if mounted:
            unmount(folder)


def _holds(lake: Lake, rows: pl.DataFrame, *, versions: int) -> None:
    """A reader sees these rows and nothing of another commit; no commit's file is half written."""
    read = lake.days(RAW, DAY - timedelta(days=1), DAY).collect()
    assert read.sort("seq").equals(rows.sort("seq"))
    commits = sorted(Path(RAW.uri).glob("_delta_log/*.json"))
    assert len(commits) == versions
    assert all(commit.read_text(encoding="utf-8").endswith(("}", "}\n")) for commit in commits)


@pytest.mark.whole
@pytest.mark.req("DEV-05", "CHG-09", "OPS-03")
def test_f5_full_logs_stop_neither_stations_nor_the_ingester(world: World, swarm: Swarm) -> None:
    """The log folder, the stations' raw logs in it, is full while adapters and stations tell their sessions."""
    cast, port, logs = prepared(world, 4), free_port(), world.folder / "logs"
    mounted = mount(logs, LOGS_MB)
    world.logs = logs
    try:
        world.start_broker()
        world.start_ingester()
        world.start(ANSWERS)
        start_gateway(world, port)
        until(lambda: "broker_connected" in world.said(ANSWERS), seconds=20, what="the answers are connected")
        adapters = swarm("f5 logs")
        stations = [Station(port, held, number=number, samples=4, pause_s=0.5) for number, held in enumerate(cast)]
        parts = [psutil.Process(world.pid(name)) for name in (GATEWAY, ANSWERS, INGESTER)]
        with full(logs) if mounted else no_more_files(*parts):
            for _ in stories(adapters, messages=60, seconds=6):
                pass
            asyncio.run(charge_all(stations, within_s=60))
            hold(world, adapters, seconds=scaled(60, 30))
        assert all(part.is_running() for part in parts)
        run(world, "tests.faults.sweep", "3")
        for station in stations:
            query = f"SELECT state, bill IS NOT NULL FROM {station.held['tenant']}.charging_session WHERE uid = %s"
            assert world.sql(query, station.held["session"]) == [("closed", True)]
    finally:
        world.end_all()
        world.logs = world.folder
        if mounted:
            unmount(logs)
