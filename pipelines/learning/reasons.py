"""Why a charger is at risk: which part of its history, put back to what is usual, would lower its odds the most."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipelines.learning.metrics import Floats
from pipelines.learning.models import Fitted
from pipelines.learning.rows import Rows
from pipelines.transforms import unit_features as features
from pipelines.transforms.silence import last
from pipelines.transforms.usage import Grid

MOST = 3
# Log odds below which a part is no reason worth naming.
_WORTH = 0.1


@dataclass(frozen=True)
class Kind:
    """A reason: the columns that speak of it, and the number that a person is told, where that is below `below`."""

    code: str
    columns: tuple[str, ...]
    value: Callable[[Grid], Floats]
    below: float = np.inf


KINDS = (
    Kind("little_use", ("use", "chance", "chance_lately"), features.per_day),
    Kind("falling_use", ("week",), lambda g: 100 * features.ratio_of_week(g), below=100),
    Kind("empty_days", ("empty", "gaps_2", "gaps_3"), features.empty_in),
    Kind("long_gap", ("gap",), features.longest_gap),
    Kind("silent_before", ("silent_quarter", "silent_year"), lambda g: features.times_silent(g, features.YEAR)),
    Kind("short_sessions", ("short",), lambda g: 100 * features.short_share(g)),
    Kind("uneven_use", ("uneven",), features.spread),
    Kind(
        "trouble", ("trouble_hour", "trouble_day", "trouble_week", "trouble_month"),
        lambda g: last(g.values["trouble"], features.MONTH),
    ),
    Kind("lost_messages", ("lost_week",), lambda g: last(g.values["lost"], features.WEEK)),
)  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """`weight`: by how much the log odds rise over the usual."""

    code: str
    value: float
    weight: float


def of_rows(model: Fitted, rows: Rows, usual: Floats, grid: Grid, day: int) -> list[list[Reason]]:
    """Up to MOST reasons for each row, the strongest first. `usual`: a value per column; `day`: index in the grid."""
    put_back = [_put_back(rows, usual, kind.columns) for kind in KINDS]
    # All at once: trees take as long for ten rows as for a hundred.
    base, *scores = np.split(model.score(_stacked([rows, *put_back])), len(KINDS) + 1)
    weights = [base - score for score in scores]
    values = [kind.value(grid)[rows.unit, day] for kind in KINDS]
    found = list(zip(KINDS, values, weights, strict=True))
    return [
        _strongest([Reason(k.code, float(v[i]), float(w[i])) for k, v, w in found if v[i] < k.below])
        for i in range(rows.height)
    ]


def _strongest(found: list[Reason]) -> list[Reason]:
    worth = [reason for reason in found if reason.weight > _WORTH]
    return sorted(worth, key=lambda reason: -reason.weight)[:MOST]


def _stacked(parts: list[Rows]) -> Rows:
    columns = ("x", "truth", "wide", "time", "unit", "ahead")
    return Rows(parts[0].names, *(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def _put_back(rows: Rows, usual: Floats, columns: tuple[str, ...]) -> Rows:
    at = [place for place, name in enumerate(rows.names) if name in columns]
    x = rows.x.copy()
    x[:, at] = usual[at]
    return replace(rows, x=x)


def usual_of(rows: Rows) -> Floats:
    """The middle value of each column."""
    return np.asarray(np.median(rows.x, axis=0))
