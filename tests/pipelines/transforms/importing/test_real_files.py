"""Real public files: slices of them always, the whole ones where they lie beside the repository."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.pipelines.transforms.importing.reading import numbers, read

SLICES = Path(__file__).resolve().parents[3] / "fixtures" / "sessions"
WHOLE = Path(__file__).resolve().parents[5] / "shared" / "data" / "sessions"
# file: (zone, read rows, read Wh, imported rows, repaired by kind, set aside by reason)
FACTS = {
    "perth.csv": (
        "Europe/London",
        169,
        488_099,
        158,
        {"swapped_day_and_month": 55},
        {"missing_end": 2, "negative_energy": 1, "over_48_hours": 5, "duplicate_start": 3},
    ),
    "acn.csv": ("America/Los_Angeles", 60, 449_489, 59, {}, {"over_48_hours": 1}),
    "workplace.csv": ("America/New_York", 50, 271_360, 49, {"year_written_00xx": 50}, {"over_48_hours": 1}),
    "pk_2016-17.csv": (
        "Europe/London",
        13_676,
        139_121_132,
        13_578,
        {"swapped_day_and_month": 4866},
        {"missing_end": 37, "end_before_start": 1, "over_48_hours": 43, "duplicate_start": 17},
    ),
    "pk_2017-18.csv": (
        "Europe/London",
        20_277,
        221_808_974,
        20_171,
        {"swapped_day_and_month": 7265},
        {"missing_end": 43, "negative_energy": 1, "over_48_hours": 42, "duplicate_start": 20},
    ),
    "caltech_2019-05-01_2019-08-31.csv": ("America/Los_Angeles", 3527, 29_532_772, 3519, {}, {"over_48_hours": 8}),
    "jpl_2019-05-01_2019-08-31.csv": ("America/Los_Angeles", 6026, 86_060_442, 6026, {}, {}),
    "workplace_2014-15.csv": (
        "America/New_York",
        3395,
        19_723_690,
        3394,
        {"year_written_00xx": 3395},
        {"over_48_hours": 1},
    ),
}
THERE = [path for name in FACTS for path in (SLICES / name, WHOLE / name) if path.exists()]
# Rows with a changed clock hour are counted besides; they depend on the zone only.
CLOCK = {"ambiguous_local_time", "nonexistent_local_time"}


@pytest.mark.req("ANA-01")
@pytest.mark.parametrize("path", THERE, ids=lambda p: p.name)
def test_the_figures(path: Path) -> None:
    zone, rows, energy, imported, repaired, aside = FACTS[path.name]
    found = numbers(read(path.read_bytes(), zone))
    assert (found["read"]["rows"], found["read"]["energy_wh"], found["imported"]["rows"]) == (rows, energy, imported)
    assert {k: n for k, n in found["repaired"]["by_kind"].items() if k not in CLOCK} == repaired
    assert found["set_aside"]["by_reason"] == aside


@pytest.mark.parametrize("path", [p for p in THERE if p.name.startswith(("perth", "pk_"))], ids=lambda p: p.name)
def test_perth_lies_inside_its_year_after_the_repair(path: Path) -> None:
    judged = read(path.read_bytes(), "UTC").judged
    year = 2016 if "2016" in path.name else 2017
    inside = pl.col("start_utc").is_between(
        datetime(year, 9, 1, tzinfo=UTC), datetime(year + 1, 9, 1, tzinfo=UTC), closed="left"
    )
    assert judged.select(inside.all()).item()


def test_driver_names_and_prices_of_the_workplace_slice() -> None:
    judged = read((SLICES / "workplace.csv").read_bytes(), "America/New_York").judged
    assert judged["driver"].str.starts_with("hidden ").all()
    assert judged["currency"].unique().to_list() == ["USD"]
    assert judged["cost_minor"].null_count() == 0
