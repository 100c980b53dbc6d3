"""The report card as rows of its mart."""

from collections.abc import Iterator
from typing import Any

from pipelines.defs.risk.facts import Network
from pipelines.learning.contest import Entry, Outcome

Row = dict[str, Any]


def rows_of(network: Network, horizon: int, found: Outcome, capacity: int) -> list[Row]:
    """One row per figure; where there is no model, one row that says what is lacking."""
    same = {
        "tenant": network.tenant, "source": network.source, "network": network.name, "horizon_days": horizon,
        "state": found.drift.state, "lacking": found.lacking, "capacity": capacity,
        "data_version": network.fingerprint, "as_of": network.as_of,
    }  # fmt: skip
    told = [row for entry in found.entries for row in _figures(entry, entry.model == found.shipped)]
    told += [_row(name, "drift", "stability", index) for name, index in found.drift.moved.items()]
    if found.entries:
        told.append(_row(found.shipped, "drift", "deviations", found.drift.off, shipped=True))
    else:
        told.append(_row(found.shipped, "none", "none", None, shipped=True))
    return [same | row for row in told]


def _figures(entry: Entry, shipped: bool) -> Iterator[Row]:
    counts = {"rows": float(entry.rows), "positives": float(entry.positives)}
    for name, value in (counts | entry.figures).items():
        yield _row(entry.model, entry.split, name, value, shipped=shipped)
    for place, one in enumerate(entry.curve):
        for name, value in (("curve_rows", float(one.rows)), ("curve_said", one.said), ("curve_came", one.came)):
            yield _row(entry.model, entry.split, name, value, shipped=shipped, place=place)


def _row(
    model: str, split: str, figure: str, value: float | None, *, shipped: bool = False, place: int | None = None
) -> Row:
    return {"model": model, "split": split, "figure": figure, "place": place, "value": value, "shipped": shipped}
