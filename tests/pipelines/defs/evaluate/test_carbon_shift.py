# ruff: noqa: E501 - rows written out
"""`wattlane evaluate carbon-shift`: equal energy three ways, bounds, and what cannot be judged is counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.defs.evaluate.__main__ import main

pytestmark = pytest.mark.req("FLT-03", "ESG-01")
START = datetime(2024, 5, 1, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[5] / "shared" / "data"


def grid(hour: float) -> float:
    return 0.10 if hour % 24 < 6 else 0.45


def series(path: Path, days: int = 3, forecasts: int = 36, **other: float) -> str:
    """As SGIP files: five minutes, kg/kWh, the next steps beside each row; `other` changes the value at a moment."""
    step = [START + timedelta(minutes=5 * i) for i in range(days * 288)]
    value = [other.get(f"at{i}", grid(i / 12)) for i in range(len(step) + forecasts)] if step else []
    head = ",".join(["time", "moer", *(f"f{k}" for k in range(1, forecasts + 1))])
    rows = [
        ",".join([f"{t:%Y-%m-%d %H:%M:%S}+00:00", *(f"{value[i + k]:.6f}" for k in range(forecasts + 1))])
        for i, t in enumerate(step)
    ]
    path.write_text("\n".join([head, *rows]) + "\n")
    return str(path)


def sessions(path: Path, *rows: tuple[float, float, float], head: str = "", more: tuple[str, ...] = ()) -> str:
    """(arrival and departure in hours after START, kWh) in the layout of ACN."""
    names = (
        head
        or "arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id,estimated_departure,claimed"
    )
    lines = [names]
    for i, (arrive, depart, kwh) in enumerate(rows):
        at, until = (f"{START + timedelta(hours=h):%Y-%m-%d %H:%M:%S}+00:00" for h in (arrive, depart))
        soon = f"{START + timedelta(hours=(arrive + depart) / 2):%Y-%m-%d %H:%M:%S}+00:00"
        tail = f",{more[i]}" if more else ""
        lines.append(f"{at},{until},{kwh},{kwh},CA-{i},s{i},{soon},True{tail}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    code = main(["carbon-shift", *arguments])
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else {}, err


def test_the_same_energy_three_ways_and_bounds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = sessions(
        tmp_path / "s.csv", (20, 32, 13.312), (1, 2, 3.0), (8, 8.5, 3.328), (71, 80, 5.0), (-4, 3, 5.0), (10, 12, 0)
    )
    code, said, _ = run(capsys, "--sessions", files, "--marginal", series(tmp_path / "m.csv"))
    none, best = (next(b for b in said["baselines"] if b["name"] == n) for n in ("none", "perfect_foresight"))
    assert (code, said["task"], said["rows"], said["shipped"]) == (0, "carbon-shift", 3, "forecast")
    assert said["model"]["energy_wh"] == none["energy_wh"] == best["energy_wh"] == 13_312 + 3_000 + 3_328
    assert none["saved_kg"] == none["saved_percent"] == 0
    assert none["saved_kg"] <= said["model"]["saved_kg"] <= best["saved_kg"]
    # Only the night session can move: 13.312 kWh from 0.45 to 0.10 kg/kWh.
    assert said["model"]["saved_kg"] == best["saved_kg"] == pytest.approx(13.312 * 0.35)
    assert none["emitted_ug"] == 13_312 * 450_000 + 3_000 * 100_000 + 3_328 * 450_000
    assert said["set_aside"] == {"no_energy": 1, "outside_series": 2}
    assert said["power"] == {"from": {"--power-kw": 3}, "default_kw": 6.656, "raised_to_fit_the_stay": 0}


def test_power_of_the_file_before_that_of_the_caller(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    head = "arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id,estimated_departure,claimed"
    marginal = series(tmp_path / "m.csv")
    files = sessions(tmp_path / "s.csv", (4, 8, 20.0), (4, 8, 20.0), head=head + ",Max power (kW)", more=("5", ""))
    _, said, _ = run(capsys, "--sessions", files, "--marginal", marginal, "--power-kw", "20")
    assert said["power"]["from"] == {"--power-kw": 1, "file": 1}
    # 5 kW need the whole stay and save nothing; 20 kW are done within the cheap hours either way.
    assert said["model"]["saved_kg"] == 0
    timed = sessions(tmp_path / "t.csv", (22, 28, 4.0), head=head + ",charging time (minutes)", more=("60",))
    _, said, _ = run(capsys, "--sessions", timed, "--marginal", marginal)
    assert said["power"]["from"] == {"charging time": 1}


@pytest.mark.slow
def test_the_departure_that_the_driver_asked_for_can_bind(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = sessions(tmp_path / "s.csv", (18, 26, 6.0))
    marginal = series(tmp_path / "m.csv")
    actual, requested = (
        run(capsys, "--sessions", files, "--marginal", marginal, "--departure", word)[1]["model"]["saved_kg"]
        for word in ("actual", "requested")
    )
    assert (actual, requested) == (pytest.approx(6 * 0.35), 0)


@pytest.mark.slow
def test_without_forecasts_the_days_before_are_the_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = sessions(tmp_path / "s.csv", (44, 56, 6.0))
    _, said, _ = run(capsys, "--sessions", files, "--marginal", series(tmp_path / "m.csv", forecasts=0))
    assert said["split"]["forecast_steps"] == 0
    assert said["model"]["saved_kg"] == pytest.approx(6 * 0.35)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sessions", "nowhere.csv", "--marginal", "M"], "no such file"), (["--sessions", "S", "--marginal", "S"], "carbon"),
        (["--sessions", "M", "--marginal", "M"], "M"), (["--sessions", "S", "--marginal", "M", "--power-kw", "0"], "--power-kw"),
        (["--sessions", "S", "--marginal", "M", "--timezone", "Mars"], "time zone"),
        (["--sessions", "FAR", "--marginal", "M"], "same time"),
    ],
)  # fmt: skip
def test_bad_input_says_what_to_do(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    files = {
        "S": sessions(tmp_path / "s.csv", (1, 2, 3.0)), "M": series(tmp_path / "M", days=1),
        "FAR": sessions(tmp_path / "far.csv", (1000, 1002, 3.0)),
    }  # fmt: skip
    code, said, err = run(capsys, *(files.get(a, a) for a in arguments))
    assert (code, said) == (2, {})
    assert says in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("site", "rows", "least"), [("caltech", 1853, 20), ("jpl", 3063, 18)] if SHARED.exists() else []
)
def test_real_workplaces(site: str, rows: int, least: float, capsys: pytest.CaptureFixture[str]) -> None:
    carbon = sorted(str(p) for p in (SHARED / "carbon").glob("SGIP*.gz"))
    file = str(SHARED / "sessions" / f"{site}_2019-05-01_2019-08-31.csv")
    _, said, _ = run(capsys, "--sessions", file, "--marginal", *carbon)
    best = said["baselines"][1]["saved_percent"]
    assert said["rows"] == rows
    assert least < said["model"]["saved_percent"] < best < 40
