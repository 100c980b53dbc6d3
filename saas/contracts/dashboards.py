"""Dashboards that a tenant composes: the catalogue of what can be shown, and the words in which one is stored.

The catalogue is data: a measure names the mart that has it, what it may be split by, and which right its reader
needs. Whoever saves (web app) and whoever draws (analytics) check a `Spec` by the same `faults`.

Internal API, on the tenant's own host. The person is named by the identity that the door signed, inside the body (the
entrance strips every header that could pass for one of ours), and their rights are looked up anew:

    POST /internal/v1/dashboards/list    scope dashboards:read   Asked  -> Found
    POST /internal/v1/dashboards/save    scope dashboards:write  Saved  -> Card; 409 stale_dashboard, 422 invalid
    POST /internal/v1/dashboards/remove  scope dashboards:write  Removed -> 204
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

MOST_TILES, MOST_FILTERS, MOST_VALUES, MOST_DASHBOARDS = 24, 6, 50, 200
MOST_BYTES = 64_000
SPANS: dict[str, int | None] = {"p_7": 7, "p_30": 30, "p_90": 90, "p_365": 365, "p_all": None}
Kind = Literal["metric", "line", "bar", "table", "heat"]
Source = Literal["all", "live", "imported"]
Short = Annotated[str, msgspec.Meta(max_length=80)]
Word = Annotated[str, msgspec.Meta(max_length=40, pattern="^[a-z][a-z0-9_]*$")]

# Which roles see what beyond counts and kilowatt-hours.
SEES: dict[str, frozenset[str]] = {
    "money": frozenset({"owner", "admin", "finance", "auditor", "partner", "host", "fleet_manager"}),
    "carbon": frozenset({"owner", "admin", "auditor", "finance", "partner", "fleet_manager", "esg_analyst"}),
    "fleet": frozenset({"owner", "admin", "auditor", "finance", "fleet_manager", "esg_analyst"}),
}
TIMES = ("day", "week", "month", "year")
PLACES = ("site", "charger", "city", "host_organisation", "fleet_organisation", "source")
FLEETS = ("vehicle", "driver", "site", "fleet_organisation", "source")


@dataclass(frozen=True)
class Measure:
    """`column` of a mart (or a share of two), shown in `unit`; `needs` names rights of SEES."""

    name: str
    mart: Literal["sessions_daily", "fleet_daily", "energy_hours"]
    column: str
    unit: Literal["count", "kwh", "hours", "kg", "money"]
    by: tuple[str, ...]
    needs: tuple[str, ...] = ()


def _of_sessions(name: str, column: str, unit: str, *needs: str) -> Measure:
    return Measure(name, "sessions_daily", column, unit, (*TIMES, *PLACES), needs)  # type: ignore[arg-type]


def _of_fleets(name: str, column: str, unit: str, *needs: str) -> Measure:
    return Measure(name, "fleet_daily", column, unit, (*TIMES, *FLEETS), ("fleet", *needs))  # type: ignore[arg-type]


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        _of_sessions("sessions", "sessions", "count"),
        _of_sessions("energy", "energy_wh", "kwh"),
        _of_sessions("plugged", "duration_s", "hours"),
        _of_sessions("chargers_used", "chargers", "count"),
        _of_sessions("without_energy", "without_energy", "count"),
        _of_sessions("revenue", "cost_minor", "money", "money"),
        Measure("energy_by_hour", "energy_hours", "energy_wh", "kwh", ("weekday", "hour", "host_organisation")),
        _of_fleets("fleet_sessions", "sessions", "count"),
        _of_fleets("fleet_energy", "energy_wh", "kwh"),
        _of_fleets("fleet_cost", "cost_minor", "money", "money"),
        _of_fleets("fleet_co2e", "co2e_location_ug", "kg", "carbon"),
        _of_fleets("fleet_avoided", "avoided_ug", "kg", "carbon"),
    )
}
# How many dimensions a kind of tile takes, and which ones.
SHAPES: dict[str, tuple[int, tuple[str, ...]]] = {
    "metric": (0, ()),
    "line": (1, TIMES),
    "bar": (1, ()),
    "table": (1, ()),
    "heat": (2, ("weekday", "hour")),
}


class Tile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One field of a dashboard. `width` in sixths of a row; `filters`: allowed values by dimension."""

    kind: Kind
    measure: Word
    by: Annotated[list[Word], msgspec.Meta(max_length=2)] = []
    title: Short = ""
    width: Annotated[int, msgspec.Meta(ge=2, le=6)] = 3
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 20
    filters: dict[Word, Annotated[list[Short], msgspec.Meta(max_length=MOST_VALUES)]] = {}


class Spec(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a dashboard shows: tiles in order, over a period that ends today."""

    tiles: Annotated[list[Tile], msgspec.Meta(max_length=MOST_TILES)] = []
    span: Literal["p_7", "p_30", "p_90", "p_365", "p_all"] = "p_30"
    source: Source = "all"


class Card(msgspec.Struct, kw_only=True):
    """A saved dashboard. No `roles`: only its owner sees it. `version` goes up with each change."""

    uid: str
    name: str
    roles: list[str]
    spec: Spec
    version: int
    owner: str
    may_edit: bool


class Asked(msgspec.Struct, kw_only=True):
    identity: str


class Found(msgspec.Struct, kw_only=True):
    """All that the person sees, by name, MOST_DASHBOARDS at most; and whether they may compose."""

    items: list[Card]
    may_compose: bool


class Saved(msgspec.Struct, kw_only=True):
    """A new dashboard (`version` 0; the caller names its uid, so that a repeated call makes no second) or a change."""

    identity: str
    uid: str
    version: int
    name: str
    roles: list[str]
    spec: Spec


class Removed(msgspec.Struct, kw_only=True):
    identity: str
    uid: str
    version: int


def may_see(measure: Measure, roles: Collection[str]) -> bool:
    """Whether one of these roles gives each right that the measure needs."""
    return all(not SEES[need].isdisjoint(roles) for need in measure.needs)


def faults(spec: Spec, roles: Collection[str]) -> list[str]:
    """What is wrong with a dashboard, for somebody of these roles who wants to save it; one sentence each."""
    return [f"Tile {n}: {fault}" for n, tile in enumerate(spec.tiles, start=1) for fault in tile_faults(tile, roles)]


def tile_faults(tile: Tile, roles: Collection[str]) -> Iterator[str]:
    """What is wrong with one tile."""
    measure = MEASURES.get(tile.measure)
    if measure is None or not may_see(measure, roles):
        yield f"there is no measure {tile.measure!r} for your role"
        return
    count, among = SHAPES[tile.kind]
    if len(tile.by) != count:
        yield f"a {tile.kind} is split by {count} dimensions, not {len(tile.by)}"
    for word in tile.by:
        if word not in measure.by or (among and word not in among):
            yield f"{measure.name} as {tile.kind} cannot be split by {word!r}"
    if tile.kind == "heat" and sorted(tile.by) != ["hour", "weekday"]:
        yield "a heat map is split by weekday and hour"
    if len(tile.filters) > MOST_FILTERS:
        yield f"at most {MOST_FILTERS} filters"
    for word in tile.filters:
        if word not in measure.by or word in TIMES or word in {"weekday", "hour"}:
            yield f"{measure.name} cannot be filtered by {word!r}"
