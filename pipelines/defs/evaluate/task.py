"""What an evaluation is, and what it answers."""

import argparse
from dataclasses import dataclass, field
from typing import Protocol

METRICS = ("average_precision", "roc_auc", "brier", "f1", "rmse", "mae", "smape", "coverage")


class BadInput(ValueError):
    """The file cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Scored:
    """A model, or a baseline, with its figures by the names of METRICS (and others, where a task needs them)."""

    name: str
    metrics: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """`rows`: how many were judged; `split`: how learning and judging were kept apart; `shipped`: whose name wins."""

    task: str
    rows: int
    split: dict[str, object]
    model: Scored
    baselines: list[Scored]
    shipped: str
    more: dict[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The printed object."""
        said = {
            "task": self.task, "rows": self.rows, "split": self.split, "model": _flat(self.model),
            "baselines": [_flat(one) for one in self.baselines], "shipped": self.shipped,
        }  # fmt: skip
        return said | self.more


class Task(Protocol):
    """A module of this folder: its arguments, and the evaluation. `run` raises BadInput."""

    NAME: str
    SAYS: str

    def register(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, arguments: argparse.Namespace) -> Evaluation: ...


def _flat(one: Scored) -> dict[str, object]:
    return {"name": one.name, **one.metrics}
