"""One person leaves the lake: no table, no old version, no log, no landed file holds them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from pipelines.defs.brand.assets import _names
from pipelines.defs.catalogue import STEPS
from pipelines.defs.erase import main
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import roster, sessions
from pipelines.marts import tenants as tenants_mart
from pipelines.resources.lake import Lake
from pipelines.resources.landing import SCHEMA, Landing
from pipelines.resources.tables import CHARGERS, CONTEXT, IMPORTED
from saas.contracts.internal import DriverCard, Roster, pseudonym
from tests.pipelines.facts import DAY, MINUTE_MS, NOON_MS, Store, chargers, charging, context, messages, tenants

pytestmark = pytest.mark.req("ANA-01", "OPS-04")
GONE, STAYS = "d_" + "a" * 20, "d_" + "b" * 20
AT = datetime(2026, 3, 10, 10, tzinfo=UTC)
WANTED = {"sessions", "imported_sessions", "clean_telemetry", "raw_telemetry", "energy_15min"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two drivers' sessions, live and imported, in several versions of each table."""
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.setenv("WATTLANE_SECRET_PIPELINES", "pipelines of the test")
    monkeypatch.delenv("LAKE_URL", raising=False)
    lake = Lake()
    lake.replace_all(tenants_mart.TABLE, tenants())
    lake.replace_all(CHARGERS, chargers())
    told = [context(f"a1/s{n}").with_columns(driver=pl.lit((GONE, STAYS)[n % 2])) for n in range(4)]
    private = pl.when(pl.col("driver") == GONE).then(None).otherwise(pl.col("fleet_organisation"))
    lake.replace_days(CONTEXT, pl.concat(told).with_columns(fleet_organisation=private), DAY, DAY)
    lake.replace_all(roster.TABLE, _names({"ampere": Roster(drivers=[DriverCard(driver=GONE, name="Aino")])}))
    land()
    for count in (2, 4):
        make(lake, count)
    yield tmp_path


def make(lake: Lake, count: int = 4) -> None:
    facts = [charging(f"s{n}", NOON_MS + n * 40 * MINUTE_MS, meter_wh=n * 9000, boot=n) for n in range(count)]
    rows = messages(*(row for one in facts for row in one))
    for step in STEPS:
        if step.name in WANTED:
            carry_out(step, Sources(lake, Store(rows)), DAY, DAY)  # type: ignore[arg-type]


def land() -> str:
    """A file that names its driver, whose line was partly set aside. Returns the driver's pseudonym."""
    landing = Landing("ampere")
    hidden = pseudonym(landing.driver_secret(), "ampere", "Aino A.")
    rows = [
        dict.fromkeys(SCHEMA) | {
            "session_key": f"k{n}", "charger": f"c{n}", "driver": driver, "vehicle": f"v{n}", "start_utc": AT,
            "end_utc": AT + timedelta(minutes=50), "energy_wh": 9_000, "duration_s": 3000, "timezone": "UTC",
            "source_file": "x.csv", "source_row": n, "source_sha256": "f1", "repaired": [],
        }
        for n, driver in enumerate((hidden, STAYS))
    ]  # fmt: skip
    aside = [{"row": 3, "reason": "no_end", "raw": {"driver": "Aino A.", "kwh": "4"}}]
    landing.store("f1", pl.DataFrame(rows, schema=SCHEMA), aside, {"file": "x.csv", "set_aside_examples": aside})
    return hidden


def holding(home: Path, *words: str) -> list[str]:
    """Files that hold one of the words: in their plain bytes, or in a Parquet file's values and statistics."""
    found = []
    for file in sorted(path for path in home.rglob("*") if path.is_file()):
        content = file.read_bytes()
        if file.suffix == ".parquet":
            rows = pl.read_parquet(content, hive_partitioning=False)
            content += json.dumps(rows.to_dicts(), default=str).encode()
        if any(word.encode() in content for word in words):
            found.append(str(file.relative_to(home)))
    return found


def newest() -> list[int]:
    return [DeltaTable(table.uri).version() for table in (sessions.TABLE, CONTEXT, roster.TABLE)]


