"""Remaining useful life of engines, in the layout of NASA's C-MAPSS: 26 columns, separated by spaces."""

import argparse
from pathlib import Path

import numpy as np

from pipelines.defs.evaluate.task import BadInput, Evaluation, Scored
from pipelines.learning import rul
from pipelines.learning.metrics import Floats
from pipelines.learning.rul import Engine

NAME = "rul"
SAYS = "remaining cycles of engines (C-MAPSS layout)"
COLUMNS, FIRST_SENSOR = 26, 5
LEAST_ENGINES = 10


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--train", type=Path, required=True, metavar="FILE", help="engines up to their end")
    parser.add_argument("--test", type=Path, required=True, metavar="FILE", help="engines up to some cycle")
    parser.add_argument("--truth", type=Path, required=True, metavar="FILE", help="cycles left, one engine a line")


def run(arguments: argparse.Namespace) -> Evaluation:
    """BadInput when a file has another layout, or the truth another number of engines than the test."""
    train, test = _engines(arguments.train), _engines(arguments.test)
    truth = _truth(arguments.truth)
    if truth.size != len(test):
        raise BadInput(f"{arguments.truth.name} has {truth.size} numbers, {arguments.test.name} {len(test)} engines")
    if len(train) < LEAST_ENGINES:
        raise BadInput(f"{arguments.train.name} has {len(train)} engines: at least {LEAST_ENGINES} are needed")
    found = rul.compare(train, test, truth)
    *baselines, model = [Scored(name, figures) for name, figures in found.items()]
    split: dict[str, object] = {
        "by": "engine", "train_engines": len(train), "test_engines": len(test), "judged": "last cycle of each engine",
        "label_cap": rul.CAP, "rmse": "truth capped like the labels; rmse_uncapped_truth: truth as it is",
    }  # fmt: skip
    shipped = min(found, key=lambda name: found[name]["rmse"])
    return Evaluation(NAME, len(test), split, model, baselines, shipped, {"shipped_by": "rmse"})


def _engines(path: Path) -> list[Engine]:
    rows = _numbers(path)
    if rows.shape[1] != COLUMNS or not rows.size:
        raise BadInput(
            f"{path.name} has {rows.shape[1]} columns: C-MAPSS has {COLUMNS} (engine, cycle, 3 settings, 21)"
        )
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    names, first = np.unique(rows[:, 0], return_index=True)
    parts = np.split(rows[:, FIRST_SENSOR:], first[1:])
    return [Engine(int(name), part) for name, part in zip(names, parts, strict=True)]


def _truth(path: Path) -> Floats:
    rows = _numbers(path)
    if rows.shape[1] != 1:
        raise BadInput(f"{path.name} has {rows.shape[1]} columns: one number a line is needed")
    return rows[:, 0]


def _numbers(path: Path) -> Floats:
    try:
        rows = np.loadtxt(path, dtype=np.float64, ndmin=2)
    except ValueError as error:
        raise BadInput(f"{path.name}: {error}") from error
    if not rows.size or not np.isfinite(rows).all():
        raise BadInput(f"{path.name} is empty, or holds something that is no number")
    return rows
