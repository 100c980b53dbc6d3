"""Offline maps that lie beside the pages, and which of them shows a place."""

from dataclasses import dataclass

CREDIT = '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors (ODbL), GeoNames'


@dataclass(frozen=True)
class BaseMap:
    """Offline data of a region; `streets` where an extract is there. `least`: the zoom below which it has no detail."""

    name: str
    west: float
    south: float
    east: float
    north: float
    streets: str = ""
    least: float = 8


BASE_MAPS = (
    BaseMap("helsinki", 24.3, 59.95, 25.5, 60.45, "helsinki-streets", 9),
    BaseMap("dubai", 54.3, 24.4, 56.5, 26.0),
)
WORLD = BaseMap("world", -180, -85, 180, 85, least=2)


def base_map(latitude: float, longitude: float) -> BaseMap:
    """The most detailed map that holds the place; the world for all others."""
    for base in BASE_MAPS:
        if base.west < longitude < base.east and base.south < latitude < base.north:
            return base
    return WORLD
