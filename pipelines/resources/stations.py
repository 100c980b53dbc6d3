"""Which station a file means: by its id, and by site and id where the file gives one id to stations of several sites.

Sites alone tell nothing: people write one place in many ways, and stations move. An id is that of several stations
where sessions at really different places follow each other in turn.
"""

import re

import polars as pl

BETWEEN = " · "
# So many changes of place, and so many for each session of the place with the fewest, are more than a move or a slip.
_LEAST_TURNS, _TURNS_PER_SESSION = 4, 0.2
# Words of the shorter name that the longer one has too: from here on it is the same place, written otherwise.
_SAME = 0.6
_MOST_SITES = 20


def keys(rows: pl.DataFrame) -> dict[tuple[str, str], str]:
    """Key of each (charger, site) that its id alone does not name. `rows`: charger, site, at (any order)."""
    told = rows.drop_nulls(["charger", "site"]).filter(pl.col("charger") != "")
    several = told.group_by("charger").agg(pl.col("site").value_counts(sort=True).struct.field("site"))
    several = several.filter(pl.col("site").list.len() > 1)
    places = [
        (charger, site, place) for charger, sites in several.sort("charger").iter_rows()
        for site, place in _places(sorted(sites)).items()
    ]  # fmt: skip
    known = pl.DataFrame(places, {"charger": pl.String, "site": pl.String, "place": pl.String}, orient="row")
    apart = _in_turn(told.join(known, on=["charger", "site"]).sort("charger", "at", "site"))
    return {(c, s): f"{place}{BETWEEN}{c}" for c, s, place in places if c in apart}


def keyed(charger: str, site: str, found: dict[tuple[str, str], str]) -> pl.Expr:
    """The column `charger` as the key of its station."""
    if not found:
        return pl.col(charger)
    names = {f"{c}\0{s}": key for (c, s), key in found.items()}
    both = pl.format("{}\0{}", charger, site)
    return both.replace_strict(names, default=pl.col(charger), return_dtype=pl.String).alias(charger)


def _places(sites: list[str]) -> dict[str, str]:
    """Each site with the first name of its place."""
    if len(sites) > _MOST_SITES:
        return {site: site for site in sites}
    found: dict[str, str] = {}
    for site in sites:
        found[site] = next((place for place in found.values() if _alike(site, place)), site)
    return found


def _alike(one: str, other: str) -> bool:
    a, b = (set(re.findall(r"\w+", name.casefold())) for name in (one, other))
    return bool(a and b) and len(a & b) >= _SAME * min(len(a), len(b))


def _in_turn(rows: pl.DataFrame) -> set[str]:
    """Ids whose sessions change between places again and again."""
    fewest = pl.col("place").value_counts().struct.field("count").min()
    found = rows.with_columns(turn=pl.col("place").ne(pl.col("place").shift(1).over("charger"))).group_by("charger")
    counted = found.agg(turns=pl.col("turn").sum(), fewest=fewest, places=pl.col("place").n_unique())
    most = pl.max_horizontal(pl.lit(_LEAST_TURNS), pl.col("fewest") * _TURNS_PER_SESSION)
    return set(counted.filter((pl.col("places") > 1) & (pl.col("turns") >= most))["charger"])
