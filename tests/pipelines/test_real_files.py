"""Files that real networks published, as one tenant imports them: every table is made, and no rule stops one."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.defs import due
from pipelines.defs.catalogue import STEPS, WHOLE
from pipelines.defs.checks import judge, stop_if_bad
from pipelines.defs.sessions.importing import main
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import carbon, sessions, visits
from pipelines.marts import tenants as tenants_mart
from pipelines.resources.lake import Lake
from tests.pipelines.facts import Store, messages, tenants

FILES = sorted((Path(__file__).resolve().parents[3] / "shared" / "data" / "sessions").glob("*.csv"))
SLICES = sorted((Path(__file__).resolve().parents[1] / "fixtures" / "sessions").glob("*.csv"))
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.req("ANA-01")
@pytest.mark.parametrize("files", [SLICES, *([FILES] if FILES else [])], ids=lambda files: f"{len(files)} files")
def test_every_table_is_made_of_them(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    for file in files:
        assert main([str(file), "--tenant", "ampere", "--timezone", "Europe/London", "--json"]) == 0
    lake = Lake()
    lake.replace_all(tenants_mart.TABLE, tenants())
    sources = Sources(lake, Store(messages()))  # type: ignore[arg-type]
    for first, last in due.landed():
        for step in STEPS:
            carry_out(step, sources, first, last)
    for whole in WHOLE:
        rows = whole.rows(sources, NOW)
        stop_if_bad(judge(whole.name, rows, whole.rules))
        lake.replace_all(whole.table, rows)
    made = sessions.TABLE.scan().collect()
    assert made.height > 100 and due.landed() == []
    assert carbon.TABLE.scan().select(pl.col("energy_wh").sum()).collect().item() == made["energy_wh"].sum()
    assert visits.TABLE.scan().select(pl.col("energy_wh").sum()).collect().item() == made["energy_wh"].sum()
