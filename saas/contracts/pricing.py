"""The words of prices between the web app and the pipelines.

    GET  /internal/v1/pricing/searches?since=&after=&limit=   scope pricing:read    -> SearchPage, counts of searches
    GET  /internal/v1/pricing/offers?after=&limit=            scope pricing:read    -> OfferPage, chargers and wishes
    POST /internal/v1/pricing/suggestions                     scope pricing:write   Suggestions -> Taken
    POST /internal/v1/pricing/openings                        scope pricing:write   Openings -> 204

Amounts are integers in millionths of the main unit (micro). Places are H3 cells of resolution 7 (some 5 km²), never
points; searches are counts by hour, never people.
"""

from typing import Literal

import msgspec

from .pricerule import Decision, Inputs

CELL_RESOLUTION = 7
AREA_RESOLUTION = 6
Kind = Literal["kwh", "hour"]


class SearchCount(msgspec.Struct, kw_only=True):
    """Searches of one hour (RFC 3339 UTC, its beginning) in one cell with the same filters; `unmet`: without result."""

    key: int
    cell: str
    hour: str
    connector: str = ""
    power_w: int = 0
    timed: bool = False
    searches: int
    unmet: int


class SearchPage(msgspec.Struct, kw_only=True):
    items: list[SearchCount]
    next: str | None = None


class PriceSince(msgspec.Struct, kw_only=True):
    """A price of the charger, from then on until the next one."""

    since: str
    kwh_micro: int | None = None
    hour_micro: int | None = None


class Offer(msgspec.Struct, kw_only=True):
    """A listed charger: its prices so far (oldest first), costs, the host's wish, and what the tenant allows.

    Costs, wish, `least_micro` and `most_micro` are per kWh. `cell` is that of its public position, `charger` and `site`
    the uids of its EVSE and its location, as sessions name them, `power_w` that of the connector. `offered` False: no
    suggestions are wanted.
    """

    listing: str
    charger: str
    site: str
    city: str
    cell: str
    latitude: float
    longitude: float
    connector: str
    power_w: int
    currency: str
    exponent: int
    prices: list[PriceSince]
    energy_cost_micro: int
    losses_bp: int
    wear_micro: int
    profit_micro: int
    fee_bp: int
    least_micro: int = 0
    most_micro: int | None = None
    least_hour_micro: int = 0
    most_hour_micro: int | None = None
    most_change_bp: int
    offered: bool = True


class OfferPage(msgspec.Struct, kw_only=True):
    items: list[Offer]
    next: str | None = None


class Suggested(msgspec.Struct, kw_only=True):
    """A price for one charger: what the rule was given, and what it said."""

    listing: str
    kind: Kind
    currency: str
    inputs: Inputs
    decision: Decision


class Suggestions(msgspec.Struct, kw_only=True):
    items: list[Suggested]


class Taken(msgspec.Struct, kw_only=True):
    """How many were stored, known before, and refused (charger gone, price changed, or not what the rule says)."""

    stored: int
    known: int
    refused: int


class Opening(msgspec.Struct, kw_only=True):
    """A cell where a host would earn: searches without result in `days`, and what they would have paid in a month.

    `month_micro` None: nobody near by sells, so there is no price to reckon with.
    """

    cell: str
    latitude: float
    longitude: float
    place: str
    connector: str = ""
    days: int
    searches: int
    unmet: int
    price_micro: int | None = None
    month_micro: int | None = None
    currency: str = ""


class Openings(msgspec.Struct, kw_only=True):
    """All openings that are known now; those of before are gone."""

    items: list[Opening]
