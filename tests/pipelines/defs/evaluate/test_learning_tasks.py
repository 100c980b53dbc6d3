"""`wattlane evaluate silent | failures | rul`: what is printed, how learning and judging are kept apart, bad files."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.defs.evaluate.__main__ import main
from pipelines.learning import failures, models, rul
from tests.pipelines import networks

pytestmark = pytest.mark.req("MNT-02")
DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
Answer = dict[str, Any]
Ask = Callable[..., Answer]


@pytest.fixture(autouse=True)
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few trees, except where real data is judged."""
    if "real" not in request.node.name:
        for name, value in (("SEEDS", 1), ("TREES", 20), ("FOLDS", 2)):
            monkeypatch.setattr(models, name, value)
        monkeypatch.setattr(failures, "TREES", 10)
        monkeypatch.setattr(failures, "SEEDS", 1)
        monkeypatch.setattr(rul, "TREES", 30)
        monkeypatch.setattr(rul, "SEEDS", 1)


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*arguments: object, refused: bool = False) -> Answer:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert code == (2 if refused else 0), said.err
        return {"error": said.err} if refused else json.loads(said.out)  # type: ignore[no-any-return]

    return run


TABLE = networks.counts(12, 330)


def write(path: Path, first: int, last: int, units: slice = slice(None)) -> Path:
    """Sessions of the days first..last of the story as a file of its own layout."""
    end = networks.END - timedelta(days=330 - last)
    rows = networks.sessions(TABLE[units, first:last], end)
    written = rows.select(
        pl.col("unit").alias("Station ID"), pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M:%S").alias("Start"),
        pl.col("ended_at").dt.strftime("%Y-%m-%d %H:%M:%S").alias("End"), (pl.col("energy_wh") / 1000).alias("kWh"),
    )  # fmt: skip
    written.write_csv(path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    spans = {"one": (0, 120), "two": (120, 230), "test": (230, 330), "overlap": (200, 330)}
    return {name: write(tmp_path / f"{name}.csv", *span) for name, span in spans.items()}


def test_silent_prints_the_object_and_learns_only_from_what_ends_two_weeks_before(
    ask: Ask, files: dict[str, Path]
) -> None:
    found = ask("silent", "--train", files["one"], files["two"], "--test", files["test"])
    assert {"task", "rows", "split", "model", "baselines", "shipped"} <= found.keys()
    split = found["split"]
    assert found["task"] == "silent" and found["rows"] == split["test"]["rows"] > 0
    assert split["train"]["last"] < "2025-11-16" and split["test"]["first"] == "2025-11-30"
    assert split["test"]["last"] == "2026-02-25"  # 12 days before the end: what comes after those is not in the data
    assert [one["name"] for one in found["baselines"]] == ["rule", "logistic"]
    for one in (found["model"], *found["baselines"]):
        assert {"average_precision", "roc_auc", "brier"} <= one.keys() and "accuracy" not in one
    best = max((found["model"], *found["baselines"]), key=lambda one: one["average_precision"])
    assert found["shipped"] == best["name"]


@pytest.mark.slow
def test_silent_does_not_mind_the_order_of_the_train_files(ask: Ask, files: dict[str, Path]) -> None:
    forth = ask("silent", "--train", files["one"], files["two"], "--test", files["test"])
    back = ask("silent", "--train", files["two"], files["one"], "--test", files["test"])
    assert forth == back


def test_silent_learns_nothing_from_the_time_of_the_test_however_the_files_overlap(
    ask: Ask, files: dict[str, Path]
) -> None:
    plain = ask("silent", "--train", files["one"], files["two"], "--test", files["test"])
    overlapping = ask("silent", "--train", files["one"], files["two"], files["overlap"], "--test", files["test"])
    assert plain == overlapping


@pytest.mark.slow
def test_silent_judges_chargers_that_only_the_test_knows(ask: Ask, files: dict[str, Path], tmp_path: Path) -> None:
    some = [write(tmp_path / f"{name}.csv", *span, slice(0, 9)) for name, span in (("a", (0, 120)), ("b", (120, 230)))]
    found = ask("silent", "--train", *some, "--test", files["test"])
    assert found["split"]["only_in_test"] == 3
    assert found["split"]["test"]["chargers"] == 12 and found["split"]["train"]["chargers"] == 9


def test_silent_without_a_failure_to_judge_says_so(ask: Ask, files: dict[str, Path], tmp_path: Path) -> None:
    well = write(tmp_path / "well.csv", 230, 330, slice(1, 3))
    found = ask("silent", "--train", files["one"], files["two"], "--test", well)
    assert "No charger falls silent" in found["note"] and found["base_rate"] == 0
    assert found["model"].keys() == {"name", "brier"}


@pytest.mark.parametrize(
    ("train", "test", "why"),
    [
        (("test",), "one", "swapped"),
        (("one",), "short", "nothing to judge by"),
        (("well",), "test", "nothing to learn"),
        (("broken",), "test", "broken.csv"),
        (("missing",), "test", "missing.csv"),
    ],
)
def test_silent_says_what_is_missing(
    ask: Ask, files: dict[str, Path], tmp_path: Path, train: tuple[str, ...], test: str, why: str
) -> None:
    write(tmp_path / "short.csv", 322, 330)
    write(tmp_path / "well.csv", 0, 120, slice(1, 3))
    (tmp_path / "broken.csv").write_text("a poem\nabout nothing at all\n")
    paths = [tmp_path / f"{name}.csv" for name in train]
    assert why in ask("silent", "--train", *paths, "--test", tmp_path / f"{test}.csv", refused=True)["error"]


def test_silent_refuses_an_unknown_zone(ask: Ask, files: dict[str, Path]) -> None:
    said = ask("silent", "--train", files["one"], "--test", files["test"], "--timezone", "Mars/Base", refused=True)
    assert "no time zone" in said["error"]


def machines(count: int = 400, **renamed: str) -> pl.DataFrame:
    """A machine fails when torque × wear is high; TWF tells it away."""
    rng = np.random.default_rng(1)
    torque, wear = rng.normal(40, 10, count), rng.uniform(0, 250, count)
    failed = (torque * wear > np.quantile(torque * wear, 0.9)).astype(int)
    rows = pl.DataFrame({
        "UDI": np.arange(count), "Product ID": [f"L{n}" for n in range(count)],
        "Type": rng.choice(["L", "M", "H"], count),
        "Air temperature [K]": rng.normal(300, 2, count), "Process temperature [K]": rng.normal(310, 1, count),
        "Rotational speed [rpm]": rng.normal(1500, 100, count), "Torque [Nm]": torque, "Tool wear [min]": wear,
        "Machine failure": failed, "TWF": failed, "HDF": 0, "PWF": 0, "OSF": 0, "RNF": 0,
    })  # fmt: skip
    return rows.rename(renamed)


def test_failures_never_looks_at_parts_of_the_label(ask: Ask, tmp_path: Path) -> None:
    machines().write_csv(tmp_path / "m.csv")
    found = ask("failures", tmp_path / "m.csv")
    assert set(found["columns_not_used"]) == {"UDI", "Product ID", "TWF", "HDF", "PWF", "OSF", "RNF"}
    machines().with_columns(TWF=1 - pl.col("TWF"), UDI=pl.col("Machine failure")).write_csv(tmp_path / "n.csv")
    other = ask("failures", tmp_path / "n.csv")
    assert {k: v for k, v in other.items() if k != "columns_not_used"} == {
        k: v for k, v in found.items() if k != "columns_not_used"
    }
    assert {"f1", "average_precision", "roc_auc", "brier"} <= found["model"].keys()
    assert found["model"]["average_precision"] > found["baselines"][0]["average_precision"] > found["base_rate"]


@pytest.mark.slow
def test_failures_finds_columns_by_loose_names_and_reads_decimal_commas(ask: Ask, tmp_path: Path) -> None:
    names = {"Machine failure": "machine_failure", "Torque [Nm]": "torque_nm", "Tool wear [min]": "tool_wear",
             "Air temperature [K]": "air_temperature", "Rotational speed [rpm]": "speed_rpm"}  # fmt: skip
    machines().write_csv(tmp_path / "m.csv")
    machines(**names).write_csv(tmp_path / "n.csv", separator=";", decimal_comma=True)
    assert ask("failures", tmp_path / "m.csv")["model"] == ask("failures", tmp_path / "n.csv")["model"]


@pytest.mark.parametrize(("change", "why"), [("Torque [Nm]", "no column for torque"), ("few", "failures among")])
def test_failures_says_what_is_missing(ask: Ask, tmp_path: Path, change: str, why: str) -> None:
    rows = machines(20) if change == "few" else machines().drop(change)
    rows.write_csv(tmp_path / "m.csv")
    assert why in ask("failures", tmp_path / "m.csv", refused=True)["error"]


def engines(count: int, seed: int, cut: bool) -> tuple[np.ndarray, list[int]]:  # type: ignore[type-arg]
    """Engines whose sensors bend away as the end comes near; with `cut` only up to some cycle."""
    rng, rows, left = np.random.default_rng(seed), [], []
    for engine in range(1, count + 1):
        life = int(rng.integers(80, 160))
        last = int(rng.integers(40, life - 5)) if cut else life
        cycle = np.arange(1, last + 1)
        worn = np.exp((cycle - life) / 30)
        sensors = np.column_stack([worn * (s % 3 + 1) + rng.normal(0, 0.1, last) for s in range(21)])
        sensors[:, 4] = 518.67
        rows.append(np.column_stack([np.full(last, engine), cycle, np.zeros((last, 3)), sensors]))
        left.append(life - last)
    return np.vstack(rows), left


@pytest.fixture
def fleet(tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / f"{name}.txt" for name in ("train", "test", "truth")}
    np.savetxt(paths["train"], engines(12, 0, cut=False)[0], fmt="%.4f")
    rows, left = engines(8, 1, cut=True)
    np.savetxt(paths["test"], rows, fmt="%.4f")
    paths["truth"].write_text("".join(f"{n} \n" for n in left))
    return paths


def engines_left(ask: Ask, fleet: dict[str, Path], **more: bool) -> Answer:
    return ask("rul", *(word for name, path in fleet.items() for word in (f"--{name}", path)), **more)


def test_rul_judges_the_last_cycle_of_each_engine_against_the_capped_truth(ask: Ask, fleet: dict[str, Path]) -> None:
    found = engines_left(ask, fleet)
    assert found["rows"] == 8 and found["split"]["label_cap"] == 125
    assert {"rmse", "mae", "rmse_uncapped_truth"} <= found["model"].keys()
    assert found["model"]["rmse"] < 0.5 * found["baselines"][0]["rmse"]
    fleet["truth"].write_text("400\n" * 8)
    assert (
        engines_left(ask, fleet)["model"]["rmse_uncapped_truth"]
        > 270
        > 125
        >= engines_left(ask, fleet)["model"]["rmse"]
    )


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("truth", "1\n2\n", "2 numbers"),
        ("truth", "1 2\n" * 8, "one number a line"),
        ("test", "1 2 3\n", "26"),
        ("train", "1 x 3\n", "train.txt"),
        ("train", "1 1 " + "0 " * 24 + "\n", "at least 10"),
    ],
)
def test_rul_says_what_is_wrong(ask: Ask, fleet: dict[str, Path], name: str, text: str, why: str) -> None:
    fleet[name].write_text(text)
    assert why in engines_left(ask, fleet, refused=True)["error"]


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the public data is not on this machine")
def test_silent_beats_the_rule_on_real_chargers(ask: Ask) -> None:
    """Perth, learned on the first year, judged by the second."""
    train, test = DATA / "sessions" / "pk_2016-17.csv", DATA / "sessions" / "pk_2017-18.csv"
    found = ask("silent", "--train", train, "--test", test, "--timezone", "Europe/London")
    rule, model = found["baselines"][0], found["model"]
    assert model["roc_auc"] > 0.79 > rule["roc_auc"] and model["average_precision"] > 2 * rule["average_precision"]
    assert found["shipped"] == model["name"]


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the public data is not on this machine")
@pytest.mark.timeout(600)
def test_failures_reaches_the_reference_on_real_ai4i(ask: Ask) -> None:
    found = ask("failures", DATA / "maintenance" / "ai4i2020.csv")
    assert found["model"]["f1"] >= 0.89 and found["model"]["average_precision"] >= 0.90


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the public data is not on this machine")
def test_rul_reaches_the_reference_on_real_engines_that_were_held_out(ask: Ask, tmp_path: Path) -> None:
    """30 of the 100 engines of FD001, cut so that 7 to 145 cycles are left, at least 31 known, as in its test set."""
    rows, rng = np.loadtxt(DATA / "maintenance" / "cmapss_train_FD001.txt"), np.random.default_rng(1)
    held, known, left = rng.permutation(100)[:30] + 1, [], []
    for engine in sorted(held):
        mine = rows[rows[:, 0] == engine]
        left.append(int(rng.integers(7, min(145, len(mine) - 31) + 1)))
        known.append(mine[: -left[-1]])
    paths = {name: tmp_path / f"{name}.txt" for name in ("train", "test", "truth")}
    np.savetxt(paths["train"], rows[~np.isin(rows[:, 0], held)], fmt="%g")
    np.savetxt(paths["test"], np.vstack(known), fmt="%g")
    np.savetxt(paths["truth"], left, fmt="%d")
    assert engines_left(ask, paths)["model"]["rmse"] < 13
