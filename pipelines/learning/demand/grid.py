"""A table time × stations on a regular clock."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
DAY_S = 86_400


class TooShort(ValueError):
    """Too few rows to learn anything; the message says how many are needed."""


@dataclass(frozen=True)
class Grid:
    """`values[time, station]`, not a number where nothing is known. Row 0 begins `start_s` seconds after 1970.

    `start_s` is in the clock of the stations (local where the file was local). `step_s`: seconds between rows.
    """

    values: Cells
    stations: tuple[str, ...]
    start_s: int
    step_s: int

    @property
    def rows(self) -> int:
        return int(self.values.shape[0])

    @cached_property
    def per_day(self) -> int:
        """Steps of a day, at least one."""
        return max(1, round(DAY_S / self.step_s))

    @property
    def per_week(self) -> int:
        return max(1, round(7 * DAY_S / self.step_s))

    @cached_property
    def filled(self) -> Cells:
        """The last value known at each time; the first one known before that, 0 for a station without any."""
        known = ~np.isnan(self.values)
        place = np.where(known, np.arange(self.rows)[:, None], -1)
        last = np.maximum.accumulate(place, axis=0)
        first = np.where(known.any(axis=0), known.argmax(axis=0), 0)
        found = np.take_along_axis(self.values, np.where(last < 0, first[None, :], last), axis=0)
        return np.nan_to_num(found, nan=0.0)

    def slot(self, at: Index) -> Index:
        """Step of the day at the rows `at`; rows beyond the table are times to come."""
        return ((self.start_s + at * self.step_s) % DAY_S) // max(1, min(self.step_s, DAY_S))

    def hour(self, at: Index) -> Index:
        return ((self.start_s + at * self.step_s) % DAY_S) // 3600

    def weekday(self, at: Index) -> Index:
        """0 is Monday (1 January 1970 was a Thursday)."""
        return ((self.start_s + at * self.step_s) // DAY_S + 3) % 7

    def back(self, steps: int, horizon: int) -> int:
        """The least multiple of `steps` that is known `horizon` before its time."""
        return -(-horizon // steps) * steps


def at_rows(cells: Cells, rows: Index) -> Cells:
    """Rows of a table by number, those before its first as not a number."""
    found: Cells = cells[np.clip(rows, 0, cells.shape[0] - 1)]
    if (rows < 0).any():
        found = found.copy()
        found[rows < 0] = np.nan
    return found
