"""What was worked out of a single day of a table: at hand for the pieces that follow, which look back at it."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from threading import Lock

import polars as pl

from pipelines.marts._table import Table
from pipelines.resources.lake import Lake

Make = Callable[[pl.LazyFrame], pl.DataFrame]
# A piece looks back three days and ahead one; what is larger than a little is worked out again each time.
_KEPT, _LARGEST = 16, 8 << 20
_LOCK = Lock()
_MADE: OrderedDict[object, pl.DataFrame] = OrderedDict()


class Day:
    """A day of the version that the table had when this was made. A version never changes, so neither does what a
    plain function makes of its rows."""

    def __init__(self, lake: Lake, table: Table, day: date) -> None:
        self._lake, self._table, self._day = lake, table, day
        self._seen = table.snapshot()

    def made_by(self, make: Make) -> pl.DataFrame:
        """What `make` makes of the rows of the day."""
        with _LOCK:
            made = _MADE.get(self._key(make))
        if made is None:
            made = make(self._lake.days(self._table, self._day, self._day))
            self.keep(make, made)
        return made

    def keep(self, make: Make, made: pl.DataFrame) -> None:
        """Says what `make` would, for whoever has just worked it out of rows that were read after `self` was made."""
        if self._seen is None or made.estimated_size() > _LARGEST:
            return
        with _LOCK:
            _MADE[self._key(make)] = made
            while len(_MADE) > _KEPT:
                _MADE.popitem(last=False)

    def _key(self, make: Make) -> object:
        return make, self._seen, self._day, self._lake.tenants
