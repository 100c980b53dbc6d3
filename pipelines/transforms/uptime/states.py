"""One state for every second of a port's month: up, down, excused or unknown."""

import polars as pl

from .spans import KINDS, PORT

# The order in which one span outdoes another. An excused outage only counts as excused while the port "would otherwise
# be operational" (680.116(b)(3)), so a counted outage beside it goes first; closed hours are excluded on no condition.
_STATES = (
    ("closed", "excluded_s"),
    ("down", "down_s"),
    ("excused", "excluded_s"),
    ("charging", "up_s"),
    ("offline", "unknown_s"),
    ("heard", "up_s"),
)
SUMS = ("up_s", "down_s", "excluded_s", "unknown_s")
# Parts of the unknown, and of the excluded, that are worth a column.
PARTS = {"offline_s": "offline", "closed_s": "closed"}


def seconds(spans: pl.DataFrame, ports: pl.DataFrame, start_s: int, end_s: int) -> pl.DataFrame:
    """Per port the seconds of each state in [start_s, end_s); their sum is `seconds`, to the second.

    `ports` names the ports with `since_s`, their first sign of life; before it they are `absent_s`, part of the
    unknown. The order of spans, and how an outage is cut into spans, make no difference.
    """
    known = ports.filter(pl.col("since_s") < end_s)
    parts = _segments(spans.join(known, on=PORT, how="semi"), known, start_s, end_s)
    lasts = pl.col("until_s") - pl.col("at_s")
    sums = [lasts.filter(pl.col("state") == state).sum().alias(state) for state in SUMS]
    sums += [lasts.filter(pl.col("wins") == wins).sum().alias(part) for part, wins in PARTS.items()]
    absent = (pl.col("since_s").clip(start_s, end_s) - start_s).alias("absent_s")
    found = parts.group_by(PORT).agg(*sums)
    rows = known.join(found, on=PORT, how="left").with_columns(absent, seconds=pl.lit(end_s - start_s))
    return rows.drop("since_s")


def _segments(spans: pl.DataFrame, ports: pl.DataFrame, start_s: int, end_s: int) -> pl.DataFrame:
    """Stretches of constant knowledge: `at_s`, `until_s`, the kind that `wins` and its `state`."""
    inside = spans.with_columns(pl.col("start_s", "end_s").clip(start_s, end_s))
    inside = inside.filter(pl.col("end_s") > pl.col("start_s"))
    edges = [_edge(inside, "start_s", 1), _edge(inside, "end_s", -1), _frame(ports, start_s), _frame(ports, end_s)]
    counts = [pl.col("step").filter(pl.col("kind") == kind).sum().alias(kind) for kind in KINDS]
    rows = pl.concat(edges).group_by(*PORT, "at_s").agg(*counts).sort(*PORT, "at_s")
    rows = rows.with_columns(pl.col(KINDS).cum_sum().over(PORT), until_s=pl.col("at_s").shift(-1).over(PORT))
    return rows.filter(pl.col("until_s").is_not_null()).with_columns(_winner()).with_columns(_state())


def _edge(spans: pl.DataFrame, at: str, step: int) -> pl.DataFrame:
    return spans.select(*PORT, "kind", at_s=at, step=pl.lit(step, dtype=pl.Int64))


def _frame(ports: pl.DataFrame, at_s: int) -> pl.DataFrame:
    """The edge of the period: nothing begins there, so that every port has a stretch."""
    nothing = pl.lit(None, dtype=pl.String).alias("kind")
    return ports.select(*PORT, nothing, at_s=pl.lit(at_s, dtype=pl.Int64), step=pl.lit(0, dtype=pl.Int64))


def _winner() -> pl.Expr:
    holds = [pl.when(pl.col(kind) > 0).then(pl.lit(kind)) for kind, _ in _STATES]
    return pl.coalesce(*holds, pl.lit("nothing")).alias("wins")


def _state() -> pl.Expr:
    return pl.col("wins").replace_strict(dict(_STATES), default="unknown_s", return_dtype=pl.String).alias("state")
