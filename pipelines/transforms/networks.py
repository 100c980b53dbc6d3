"""Which imported files tell of the same chargers: each such network has a history, and an end, of its own."""

import polars as pl


def of_files(rows: pl.DataFrame) -> pl.DataFrame:
    """(unit, network) from pairs (unit, file). Two files are one network where half of the smaller one's units agree.

    A network is named by its lowest file; a unit that several networks name belongs to the first of them.
    """
    pairs = rows.unique().sort("file", "unit")
    units = {file: set(part["unit"]) for (file,), part in pairs.group_by("file", maintain_order=True)}
    names = list(units)
    head = {name: name for name in names}
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            if len(units[one] & units[other]) * 2 >= min(len(units[one]), len(units[other])):
                _join(head, head[one], head[other])
    found = pairs.with_columns(network=pl.col("file").replace_strict(head, return_dtype=pl.String))
    return found.group_by("unit").agg(pl.col("network").min()).sort("unit")


def _join(head: dict[str, str], one: str, other: str) -> None:
    lower, upper = sorted((one, other))
    for name, its in head.items():
        if its == upper:
            head[name] = lower
