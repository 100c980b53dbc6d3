"""Demand to come: what is forecast of imported sessions, and what is said where there is too little."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.defs.demand import forecast as making
from pipelines.defs.demand.assets import FORECAST
from pipelines.defs.demand.forecast import forecast_rows
from pipelines.defs.steps import Sources
from pipelines.learning.demand import Effort
from pipelines.marts import forecast
from pipelines.resources.lake import Lake
from pipelines.resources.tables import ENERGY_15MIN
from tests.pipelines import facts
from tests.pipelines.facts import Store

START = datetime(2019, 5, 6, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def quarters(tenant: str, weeks: int, chargers: int = 3) -> pl.DataFrame:
    """Working hours of a site in Los Angeles, busier on some days."""
    random = np.random.default_rng(1)
    rows = []
    for hour in range(weeks * 168):
        at = START + timedelta(hours=hour)
        local = (at.hour - 7) % 24
        for n in range(chargers):
            wh = int(5000 * (8 <= local < 17) * (at.weekday() < 5) * random.uniform(0.5, 1.5))
            rows.append({"tenant": tenant, "source": "imported", "charger": f"C{n}", "site": "Lot", "quarter": at,
                         "timezone": "America/Los_Angeles", "session": str(hour), "energy_wh": wh, "day": at.date(),
                         "month": f"{at:%Y-%m}"})  # fmt: skip
    return pl.DataFrame(rows, schema=ENERGY_15MIN.schema)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    monkeypatch.setattr(making, "EFFORT", Effort(pairs=1_500, trees=4))
    return Sources(Lake(), Store(facts.messages()))  # type: ignore[arg-type]


def fill(sources: Sources, *parts: pl.DataFrame) -> None:
    rows = pl.concat(parts).filter(pl.col("energy_wh") > 0)
    sources.lake.replace_all(ENERGY_15MIN, rows)


@pytest.mark.req("ANA-05")
def test_forecasts_of_imported_sessions_begin_where_the_file_ends(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "HORIZONS", (24,))
    fill(sources, quarters("ampere", 6), quarters("barq", 2))
    rows = forecast_rows(sources, NOW)
    sources.lake.replace_all(FORECAST.table, rows)
    assert all(rule.bad(rows).is_empty() for rule in FORECAST.rules)
    found = forecast.read(tenant="ampere", source="imported", level="charger", horizon_h=24, unit="C0")
    coming = found.filter(pl.col("actual_wh").is_null())
    last = pl.Series(quarters("ampere", 6).filter(pl.col("energy_wh") > 0)["quarter"]).max()
    assert coming.height == 24 and coming["at"][0] == last + timedelta(hours=1)  # type: ignore[operator]
    assert (coming["local"][0].hour - coming["at"][0].hour) % 24 == 17
    assert forecast.units(tenant="ampere", source="imported", level="area")["unit"].to_list() == ["Lot"]
    cards = forecast.cards(tenant="ampere")
    assert cards.filter(pl.col("level") == "charger")["shipped"].sum() == 1 and cards.height == 8
    assert forecast.cards(tenant="barq")["state"].unique().to_list() == ["too_little_history"]
    assert forecast.read(tenant="barq", source="imported", level="area", horizon_h=24).is_empty()


@pytest.mark.req("ANA-05")
def test_what_is_as_it_was_is_not_learned_again(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "HORIZONS", (24,))
    fill(sources, quarters("ampere", 5, chargers=1))
    before = forecast_rows(sources, NOW)
    sources.lake.replace_all(FORECAST.table, before)
    monkeypatch.setattr(making, "compete", None)
    assert forecast_rows(sources, NOW + timedelta(days=1)).sort("level", "at").equals(before.sort("level", "at"))
