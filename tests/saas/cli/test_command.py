"""The `wattlane` command as somebody types it: wrong words and a missing database end in a sentence, not in a trace."""

import json
from pathlib import Path

import pytest

from saas.cli import main
from saas.devices import queries
from saas.tenancy.models import Tenant

COMMANDS = [
    "demo", "doctor", "firmware", "firmware build", "firmware keygen", "firmware sign", "firmware verify",
    "import", "import sessions", "sample", "sample acn", "devices", "devices run", "quarantine",
    "quarantine list", "quarantine replay", "migrate",
]  # fmt: skip


@pytest.mark.req("OPS-01")
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main([*command.split(), "--help"])
    except SystemExit as end:
        code = end.code
    assert code == 0 and "usage:" in capfd.readouterr().out


@pytest.mark.parametrize("words", ["", "nonsense", "doctor --nonsense", "quarantine list --limit 0", "demo extra"])
def test_wrong_words_are_refused_by_name(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words.split())
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.req("DEV-08")
def test_options_of_the_simulator_reach_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "nowhere.json"
    assert main(["devices", "run", "--mqtt", "127.0.0.1:1", "--devices", str(missing), "--home", str(tmp_path)]) == 2
    assert "nowhere.json" in capfd.readouterr().err


@pytest.mark.req("OPS-01")
def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from django.db import OperationalError

    def broken(*_: object, **__: object) -> list[object]:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr("saas.edge.ingester.quarantine.waiting", broken)
    assert main(["quarantine", "list"]) == 1
    assert "does not answer (connection refused). Start it with `make demo`" in capsys.readouterr().err


@pytest.mark.req("DEV-08")
@pytest.mark.django_db
def test_adapters_for_a_tenant_are_registered_once(
    tmp_path: Path, ampere: Tenant, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []

    def simulate(words: list[str]) -> int:
        started.append(words)
        return 0

    monkeypatch.setattr("saas.cli.devices._simulate", simulate)
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    for count in ("2", "3"):
        assert main(["devices", "run", "--tenant", "ampere", "--count", count, "--speed", "2"]) == 0
    rows = json.loads((tmp_path / "street" / "ampere" / "devices.json").read_text())
    assert {row["device"] for row in rows} == {device.device_id for device in queries.of_tenant(ampere)}
    assert [row["power_w"] for row in rows] == [7_360] * 3
    assert all(queries.proves_itself(device=queries.get(row["device"]), secret=row["secret"]) for row in rows)
    assert started[1][-4:] == ["--count", "3", "--speed", "2"] and started[1][:1] == ["--mqtt"]
    assert main(["devices", "run", "--tenant", "nobody"]) == 2
    assert "no tenant 'nobody'" in capfd.readouterr().err and len(started) == 2
    assert main(["devices", "run", "--count", "1"]) == 0
    assert str(tmp_path / "street" / "ampere") in started[2]  # the first tenant, where none is named
