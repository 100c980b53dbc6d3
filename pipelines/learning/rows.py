"""What models learn from: a matrix with named columns, what came of each row, and when and of whom it was."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.learning.metrics import Codes, Floats, Truths


@dataclass(frozen=True)
class Rows:
    """`x` is (rows, columns) in the order of `names`; `time` a day number; `unit` a code of the charger.

    `ahead`: days until what is foretold begins, not a number where it never does; for lead times only.
    """

    names: tuple[str, ...]
    x: Floats
    truth: Truths
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
            self.names, self.x[chosen], self.truth[chosen], self.time[chosen], self.unit[chosen], self.ahead[chosen]
        )

    def columns(self, names: tuple[str, ...]) -> Floats:
        return self.x[:, [self.names.index(name) for name in names]]
