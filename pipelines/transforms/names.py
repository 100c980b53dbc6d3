"""Names for people: what is called the same is told apart, by a word beside it or else by its id."""

import polars as pl

from pipelines.marts.roster import BETWEEN

_SHORT = 6


def apart(rows: pl.DataFrame) -> pl.DataFrame:
    """`name` made different for each `id` of a tenant and kind. `beside`: what to say of those that share a name.

    Of ids that still share it, the last characters are said, and in the end the whole id. Drops `beside`.
    """
    key = pl.col("id")
    for word in (pl.col("beside"), key.str.tail(_SHORT), key):
        said = pl.format(f"{{}}{BETWEEN}{{}}", "name", word)
        rows = rows.with_columns(name=pl.when(_shared() & word.is_not_null()).then(said).otherwise("name"))
    return rows.drop("beside")


def _shared() -> pl.Expr:
    return pl.col("id").n_unique().over("tenant", "kind", "name") > 1
