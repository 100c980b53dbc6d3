"""Latitude and longitude of each row, and what of them is certainly exchanged or has lost its sign."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from pipelines.transforms.importing.country_boxes import BOXES
from pipelines.transforms.importing.kind import first_reason

# Around the outermost towns of a country: its land, islands near the coast and rounding.
MARGIN = 1.5
MOST_OF_FILE = 0.97
LEAST_ROWS = 30
REASONS = {
    "missing_place": "no coordinates",
    "unreadable_place": "the coordinates are no numbers",
    "outside_the_earth": "the coordinates lie on no globe",
    "null_island": "the coordinates are 0, 0: nobody filled them in",
    "outside_country": "the coordinates lie outside the country, and no single repair brings them into it",
}
REPAIRS = {"_exchanged": "latitude_and_longitude_exchanged", "_sign": "sign_of_coordinates_restored"}
# What may have been done to a place: exchanged, and signs lost.
_DONE = ((False, 1, 1), (True, 1, 1), (False, 1, -1), (False, -1, 1), (True, 1, -1), (True, -1, 1))


@lru_cache(maxsize=1)
def boxes() -> pl.DataFrame:
    """country, south, north, west, east in degrees, with the margin around them."""
    frame = pl.DataFrame(
        [(country, *box) for country, box in BOXES.items()],
        schema=["country", "south", "north", "west", "east"], orient="row",
    )  # fmt: skip
    margin = pl.lit(MARGIN)
    return frame.with_columns(
        pl.col("south", "west").cast(pl.Float64) - margin, pl.col("north", "east").cast(pl.Float64) + margin
    )


def placed(latitude: pl.Series, longitude: pl.Series, country: pl.Series, written: pl.Series) -> pl.DataFrame:
    """latitude, longitude, _place_reason, _exchanged and _sign of each row.

    A repair is made where it is the only one that brings the place into its country; or, where no country is said and
    the place as written lies in none, into the country of nearly all the rest of the file. A latitude beyond 90 with a
    longitude within is exchanged for certain.
    """
    rows = pl.DataFrame({"lat": latitude, "lon": longitude, "country": country, "there": written})
    rows = rows.with_row_index("_at").join(boxes(), on="country", how="left", maintain_order="left")
    rows = _with_file_box(rows)
    boxed = pl.col("south").is_not_null()
    fits = [_inside(*_done(done)) & _on_earth(*_done(done)) for done in _DONE]
    rows = rows.with_columns(boxed=boxed, **{f"f{i}": fit.fill_null(False) for i, fit in enumerate(fits)})
    ways = pl.sum_horizontal(pl.col(f"f{i}").cast(pl.Int32) for i in range(1, len(_DONE)))
    as_written = _on_earth(pl.col("lat"), pl.col("lon"))
    turned = _on_earth(pl.col("lon"), pl.col("lat"))
    repair = pl.coalesce(*(pl.when(f"f{i}").then(i) for i in range(1, len(_DONE))))
    choice = (
        pl.when("f0").then(0)
        .when(pl.col("boxed") & (ways == 1)).then(repair)
        .when(~pl.col("boxed") & as_written).then(0)
        .when(~pl.col("boxed") & turned).then(1)
    )  # fmt: skip
    rows = rows.with_columns(choice=choice)
    reason = first_reason(
        ("missing_place", ~pl.col("there")), ("unreadable_place", pl.col("lat").is_null() | pl.col("lon").is_null()),
        ("null_island", (pl.col("lat") == 0) & (pl.col("lon") == 0)),
        ("outside_the_earth", pl.col("choice").is_null() & ~as_written & ~turned),
        ("outside_country", pl.col("choice").is_null()),
    )  # fmt: skip
    picked = [[_done(done)[axis] for done in _DONE] for axis in (0, 1)]
    lat, lon = (pl.coalesce(*(pl.when(pl.col("choice") == i).then(e) for i, e in enumerate(es))) for es in picked)
    return rows.select(
        latitude=lat, longitude=lon, _place_reason=reason,
        _exchanged=pl.col("choice").is_in([i for i, d in enumerate(_DONE) if d[0]]).fill_null(False),
        _sign=pl.col("choice").is_in([i for i, d in enumerate(_DONE) if -1 in d[1:]]).fill_null(False),
    )  # fmt: skip


def _done(done: tuple[bool, int, int]) -> tuple[pl.Expr, pl.Expr]:
    exchanged, lat, lon = done
    first, second = ("lon", "lat") if exchanged else ("lat", "lon")
    return pl.col(first) * lat, pl.col(second) * lon


def _inside(lat: pl.Expr, lon: pl.Expr) -> pl.Expr:
    return lat.is_between(pl.col("south"), pl.col("north")) & lon.is_between(pl.col("west"), pl.col("east"))


def _on_earth(lat: pl.Expr, lon: pl.Expr) -> pl.Expr:
    return lat.is_between(-90, 90) & lon.is_between(-180, 180)


def _with_file_box(rows: pl.DataFrame) -> pl.DataFrame:
    """Places without a country that lie in no country are held to the one in which nearly all the file lies."""
    bare = rows.filter(pl.col("country").is_null() & _on_earth(pl.col("lat"), pl.col("lon")))
    box = _box_of(bare) if bare.height >= LEAST_ROWS else None
    if box is None:
        return rows
    apart = bare.filter(~_within(box)).select("_at", "lat", "lon")
    somewhere = apart.join(boxes(), how="cross").filter(_inside(pl.col("lat"), pl.col("lon")))["_at"].unique()
    lost = apart.filter(~pl.col("_at").is_in(somewhere.implode()))["_at"]
    held = pl.col("_at").is_in(lost.implode())
    return rows.with_columns(pl.when(held).then(pl.lit(box[name])).otherwise(name).alias(name) for name in _EDGES)


_EDGES = ("south", "north", "west", "east")


def _box_of(rows: pl.DataFrame) -> dict[str, float] | None:
    """The smallest country that holds nearly all the rows."""
    size = (pl.col("north") - pl.col("south")) * (pl.col("east") - pl.col("west"))
    every = boxes().sort(size).iter_rows(named=True)
    return next((box for box in every if rows.select(_within(box).mean()).item() >= MOST_OF_FILE), None)


def _within(box: dict[str, float]) -> pl.Expr:
    return pl.col("lat").is_between(box["south"], box["north"]) & pl.col("lon").is_between(box["west"], box["east"])
