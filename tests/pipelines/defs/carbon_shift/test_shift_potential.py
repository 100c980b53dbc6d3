# ruff: noqa: E501 - rows written out
"""The mart `shift_potential`: only where a marginal series was imported, kept where nothing changed, within its bounds."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.defs.carbon_shift.assets import SHIFT_POTENTIAL, shift_rows
from pipelines.defs.checks import judge
from pipelines.defs.importing.__main__ import main
from pipelines.defs.steps import Sources
from pipelines.marts import sessions as sessions_mart
from pipelines.marts import shift_potential
from pipelines.resources.lake import Lake
from pipelines.resources.store import TelemetryStore

pytestmark = pytest.mark.req("ESG-01", "ESG-05")
START = datetime(2024, 5, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path / "home"))


@pytest.fixture
def sources() -> Sources:
    return Sources(Lake(), TelemetryStore())


def import_series(tmp_path: Path, days: int, region: str = "US-CA", tenant: str = "ampere") -> None:
    """Clean by night, dirty by day; hourly."""
    rows = ["time,region,marginal gCO2/kWh"]
    rows += [
        f"{START + timedelta(hours=h):%Y-%m-%dT%H:%MZ},{region},{100 if h % 24 < 6 else 500}" for h in range(24 * days)
    ]
    path = tmp_path / f"{days}.csv.gz"
    path.write_bytes(gzip.compress("\n".join(rows).encode(), mtime=0))
    assert main(["carbon", str(path), "--tenant", tenant, "--json"]) == 0


def publish(*ends: tuple[str, str, int]) -> None:
    """(tenant, country, day): one session of 12 kWh in the evening, six hours, on a charger that gave 12 kW once."""
    rows = []
    for tenant, country, day in ends:
        for name, hour, hours in (("short", 12, 1), ("long", 20, 8)):
            began = START + timedelta(days=day, hours=hour)
            ended = began + timedelta(hours=hours)
            rows.append(
                dict.fromkeys(sessions_mart.TABLE.schema) | {
                    "tenant": tenant, "session": f"{tenant}{country}{day}{name}", "source": "imported", "charger": "C1", "site": "Depot",
                    "country": country, "started_at": began, "ended_at": ended, "local_day": ended.date(), "day": ended.date(),
                    "duration_s": hours * 3600, "energy_wh": 12_000,
                }
            )  # fmt: skip
    frame = pl.DataFrame(rows, schema=sessions_mart.TABLE.schema)
    Lake().replace_days(sessions_mart.TABLE, frame, date(2024, 5, 1), date(2024, 5, 31))


def made(sources: Sources) -> pl.DataFrame:
    rows = shift_rows(sources, NOW)
    assert all(result.passed for result in judge("shift_potential", rows, SHIFT_POTENTIAL.rules))
    sources.lake.replace_all(shift_potential.TABLE, rows)
    return rows


def test_nothing_without_a_marginal_series(sources: Sources) -> None:
    publish(("ampere", "US", 1))
    assert made(sources).is_empty()


def test_a_site_is_judged_by_the_series_of_its_country_and_tenant(sources: Sources, tmp_path: Path) -> None:
    import_series(tmp_path, 10)
    publish(("ampere", "US", 1), ("ampere", "DE", 1), ("barq", "US", 1))
    rows = made(sources)
    assert rows["tenant"].unique().to_list() == ["ampere"]
    found = shift_potential.totals(tenant="ampere", by=("site", "region"))
    # The short session of 12 kWh in an hour cannot move; the long one takes all its energy after midnight.
    kwh, dirty, clean = 12_000, 500_000, 100_000
    assert found.row(0, named=True) == {
        "site": "Depot", "region": "US-CA", "sessions": 2, "aside": 0, "energy_wh": 2 * kwh, "none_ug": 2 * kwh * dirty,
        "forecast_ug": kwh * (dirty + clean), "perfect_ug": kwh * (dirty + clean),
    }  # fmt: skip
    assert shift_potential.read(tenant="barq").is_empty()
    assert shift_potential.read(tenant="ampere", organisations=()).is_empty()


def test_only_days_that_changed_are_reckoned_again(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_series(tmp_path, 20)
    publish(("ampere", "US", 1), ("ampere", "US", 15))
    first = made(sources)
    reckoned: list[int] = []
    from pipelines.defs.carbon_shift import assets

    whole = assets.carbon_shift.shifted
    monkeypatch.setattr(
        assets.carbon_shift, "shifted", lambda stays, signal: (reckoned.append(stays.height), whole(stays, signal))[1]
    )
    assert made(sources).equals(first)
    assert reckoned == []
    publish(("ampere", "US", 1), ("ampere", "US", 15), ("ampere", "US", 16))
    again = made(sources)
    # The new session of day 16 and that of day 15 that ends on day 16.
    assert (sum(reckoned), first.height, again.height) == (3, 4, 5)


def test_two_grids_of_one_country_are_nobodys_guess(sources: Sources, tmp_path: Path) -> None:
    import_series(tmp_path, 10)
    import_series(tmp_path, 11, region="US-TX")
    publish(("ampere", "US", 1))
    assert made(sources).is_empty()
