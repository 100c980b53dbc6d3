"""The command: what it writes, what it says, and that saying it twice changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.defs.sessions.importing import main
from pipelines.resources.landing import SCHEMA, Landing

SLICES = Path(__file__).resolve().parents[3] / "fixtures" / "sessions"
PERTH = str(SLICES / "perth.csv")
AS_AMPERE = ("--tenant", "ampere", "--timezone", "Europe/London", "--json")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path / "home"))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and the one JSON object on stdout."""
    code = main(list(arguments))
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return code, json.loads(out)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.req("ANA-01")
def test_an_import_lands_sessions_quarantine_and_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run(capsys, PERTH, *AS_AMPERE)
    assert code == 0
    landed = Landing("ampere").sessions()
    assert landed.schema == pl.Schema(SCHEMA)
    assert (landed.height, int(landed["energy_wh"].sum())) == (
        report["imported"]["rows"],
        report["imported"]["energy_wh"],
    )
    assert landed["session_key"].is_unique().all()
    aside = [json.loads(line) for line in Path(report["quarantine"]).read_text(encoding="utf-8").splitlines()]
    assert len(aside) == report["set_aside"]["rows"]
    assert sum(row["energy_wh"] or 0 for row in aside) == report["set_aside"]["energy_wh"]
    assert report["read"]["energy_wh"] == report["imported"]["energy_wh"] + report["set_aside"]["energy_wh"]
    manifest = json.loads(Path(report["manifest"]).read_text(encoding="utf-8"))
    assert (manifest["imported"], manifest["timezone"]) == (report["imported"], "Europe/London")


def test_a_quarantined_row_is_found_again_in_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    _, report = run(capsys, PERTH, *AS_AMPERE)
    lines = Path(PERTH).read_text(encoding="utf-8").splitlines()
    for text in Path(report["quarantine"]).read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        assert lines[row["line"] - 1].startswith(f"{row['raw']['_id']},{row['raw']['CP ID']},")


def test_the_same_file_again_changes_nothing_and_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, first = run(capsys, PERTH, *AS_AMPERE)
    before = tree(tmp_path / "home")
    code, again = run(capsys, PERTH, "--tenant", "ampere", "--timezone", "UTC", "--json")
    assert code == 0
    assert tree(tmp_path / "home") == before
    assert again["imported"] == {"rows": 0, "energy_wh": 0}
    assert again["duplicates_of_earlier_import"] == first["imported"]["rows"]
    assert again["files"][0]["already_imported"]
    assert "Europe/London" in again["files"][0]["note"]


def test_overlapping_files_are_not_doubled(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = Path(PERTH).read_text(encoding="utf-8").splitlines(keepends=True)
    half = tmp_path / "half.csv"
    half.write_text("".join(lines[:120]), encoding="utf-8")
    _, part = run(capsys, str(half), *AS_AMPERE)
    _, both = run(capsys, PERTH, *AS_AMPERE)
    assert both["duplicates_of_earlier_import"] == part["imported"]["rows"]
    landed = Landing("ampere").sessions()
    assert landed["session_key"].is_unique().all()
    assert landed.height == part["imported"]["rows"] + both["imported"]["rows"] == 158


def test_a_file_left_without_manifest_is_imported_anew(capsys: pytest.CaptureFixture[str]) -> None:
    _, first = run(capsys, PERTH, *AS_AMPERE)
    Path(first["manifest"]).unlink()
    assert Landing("ampere").sessions().height == 0
    _, again = run(capsys, PERTH, *AS_AMPERE)
    assert again["imported"] == first["imported"]
    assert Landing("ampere").sessions().height == first["imported"]["rows"]


def test_tenants_do_not_see_each_others_files(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, str(SLICES / "workplace.csv"), *AS_AMPERE)
    code, report = run(capsys, str(SLICES / "workplace.csv"), "--tenant", "barq", "--timezone", "Asia/Dubai", "--json")
    assert (code, report["duplicates_of_earlier_import"]) == (0, 0)
    ampere, barq = (set(Landing(t).sessions()["driver"]) for t in ("ampere", "barq"))
    assert ampere.isdisjoint(barq)
    assert not any("35897499" in driver for driver in ampere | barq)


def test_a_dry_run_needs_nothing_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, report = run(capsys, PERTH, "--dry-run", "--json")
    assert (code, report["dry_run"], report["timezone"], report["tenant"]) == (0, True, "UTC", None)
    assert (report["imported"]["rows"], report["quarantine"], report["manifest"]) == (158, None, None)
    assert {e["reason"] for e in report["files"][0]["set_aside_examples"]} == set(report["set_aside"]["by_reason"])
    assert not (tmp_path / "home").exists()


def test_several_files_in_one_go(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = tmp_path / "points.csv"
    other.write_text("id,name,latitude\n1,Here,60.1\n", encoding="utf-8")
    code, report = run(capsys, PERTH, str(other), PERTH, str(SLICES / "acn.csv"), *AS_AMPERE)
    assert code == 1
    assert [("error" in f) for f in report["files"]] == [False, True, False, False]
    assert report["tried"]
    assert report["read"]["rows"] == 169 * 2 + 60
    assert report["imported"]["rows"] == 158 + 59
    assert Landing("ampere").sessions().height == 158 + 59


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-file.csv", "--dry-run"),
        (PERTH,),
        (PERTH, "--tenant", "../x"),
        (PERTH, "--dry-run", "--timezone", "Mars/Base"),
    ],
)
def test_wrong_usage_is_named(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, report = run(capsys, *arguments, "--json")
    assert code == 2
    assert report["error"]


def test_the_report_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([PERTH, *AS_AMPERE[:-1]]) == 0
    shown = capsys.readouterr()
    for word in ("Start Date + Start Time", "55 swapped day and month", "half-even", "quarantine", "duplicate start"):
        assert word in shown.out
    assert "reading the values" in shown.err


def test_a_killed_import_leaves_no_half_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    landing = Landing("ampere")

    def rows() -> Any:
        yield {"reason": "x"}
        raise KeyboardInterrupt

    frame = pl.DataFrame(schema=SCHEMA)
    with pytest.raises(KeyboardInterrupt):
        landing.store("a" * 64, frame, rows(), {})
    assert landing.manifest("a" * 64) is None
    assert landing.sessions().height == 0
    assert not [p for p in (tmp_path / "home").rglob("*") if p.is_file()]


def test_a_folder_given_as_a_file_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run(capsys, str(SLICES), "--dry-run", "--json")
    assert (code, report["error"]) == (2, f"{SLICES} is a folder: name the files in it")


@pytest.mark.req("ANA-01")
def test_a_file_with_a_nul_lands_whole_and_says_what_was_repaired(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, clean = run(capsys, PERTH, "--dry-run", "--json")
    lines = Path(PERTH).read_bytes().split(b"\n")
    spoilt = tmp_path / "spoilt.csv"
    spoilt.write_bytes(b"\n".join([*lines[:3], lines[3][:5] + b"\0" + lines[3][5:], *lines[4:]]))
    code, report = run(capsys, str(spoilt), *AS_AMPERE)
    assert (code, report["imported"]) == (0, clean["imported"])
    assert report["repaired"]["by_kind"]["nul_bytes_removed"] == 1
