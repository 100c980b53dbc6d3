"""Names for the ids in the other marts: organisations, chargers, sites, fleet vehicles, fleet drivers.

No two ids of a kind have one name: where people gave the same to several, what tells them apart is part of it.
"""

from collections.abc import Iterable

import polars as pl

from ._table import State, Table, collect

# Between a name and what tells it from another one of the same name.
BETWEEN = " · "
TABLE = Table(
    "marts/roster",
    {
        "tenant": pl.String,
        "kind": pl.String,
        "id": pl.String,
        "name": pl.String,
        "organisation": pl.String,
    },
    ("tenant", "kind", "id"),
    (),
)


def read(*, tenant: str, organisations: tuple[str, ...] | None = None) -> pl.DataFrame:
    """Rows of kind organisation, charger, site, vehicle or driver; only of these organisations when given."""
    rows = TABLE.of_tenant(tenant)
    if organisations is not None:
        rows = rows.filter(pl.col("organisation").is_in(organisations).fill_null(False))
    return collect(rows.sort("kind", "name", "id"))


def places(*, tenant: str) -> pl.DataFrame:
    """`kind`, `id` and `name` of all chargers and sites of a tenant: a fleet charges at the chargers of others too."""
    rows = TABLE.of_tenant(tenant).filter(pl.col("kind").is_in(["charger", "site"]))
    return collect(rows.select("kind", "id", "name").unique(["kind", "id"]).sort("kind", "name", "id"))


def ids_called(places: pl.DataFrame, kind: str, words: Iterable[str]) -> list[str]:
    """Ids that people mean by these words, each with the word itself, which may be one: a name, else what all of
    several that share a name are called."""
    rows = places.filter(pl.col("kind") == kind).with_columns(shared=pl.col("name").str.split(BETWEEN).list.first())
    found: list[str] = []
    for word in words:
        exact = rows.filter(pl.col("name") == word)
        found += [word, *(exact if exact.height else rows.filter(pl.col("shared") == word))["id"]]
    return list(dict.fromkeys(found))


def placed(rows: pl.DataFrame, places: pl.DataFrame, columns: tuple[str, ...] = ("charger", "site")) -> pl.DataFrame:
    """Ids of chargers and sites as their names. What is no id keeps its own word, such as a station of a file; a name
    that is also such a word is told from it by the end of its id. Different ids never get one name."""
    for column in (name for name in columns if name in rows.columns):
        values = rows[column].drop_nulls().unique()
        named = places.filter(pl.col("id").is_in(values.implode())).select("id", "name").rows()
        plain = set(values) - {key for key, _ in named}
        rows = rows.with_columns(pl.col(column).replace({key: _told(key, name, plain) for key, name in named}))
    return rows


def _told(key: str, name: str, plain: set[str]) -> str:
    return f"{name}{BETWEEN}{key[-6:]}" if name in plain else name


def state() -> State | None:
    return TABLE.state()
