"""The first start in an empty folder: web server and daemon begin at the same moment."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.defs.start import instance_folder, make_stores

STORES = ("schedules/schedules.db", "history/runs.db", "history/runs/index.db")
MAKE = "from pathlib import Path; from pipelines.defs.start import make_stores; make_stores(Path('{}'))"


@pytest.mark.slow
@pytest.mark.req("ANA-01")
def test_two_processes_that_begin_together_make_each_store_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    folder = instance_folder()
    both = [subprocess.Popen([sys.executable, "-c", MAKE.format(folder)], env=dict(os.environ)) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    for store in STORES:
        with sqlite3.connect(folder / store) as held:
            assert held.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,), store


def test_stores_that_are_there_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be made")

    monkeypatch.setattr("pipelines.defs.start.subprocess.run", never)
    (tmp_path / ".stores").touch()
    make_stores(tmp_path)
