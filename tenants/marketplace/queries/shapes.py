"""What people see of a charger."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class ChargerCard:
    """One charger in a list or on the map. Position and distance are the public ones.

    `price`: lines to show, tax included; `price_parts`: the same as dimension and decimal text. `hour_minor`: what an
    hour costs, tax included, by which lists are sorted.
    """

    uid: UUID
    title: str
    latitude: float
    longitude: float
    distance_m: int | None
    connector: str
    power_w: int
    currency: str
    price: list[str]
    price_parts: list[tuple[str, str]]
    price_per_hour_minor: int | None
    price_per_kwh: str | None
    hour_minor: int
    available_now: bool
    bookable: bool
    rating: float | None
    rating_count: int
    amenities: list[str]
    photo: str
    city: str


@dataclass(frozen=True, kw_only=True)
class ChargerView(ChargerCard):
    """One charger's page. `exact`: latitude, longitude are the true ones, and the address is filled."""

    exact: bool
    address: str | None
    postal_code: str | None
    description: str
    host: str
    state: str
    timezone: str
    country: str
    least_minutes: int
    most_minutes: int
    gap_minutes: int
    lead_minutes: int
    instant_book: bool
    evse_uid: UUID
    status: str


@dataclass(frozen=True)
class Page:
    """Some of a list, and the cursor of what follows; None at the end."""

    items: list[ChargerCard]
    next: str | None
