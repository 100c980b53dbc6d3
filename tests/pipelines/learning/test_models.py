"""Calibration, models kept as bytes, reasons, drift, and the contest that says which model is shipped."""

from dataclasses import replace

import numpy as np
import pytest
from skops import io as skops_io

from pipelines.learning import calibration, contest, drift, keep, models, reasons, silent
from pipelines.learning.models import Fitted
from pipelines.learning.rows import Rows
from tests.pipelines import networks

pytestmark = pytest.mark.req("MNT-02")
GRID = networks.grid(networks.counts(12, 330))
ROWS = silent.rows_of(GRID)
NOW = silent.latest_rows(GRID, 28)
GAP = 14


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One seed and few trees: these tests are about what surrounds the trees."""
    monkeypatch.setattr(models, "SEEDS", 1)
    monkeypatch.setattr(models, "TREES", 20)
    monkeypatch.setattr(models, "FOLDS", 2)
    monkeypatch.setattr(contest, "GROUPS", 2)


def held(rows: Rows = ROWS, now: Rows = NOW) -> contest.Outcome:
    return contest.hold(rows, now, horizon=7, gap=GAP, capacity=3)


@pytest.mark.parametrize("count", [800, 20_000])
def test_a_calibrated_score_keeps_its_word(count: int) -> None:
    rng = np.random.default_rng(2)
    score = rng.normal(size=count)
    chance = 1 / (1 + np.exp(-(2 * score - 3)))
    line = calibration.fit(rng.uniform(size=count) < chance, score)
    assert line.kind == ("isotonic" if count > 5000 else "sigmoid")
    assert np.abs(line.probability(score) - chance).mean() < 0.02


def test_a_score_that_points_the_wrong_way_is_flattened_and_one_kind_gives_its_share() -> None:
    score = np.linspace(-1, 1, 200)
    wrong = calibration.fit(score < -0.5, score)
    assert (np.diff(wrong.probability(score)) > 0).all()
    assert calibration.fit(np.zeros(99, dtype=np.bool_), score[:99]).probability(score)[0] == pytest.approx(0.005)


@pytest.mark.parametrize("recipe", models.RECIPES, ids=lambda r: r.name)
def test_a_model_comes_back_from_its_bytes_with_the_version_of_its_data(recipe: models.Recipe) -> None:
    made = models.learn(recipe, ROWS, gap=GAP)
    back, version = keep.loads(keep.dumps(made, "2026-03-10-abc"))
    assert version == "2026-03-10-abc" and back.names == made.names
    assert np.array_equal(back.probability(ROWS), made.probability(ROWS))


def test_bytes_with_strange_types_are_refused() -> None:
    with pytest.raises(keep.NotOurs, match="test_models"):
        keep.loads(skops_io.dumps({"name": Odd()}))


class Odd:
    """Something that no model holds."""


def test_all_of_one_kind_teaches_nothing() -> None:
    with pytest.raises(ValueError, match="both kinds"):
        models.learn(models.LOGISTIC, ROWS.at(~ROWS.truth), gap=GAP)


def test_the_contest_holds_all_models_on_days_and_on_chargers_that_they_never_saw() -> None:
    found = held()
    assert [(e.model, e.split) for e in found.entries] == [
        (recipe.name, split) for split in ("time", "group") for recipe in models.RECIPES
    ]
    by_time = {e.model: e.figures for e in found.entries if e.split == "time"}
    assert found.shipped == max(by_time, key=lambda name: by_time[name]["average_precision"])
    assert found.model is not None and found.model.name == found.shipped and found.lacking == ""
    asked = {"average_precision", "roc_auc", "brier", "precision_at_capacity", "lead_time_days", "calibration_error"}
    assert all(asked <= figures.keys() and "accuracy" not in figures for figures in by_time.values())
    assert by_time["logistic"]["roc_auc"] > 0.6


def test_the_rule_is_shipped_where_it_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    noise = replace(ROWS, x=rng.normal(size=ROWS.x.shape))
    noise.x[:, ROWS.names.index("use")] = -(ROWS.truth + rng.normal(size=ROWS.height) / 4)
    monkeypatch.setattr(models, "LINEAR", ("week", "empty"))
    monkeypatch.setattr(models, "BOOSTED", ("gaps_2", "gaps_3"))
    only_noise = tuple(name for name in ROWS.names if name in {"use", "week", "empty", "gaps_2", "gaps_3"})
    assert held(contest.only(noise, only_noise), contest.only(NOW, only_noise)).shipped == "rule"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (ROWS.at(ROWS.time < 100), "days"),
        (ROWS.at(ROWS.unit < 2), "chargers"),
        (replace(ROWS, truth=np.zeros_like(ROWS.truth)), "failures"),
        (ROWS.at(ROWS.time < -1), "days"),
    ],
)
def test_with_too_little_history_there_is_no_model_and_no_figure(rows: Rows, why: str) -> None:
    found = held(rows)
    assert (found.lacking, found.shipped, found.model, found.entries) == (why, "rule", None, [])


def test_days_that_point_at_one_failure_are_one_event() -> None:
    assert contest.events(ROWS) == len({(u, t + a) for u, t, a in zip(
        ROWS.unit[ROWS.truth], ROWS.time[ROWS.truth], ROWS.ahead[ROWS.truth], strict=True)})  # fmt: skip
    assert contest.events(ROWS) < ROWS.positives


def test_when_failures_come_that_nobody_foretold_the_rule_takes_over() -> None:
    late = ROWS.time > ROWS.time.max() - contest.RECENT
    found = held(replace(ROWS, truth=ROWS.truth | late))
    assert found.drift.state == "broken" and found.shipped == "rule"
    assert found.model is not None and found.model.name == "rule"


def test_a_column_that_moved_is_watched() -> None:
    rng = np.random.default_rng(0)
    before, same, other = rng.normal(size=4000), rng.normal(size=4000), rng.normal(1.5, size=4000)
    assert drift.stability(before, same) < 0.02 < drift.MOVED < drift.stability(before, other)
    assert drift.Drift({"use": 0.4}, 0.5).state == "watch" and drift.Drift({"use": 0.1}, 0.5).state == "steady"
    assert drift.stability(before, before[:0]) == 0


def test_reasons_name_what_is_out_of_the_usual() -> None:
    names = ("use", "gap")
    usual = np.array([1.0, 0.0])
    rows = Rows(
        names, np.array([[1.0, 2.0], [1.0, 0.0]]), *(np.zeros(2, dtype=t) for t in (bool, bool, int, int, float))
    )
    model = Fitted("line", names, Sum(), calibration.fit(np.zeros(1, dtype=np.bool_), np.zeros(1)))
    odd, plain = reasons.of_rows(model, rows, usual, GRID, GRID.days - 1)
    assert [one.code for one in odd] == ["long_gap"] and odd[0].weight == 2 and plain == []


class Sum:
    def score(self, x: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return x.sum(axis=1)
