"""The recompute command: from the files alone, each number again; whatever was changed is found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports import recompute
from reports.esg import document as esg
from reports.inventory import document
from tests.reports.ledger import extract
from tests.reports.test_esg import extract as esg_extract

pytestmark = pytest.mark.req("ESG-03")


@pytest.fixture(params=["ghg", "esrs_e1", "vsme_b3", "esg"], scope="module")
def made(request: pytest.FixtureRequest) -> dict[str, bytes]:
    return esg.tables(esg_extract()) if request.param == "esg" else document.tables(extract(request.param, revenue="9"))


def written(folder: Path, made: dict[str, bytes]) -> Path:
    for kind, content in made.items():
        (folder / recompute.FILES[kind]).write_bytes(content)
    return folder


def test_all_agrees(made: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recompute.main([str(written(tmp_path, made)), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["same"] and len(said["checks"]) > 40
    assert "figures.csv made again" in {check["name"] for check in said["checks"]}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["vsme_b3", "esg"])
def test_the_pdf_is_printed_again_to_the_byte(kind: str) -> None:
    made = esg.files(esg_extract()) if kind == "esg" else document.files(extract(kind))
    checks = {check.name: check.same for check in recompute.recompute(made)}
    assert checks["report.pdf made again"]
    spoiled = made | {"pdf": made["pdf"].replace(b"%PDF-1.7", b"%PDF-1.6")}
    assert not {check.name: check.same for check in recompute.recompute(spoiled)}["report.pdf made again"]


def test_without_extract_and_pdf_the_figures_are_reckoned(made: dict[str, bytes]) -> None:
    checks = recompute.recompute({kind: made[kind] for kind in ("csv", "figures")})
    assert all(check.same for check in checks) and len(checks) > 40


def changed(made: dict[str, bytes], kind: str) -> dict[str, bytes]:
    """One digit of the file's last full line is another one."""
    content = made[kind]
    at = max(content.rfind(digit) for digit in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8"))
    return made | {kind: content[:at] + bytes([content[at] + 1]) + content[at + 1 :]}


@pytest.mark.parametrize("kind", ["csv", "figures"])
def test_one_changed_digit_is_found(made: dict[str, bytes], kind: str) -> None:
    tables = {name: made[name] for name in ("csv", "figures", "extract")}
    try:
        checks = recompute.recompute(changed(tables, kind))
    except recompute.Unusable:
        return
    assert not all(check.same for check in checks)


def test_a_changed_figure_is_named(made: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = made["figures"].split(b"\r\n")
    cells = rows[1].split(b",")
    cells[2] = b"999999.999"
    folder = written(tmp_path, made | {"figures": b"\r\n".join([rows[0], b",".join(cells), *rows[2:]])})
    assert recompute.main([str(folder)]) == 1
    out = capsys.readouterr().out
    assert f"DIFFERS  {cells[0].decode()}: printed 999999.999" in out and "2 differ" in out


def test_a_report_of_an_earlier_edition_still_agrees_and_says_so(made: dict[str, bytes]) -> None:
    head = json.loads(made["extract"]) | {"edition": "0123456789abcdef"}
    old = made | {"extract": json.dumps(head).encode(), "pdf": b"%PDF of then", "figures": made["figures"]}
    checks = {check.name: check for check in recompute.recompute(old)}
    assert all(check.same for check in checks.values())
    assert checks["edition of the document"].printed == "0123456789abcdef" and "report.pdf made again" not in checks


def test_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recompute.main([str(tmp_path)]) == 2
    assert "there is no report.csv" in capsys.readouterr().err
    assert recompute.main(["--csv", str(tmp_path / "none.csv")]) == 2
    (tmp_path / "report.csv").write_bytes(b"a,b\r\n1,2\r\n")
    (tmp_path / "figures.csv").write_bytes(b"id,value\r\nx,1\r\n")
    assert recompute.main([str(tmp_path)]) == 2


def test_it_needs_no_platform(tmp_path: Path) -> None:
    folder = written(tmp_path, document.tables(extract()))
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("WATTLANE", "DATABASE", "DJANGO"))}
    command = [sys.executable, "-m", "saas.cli", "report", "recompute", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=bare, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "") and "all agree" in done.stdout
