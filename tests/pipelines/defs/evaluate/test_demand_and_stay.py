"""`wattlane evaluate demand` and `stay`, as a person calls them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.defs.evaluate.__main__ import main
from pipelines.learning.stay import Known, names_of
from pipelines.transforms.pricing.stays import stays

START = datetime.fromisoformat("2022-09-05T00:00:00")
REAL = Path(__file__).resolve().parents[5] / "shared" / "data" / "sessions"
PARTS = ("model", "baselines", "shipped", "split", "rows", "task")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(list(words)) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert all(part in found for part in PARTS)
    return found


def table(folder: Path) -> str:
    random, t = np.random.default_rng(1), np.arange(24 * 7 * 9)
    base = 20 + 10 * np.sin(2 * np.pi * t / 24) + 6 * ((t // 24) % 7 >= 5)
    level = np.zeros((t.size, 8))
    for at in range(1, t.size):
        level[at] = 0.9 * level[at - 1] + random.normal(size=8)
    cells = np.round(np.maximum(base[:, None] + 2 * level, 0))
    columns = {f"Z{n}": cells[:, n] for n in range(8)}
    path = folder / "occupancy.csv"
    pl.DataFrame({"time": [START + timedelta(hours=int(n)) for n in t], **columns}).write_csv(path)
    return str(path)


def sessions(folder: Path, name: str, first: int, days: int) -> str:
    """Workplace sessions: drivers who stay as they do, and declare carelessly; the ACN layout."""
    random, rows = np.random.default_rng(first), []
    for day in range(first, first + days):
        for driver in range(12):
            arrival = START + timedelta(days=day, hours=7 + driver % 4, minutes=int(random.integers(0, 50)))
            stay, kwh = 120 + 40 * driver + random.normal() * 15, 4 + 2 * driver + random.normal()
            rows.append((f"{arrival}-07:00", f"{arrival + timedelta(minutes=stay)}-07:00", 4.0 + 2.5 * driver, kwh,
                         f"CA-{day % 12}-{driver}", f"{name}-{day}-{driver}",
                         f"{arrival + timedelta(minutes=60 + random.uniform(0, 500))}-07:00", driver != 3))  # fmt: skip
    names = ("arrival", "departure", "requested_energy (kWh)", "delivered_energy (kWh)", "station_id", "session_id",
             "estimated_departure", "claimed")  # fmt: skip
    path = folder / f"{name}.csv"
    pl.DataFrame(rows, schema=list(names), orient="row").write_csv(path)
    return str(path)


@pytest.mark.slow
@pytest.mark.req("ANA-05")
def test_demand_beats_the_naive_ones_and_says_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "demand", table(tmp_path), "--horizon", "3")
    assert [one["name"] for one in found["baselines"]] == ["last value", "same hour yesterday", "same hour last week"]
    assert found["shipped"] == found["model"]["name"]
    assert all(found["model"]["rmse"] < one["rmse"] for one in found["baselines"])
    assert 0.85 <= found["model"]["coverage"] <= 0.95 and found["model"]["mae"] > 0
    assert all(0 < one["smape"] < 20 for one in (found["model"], *found["baselines"]))
    assert found["split"]["horizon_steps"] == 3 and found["rows"] == 8 * found["split"]["test_times"]


@pytest.mark.slow
@pytest.mark.req("ANA-05")
def test_stay_beats_the_declaration_for_both_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = sessions(tmp_path, "train", 0, 60), sessions(tmp_path, "test", 60, 20)
    found = said(capsys, "stay", "--train", train, "--test", test)
    for target in ("departure", "energy"):
        ours = found["model"][target]
        assert all(0 < ours["smape"] < one[target]["smape"] < 100 for one in found["baselines"])
        assert 0.82 <= ours["coverage"] <= 0.97
    assert found["model"]["mae"] == found["model"]["departure"]["mae"] and found["rows"] == 240
    assert found["split"]["test_sessions_without_declaration"] == 20


@pytest.mark.slow
@pytest.mark.req("ANA-05")
@pytest.mark.parametrize("real", [REAL / "jpl_2019-05-01_2019-08-31.csv"] if REAL.is_dir() else [])
def test_stay_of_a_real_workplace(real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = pl.read_csv(real, infer_schema=False)
    rows[:4500].write_csv(tmp_path / "a.csv")
    rows[4500:].write_csv(tmp_path / "b.csv")
    found = said(capsys, "stay", "--train", str(tmp_path / "a.csv"), "--test", str(tmp_path / "b.csv"))
    assert found["model"]["departure"]["smape"] < 12.5 and found["model"]["energy"]["smape"] < 16
    assert all(12 < one["departure"]["smape"] < 30 for one in found["baselines"])


@pytest.mark.req("ANA-05")
@pytest.mark.parametrize(
    ("declared", "driver", "names"),
    [
        ([60.0, 90.0], [0, 1], ["declared by the driver", "the driver's mean"]),
        ([60.0, None], [0, -1], ["declared by the driver, else median of all", "the driver's mean, else mean of all"]),
        ([None, None], [-1, -1], ["median of all (nobody said anything)", "mean of all (no driver is known)"]),
    ],
)
def test_baselines_are_named_for_what_they_are(
    declared: list[float | None], driver: list[int], names: list[str]
) -> None:
    one = np.ones(2)
    known = Known(one[:, None], one, np.array(declared, dtype=np.float64), np.array(driver), 1.0, 0, 0)
    assert list(names_of(known, np.arange(2)).values()) == names


@pytest.mark.slow
@pytest.mark.req("ANA-05")
def test_sessions_that_nobody_claimed_have_no_declared_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, first, days in (("train", 0, 20), ("test", 20, 8)):
        path = sessions(tmp_path, name, first, days)
        asked = ["requested_energy (kWh)", "estimated_departure"]
        pl.read_csv(path, infer_schema=False).with_columns(
            pl.lit(None, pl.String).alias(column) for column in asked
        ).with_columns(claimed=pl.lit("False")).write_csv(path)
        files.append(path)
    found = said(capsys, "stay", "--train", files[0], "--test", files[1])
    names = [one["name"] for one in found["baselines"]]
    assert not any("declared" in name for name in names) and names[0] == "median of all (nobody said anything)"
    assert len(set(names)) == len(names)


@pytest.mark.slow
@pytest.mark.req("ANA-05")
def test_a_table_of_dates_and_hours_is_forecast_as_one_of_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = said(capsys, "demand", table(tmp_path), "--horizon", "3")
    rows = pl.read_csv(tmp_path / "occupancy.csv", infer_schema=False)
    parts = tmp_path / "parts.csv"
    at = pl.col("time").str.slice
    rows.select(at(0, 10).alias("date"), at(11, 2).alias("hour"), *rows.columns[1:]).write_csv(parts)
    found = said(capsys, "demand", str(parts), "--horizon", "3")
    assert found["model"] == whole["model"] and found["split"] == whole["split"]
    assert "times read from date and hour together (hours 0 to 23)" in found["notes"]


@pytest.mark.req("ANA-05")
def test_what_cannot_be_used_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = tmp_path / "short.csv"
    short.write_text("time,a\n2022-01-01 00:00,1\n2022-01-01 01:00,2\n2022-01-01 02:00,2\n")
    few = sessions(tmp_path, "few", 0, 3)
    wrong = (
        (["demand", str(short), "--horizon", "1"], "times are too few"),
        (["demand", str(short), "--horizon", "0"], "at least 1"),
        (["demand", str(tmp_path / "none.csv"), "--horizon", "1"], "No such file"),
        (["stay", "--train", few, "--test", few], "at least 100 are needed"),
        (["stay", "--train", str(short), "--test", few], "short.csv"),
        (["stay", "--train", few, "--test", few, "--timezone", "Mars"], "unknown time zone"),
    )
    for words, why in wrong:
        assert main(words) == 2
        assert why in capsys.readouterr().err


@pytest.mark.req("ANA-05")
def test_only_what_had_ended_before_arrival_is_known() -> None:
    """What comes after a session's arrival changes none of its features; a session of both parts is tested only."""
    names = ["start_utc", "end_utc", "energy_wh", "charger", "driver", "requested_wh", "requested_departure_utc"]
    rows = [
        (START + timedelta(hours=5 * n), START + timedelta(hours=5 * n + 4 + n % 3), 1000 * n, f"c{n % 2}", f"d{n % 3}",
         5000, START + timedelta(hours=5 * n + 3))
        for n in range(20)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("start_utc", "end_utc", "requested_departure_utc").dt.replace_time_zone("UTC").dt.cast_time_unit("ms")
    )
    before = stays(frame[:12], frame[10:], "UTC")
    changed = frame.with_columns(
        energy_wh=pl.when(pl.int_range(pl.len()) >= 15).then(99_000).otherwise("energy_wh"),
        end_utc=pl.when(pl.int_range(pl.len()) >= 15)
        .then(pl.col("end_utc") + pl.duration(hours=9))
        .otherwise("end_utc"),
    )
    after = stays(changed[:12], changed[10:], "UTC")
    np.testing.assert_array_equal(before.x[:16], after.x[:16])
    assert int((~before.test).sum()) == 10 and int(before.test.sum()) == 10
    assert before.x[15, before.names.index("driver n")] == 5