def erased(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    capsys.readouterr()
    assert main(["--tenant", "ampere", *words]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_nothing_on_disk_holds_the_person_afterwards(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sessions.read(tenant="ampere")
    assert len(holding(home, GONE)) > 3
    only_said = erased(capsys, "--driver", GONE, "--dry-run")
    assert only_said["rows"] == 5 and len(holding(home, GONE)) > 3
    versions = newest()
    said = erased(capsys, "--driver", GONE)
    assert said["rows"] == 5
    assert holding(home, GONE, 'Aino"') == []
    assert newest() == [version + 1 for version in versions]
    after = sessions.read(tenant="ampere")
    assert after["energy_wh"].sum() == before["energy_wh"].sum() and after.height == before.height
    assert sorted(after["driver"].drop_nulls().unique()) == sorted({*before["driver"].drop_nulls()} - {GONE})
    gone = after.filter(pl.col("session").is_in(["a1/s0", "a1/s2"]))
    assert gone["vehicle"].to_list() == [None, None]
    assert roster.read(tenant="ampere").height == 0
    assert erased(capsys, "--driver", GONE)["rows"] == 0


def test_the_person_stays_away_when_days_are_made_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    erased(capsys, "--driver", GONE)
    make(Lake(), 3)
    make(Lake(), 4)
    Lake().replace_all(roster.TABLE, _names({"ampere": Roster(drivers=[DriverCard(driver=GONE, name="Aino")])}))
    assert holding(home, GONE) == []
    assert sessions.read(tenant="ampere").height == 6


def test_landed_files_forget_the_driver_and_the_words_of_the_file(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = pseudonym(Landing("ampere").driver_secret(), "ampere", "Aino A.")
    assert len(holding(home, hidden, "Aino A.")) > 2
    said = erased(capsys, "--named", "Aino A.")
    assert said["rows"] == 5 and holding(home, hidden, "Aino A.") == []
    landed = Landing("ampere").sessions()
    assert landed["driver"].to_list() == [None, STAYS] and landed["vehicle"].to_list() == [None, "v1"]
    assert IMPORTED.scan().collect(engine="streaming").height == 2
    make(Lake())
    assert holding(home, hidden) == []


def test_another_tenant_is_not_touched(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tenant", "barq", "--named", "Aino A."]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 0


def test_wrong_usage_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tenant", "ampere", "--driver", "Aino"]) == 2
    assert main(["--tenant", "../x", "--driver", GONE]) == 2
    assert "no tenant" in capsys.readouterr().err


@pytest.mark.slow
def test_killed_in_the_middle_a_second_call_finishes(home: Path) -> None:
    argv = [sys.executable, "-m", "pipelines.defs.erase", "--tenant", "ampere", "--driver", GONE]
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1):
        begun = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=os.environ)
        mark = home / "lake" / "clean" / "erased" / "_delta_log"
        until = time.monotonic() + 60
        while not mark.exists() and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(delay + 0.4 * delay)
        begun.send_signal(signal.SIGKILL)
        begun.wait()
        assert sessions.read(tenant="ampere").height == 6
    assert subprocess.run(argv, stdout=subprocess.DEVNULL, check=True).returncode == 0
    assert holding(home, GONE) == []


@pytest.mark.req("ESG-03")
def test_a_report_made_before_can_be_made_again_and_names_nobody(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.defs.reports.gather.esg import gather
    from reports.esg.document import tables
    from reports.esg.extract import read
    from saas.contracts.internal import QueuedReport
    from tests.pipelines.test_schedule import CARD

    for step in STEPS:
        carry_out(step, Sources(Lake(), Store(messages(*charging()).clear())), DAY, DAY)  # type: ignore[arg-type]
    wanted = QueuedReport(uid="r", kind="esg", period_start="2026-03-01", period_end="2026-04-01", language="en")
    kept = tables(gather(CARD, wanted))
    (home / "report").mkdir()
    for name, content in kept.items():
        (home / "report" / name).write_bytes(content)
    assert len(read(kept["extract"], kept["csv"]).rows) == 6
    assert erased(capsys, "--driver", GONE)["rows"] == 8
    assert holding(home, GONE) == []
    again = {name: (home / "report" / name).read_bytes() for name in kept}
    assert tables(read(again["extract"], again["csv"])) == kept
