"""`wattlane doctor` in good and bad states: what it says, and its exit code."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from saas.cli import demo, doctor, main
from saas.kit.home import Home

PORTS = ("WEB", "OCPP", "MQTT", "ANALYTICS", "DAGSTER", "LIVE")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An installation on free ports that was never started."""
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name in PORTS:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            monkeypatch.setenv(f"WATTLANE_{name}_PORT", str(free.getsockname()[1]))
    return Home(tmp_path)


def findings(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    code = main(["doctor", "--json"])
    return code, {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)}


def record(place: Home, **pids: int) -> None:
    started = {name: [pid, psutil.Process(pid).create_time()] for name, pid in pids.items()}
    (place.run / "processes.json").write_text(json.dumps(started))


@pytest.mark.req("OPS-01")
def test_before_the_first_start_nothing_is_wrong(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = findings(capsys)
    assert found["product"]["state"] == "not running" and found["database"]["state"] == "not started yet"
    assert code == int(found["web front end"]["state"] != "built")


@pytest.mark.req("OPS-01")
def test_a_foreign_program_on_our_port_is_named_with_its_variable(
    place: Home, taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATTLANE_MQTT_PORT", str(taken))
    code, found = findings(capsys)
    assert code == 1 and found["port mqtt"]["fatal"] and "WATTLANE_MQTT_PORT" in found["port mqtt"]["advice"]


@pytest.mark.req("OPS-01")
def test_a_port_of_our_own_part_is_fine_and_a_dead_part_is_not(
    place: Home, taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATTLANE_MQTT_PORT", str(taken))
    dead = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record(place, broker=os.getpid(), web=dead.pid)
    dead.kill()
    dead.wait()
    with demo.only_one(place):
        code, found = findings(capsys)
    assert not found["port mqtt"]["advice"] and found["part broker"]["state"].startswith("runs as")
    assert code == 1 and found["part web"]["state"] == "not running" and "web.log" in found["part web"]["advice"]
    assert "product" not in found


@pytest.mark.req("OPS-01")
def test_parts_whose_starter_was_killed_are_noticed(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    record(place, broker=os.getpid())
    code, found = findings(capsys)
    assert code == 1 and found["product"]["fatal"] and "make demo" in found["product"]["advice"]


@pytest.mark.req("OPS-01")
def test_a_folder_that_cannot_be_written(
    place: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = place.path / "a file"
    file.touch()
    monkeypatch.setenv("WATTLANE_HOME", str(file))
    code, found = findings(capsys)
    assert code == 1 and "WATTLANE_HOME" in found["data folder"]["advice"]
    with pytest.raises(SystemExit, match="WATTLANE_HOME"):
        main(["demo"])


@pytest.mark.req("OPS-01")
def test_missing_pango_is_named_and_stops_nothing(
    place: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reports.render.missing_libraries", lambda: ["libpango-1.0-0"])
    _, found = findings(capsys)
    assert "libpango-1.0-0" in found["documents"]["advice"] and not found["documents"]["fatal"]


def test_every_finding_with_a_fault_says_what_to_do(place: Home) -> None:
    record(place, broker=os.getpid())
    for finding in doctor.examine(place):
        assert finding.advice or not finding.fatal
