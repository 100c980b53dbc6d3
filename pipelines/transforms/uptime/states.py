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
    known = ports.filter(pl.col("since_s") < end_s).with_row_index("port")
    parts = _segments(spans.join(known.select("port", *PORT), on=PORT), known, start_s, end_s)
    lasts = pl.col("until_s") - pl.col("at_s")
    sums = [lasts.filter(pl.col("state") == state).sum().alias(state) for state in SUMS]
    sums += [lasts.filter(pl.col("wins") == wins).sum().alias(part) for part, wins in PARTS.items()]
    absent = (pl.col("since_s").clip(start_s, end_s) - start_s).alias("absent_s")
    rows = known.join(parts.group_by("port").agg(*sums), on="port", how="left")
    return rows.with_columns(absent, seconds=pl.lit(end_s - start_s)).drop("since_s", "port")


def _segments(spans: pl.DataFrame, ports: pl.DataFrame, start_s: int, end_s: int) -> pl.DataFrame:
    """Stretches of constant knowledge per `port`: `at_s`, `until_s`, the kind that `wins` and its `state`."""
    inside = spans.with_columns(pl.col("start_s", "end_s").clip(start_s, end_s))
    inside = inside.filter(pl.col("end_s") > pl.col("start_s"))
    edges = [_edge(inside, "start_s", 1), _edge(inside, "end_s", -1), _frame(ports, start_s), _frame(ports, end_s)]
    rows = pl.concat(edges).group_by("port", "at_s").agg(pl.col(KINDS).sum()).sort("port", "at_s")
    rows = rows.with_columns(pl.col(KINDS).cum_sum().over("port"), until_s=pl.col("at_s").shift(-1).over("port"))
    return rows.filter(pl.col("until_s").is_not_null()).with_columns(_winner()).with_columns(_state())


def _edge(spans: pl.DataFrame, at: str, step: int) -> pl.DataFrame:
    """+1 where a span of a kind begins, -1 where it ends."""
    steps = [(pl.col("kind") == kind).cast(pl.Int64).mul(step).alias(kind) for kind in KINDS]
    return spans.select("port", pl.col(at).alias("at_s"), *steps)


def _frame(ports: pl.DataFrame, at_s: int) -> pl.DataFrame:
    """The edge of the period: nothing begins there, so that every port has a stretch."""
    return ports.select("port", pl.lit(at_s, dtype=pl.Int64).alias("at_s"), *(_nothing(kind) for kind in KINDS))


def _nothing(kind: str) -> pl.Expr:
    return pl.lit(0, dtype=pl.Int64).alias(kind)


def _winner() -> pl.Expr:
    holds = [pl.when(pl.col(kind) > 0).then(pl.lit(kind)) for kind, _ in _STATES]
    return pl.coalesce(*holds, pl.lit("nothing")).alias("wins")


def _state() -> pl.Expr:
    return pl.col("wins").replace_strict(dict(_STATES), default="unknown_s", return_dtype=pl.String).alias("state")
