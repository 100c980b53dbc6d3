"""What models learn from: a matrix with named columns, what came of each row, and when and of whom it was."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.learning.metrics import Codes, Floats, Truths


@dataclass(frozen=True)
class Rows:
    """`x` is (rows, columns) in the order of `names`; `time` a day number; `unit` a code of the charger.

    `wide`: whether it comes within a few days more than `truth` asks for: models learn from this one, which has more
    positives of the same kind, and are calibrated and judged by `truth`. `ahead`: days until what is foretold begins,
    not a number where it never does; for lead times only.
    """

    names: tuple[str, ...]
    x: Floats
    truth: Truths
    wide: Truths
    time: Codes
    unit: Codes
    ahead: Floats

    @property
    def height(self) -> int:
        return int(self.truth.size)

    @property
    def positives(self) -> int:
        return int(self.truth.sum())

    def at(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        """Only these rows."""
        return Rows(
            self.names, self.x[chosen], self.truth[chosen], self.wide[chosen], self.time[chosen], self.unit[chosen],
            self.ahead[chosen],
        )  # fmt: skip

    def columns(self, names: tuple[str, ...]) -> Floats:
        return self.x[:, [self.names.index(name) for name in names]]
