# ruff: noqa: E501 - files written out
"""`wattlane import carbon|prices|status|locations`: what it writes, what it says, and that twice is once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.defs.importing.__main__ import main
from pipelines.resources.landing import SCHEMAS, Landing, landed

pytestmark = pytest.mark.req("ANA-01")
FILES = {
    "carbon": ["time,region,marginal gCO2/kWh", *(f"2024-01-01T{h:02}:00Z,DE,{300 + h}" for h in range(24)), "2024-01-02T00:00Z,DE,oops"],
    "prices": ["time,zone,day-ahead EUR/MWh", *(f"2024-01-01T{h:02}:00Z,DE,{30 + h}.5" for h in range(24)), "2024-01-02T00:00Z,DE,"],
    "status": ["station,connector,status,timestamp", "A,1,Available,2024-01-01T00:00Z", "A,1,Faulted,2024-01-01T05:00Z", "A,1,Odd,2024-01-01T06:00Z"],
    "locations": ["id,name,latitude,longitude,country", "1,Here,60.17,24.94,FI", "2,There,0,0,FI"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path / "home"))


def written(tmp_path: Path, kind: str, rows: list[str] | None = None, name: str | None = None) -> str:
    path = tmp_path / (name or f"{kind}.csv")
    path.write_text("\n".join(rows or FILES[kind]) + "\n", encoding="utf-8")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(list(arguments))
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return code, json.loads(out)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("kind", list(FILES))
def test_an_import_lands_rows_quarantine_and_manifest_once(
    kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = written(tmp_path, kind)
    code, report = run(capsys, kind, path, "--tenant", "ampere", "--json", "--source", "A test", "--licence", "CC0")
    assert (code, report["read"]["rows"]) == (0, len(FILES[kind]) - 1)
    assert report["read"]["rows"] == report["imported"]["rows"] + report["set_aside"]["rows"]
    rows = Landing("ampere", kind=kind).rows()
    assert rows.schema == pl.Schema(SCHEMAS[kind])
    assert rows.height == report["imported"]["rows"] == len(FILES[kind]) - 2
    assert rows["row_key"].is_unique().all()
    assert (set(rows["source"]), set(rows["licence"])) == ({"A test"}, {"CC0"})
    aside = [json.loads(line) for line in Path(report["quarantine"]).read_text(encoding="utf-8").splitlines()]
    assert [row["line"] for row in aside] == [len(FILES[kind])]
    assert list(aside[0]["raw"].values()) == [text or None for text in FILES[kind][-1].split(",")]
    before = tree(tmp_path / "home")
    _, again = run(capsys, kind, path, "--tenant", "ampere", "--json")
    assert tree(tmp_path / "home") == before
    assert (again["imported"]["rows"], again["duplicates_of_earlier_import"]) == (0, rows.height)
    assert "nothing was changed" in again["files"][0]["notes"][-1]
    assert landed(kind).collect()["tenant"].unique().to_list() == ["ampere"]


def test_overlapping_files_are_not_doubled(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    half, whole = written(tmp_path, "carbon", FILES["carbon"][:13], "half.csv"), written(tmp_path, "carbon")
    run(capsys, "carbon", half, "--tenant", "ampere", "--json")
    _, report = run(capsys, "carbon", whole, "--tenant", "ampere", "--json")
    assert (report["imported"]["rows"], report["duplicates_of_earlier_import"]) == (12, 12)
    both, _ = run(capsys, "carbon", half, whole, "--dry-run", "--json"), None
    assert both[1]["imported"]["rows"] == 24


def test_a_later_file_that_says_something_else_is_told_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys, "carbon", written(tmp_path, "carbon"), "--tenant", "ampere", "--json")
    revised = [FILES["carbon"][0], "2024-01-01T00:00Z,DE,300", "2024-01-01T01:00Z,DE,999"]
    _, report = run(
        capsys, "carbon", written(tmp_path, "carbon", revised, "revised.csv"), "--tenant", "ampere", "--json"
    )
    assert report["set_aside"]["by_reason"] == {"already_imported": 1, "contradicts_earlier_import": 1}
    assert Landing("ampere", kind="carbon").rows().filter(pl.col("mg_co2e_per_kwh") == 999_000).is_empty()
    assert len(Path(report["quarantine"]).read_text(encoding="utf-8").splitlines()) == 1


def test_a_dry_run_needs_nothing_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, report = run(capsys, "prices", written(tmp_path, "prices"), "--dry-run", "--json")
    assert (code, report["dry_run"], report["imported"]["rows"], report["quarantine"]) == (0, True, 24, None)
    assert report["files"][0]["set_aside_examples"][0]["reason"] == "missing_price"
    assert not (tmp_path / "home").exists()


def test_what_is_not_understood_says_which_option_to_give(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = ["time,region,carbon intensity", *(f"2024-01-01T{h:02}:00Z,DE,{300 + h}" for h in range(24))]
    path = written(tmp_path, "carbon", rows)
    code, report = run(capsys, "carbon", path, "--tenant", "ampere", "--json")
    assert code == 1
    assert "--unit" in report["error"]
    assert Landing("ampere", kind="carbon").rows().is_empty()
    code, told = run(capsys, "carbon", path, "--tenant", "ampere", "--json", "--unit", "g/kWh", "--kind", "residual")
    assert (code, told["imported"]["rows"], told["files"][0]["layout"]["kind"]) == (0, 24, "residual")


@pytest.mark.parametrize(
    "arguments", [["carbon", "nowhere.csv", "--dry-run"], ["carbon", "FILE"], ["carbon", "FILE", "--tenant", "No!"]]
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path, "carbon")
    code, report = run(capsys, *(path if a == "FILE" else a for a in arguments), "--json")
    assert (code, list(report)) == (2, ["error", "tried"])


def test_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["carbon", written(tmp_path, "carbon"), "--dry-run"])
    out = capsys.readouterr().out
    assert "unit g/kWh" in out
    assert "line 26: the carbon figure is no number" in out
    assert "Dry run: nothing was written." in out


@pytest.mark.slow
def test_killed_in_the_middle_leaves_nothing_half(tmp_path: Path) -> None:
    """kill -9 at many moments: there is the whole import, or none; the next one completes it."""
    rows = ["time,region,marginal gCO2/kWh", *(f"{1_600_000_000 + 300 * i},X,{300 + i % 99}" for i in range(60_000))]
    path = written(tmp_path, "carbon", rows)
    for wait in (0.6, 1.0, 1.4, 1.8):
        home = tmp_path / f"home{wait}"
        command = [sys.executable, "-m", "pipelines.defs.importing", "carbon", path, "--tenant", "ampere", "--json"]
        environment = os.environ | {"WATTLANE_HOME": str(home)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert Landing("ampere", home, "carbon").rows().height in (0, 60_000)
        assert subprocess.call(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
        assert Landing("ampere", home, "carbon").rows().height == 60_000
