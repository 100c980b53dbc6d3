"""Shapes of the chargers API."""

from typing import Annotated, Literal, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import StringConstraints, model_validator

from saas.kit.schemas import (
    Latitude,
    Longitude,
    LongText,
    Minutes,
    Moment,
    Paging,
    Price,
    Sentence,
    Word,
)

Standard = Literal["IEC_62196_T1", "IEC_62196_T2", "IEC_62196_T1_COMBO", "IEC_62196_T2_COMBO", "CHADEMO", "NACS"]
PowerW = Annotated[int, Field(ge=1, le=1_000_000)]
NUMBER = r"-?[0-9]{1,3}(?:\.[0-9]{1,12})?"


class Search(Paging):
    """Filters of a search. Distances and positions are the public ones."""

    bbox: Annotated[str, StringConstraints(pattern=f"^{NUMBER}(?:,{NUMBER}){{3}}$")] | None = Field(
        None, description="south,west,north,east in degrees"
    )
    near: Annotated[str, StringConstraints(pattern=f"^{NUMBER},{NUMBER}$")] | None = Field(
        None, description="latitude,longitude in degrees"
    )
    radius_m: float | None = Field(None, gt=0, le=2_000_000, allow_inf_nan=False)
    connector: Standard | None = None
    power_w: PowerW | None = Field(None, description="At least this power")
    max_price_minor: int | None = Field(None, ge=0, le=10**12, description="For an hour, tax included, in minor units")
    amenities: list[Word] = Field(default_factory=list, max_length=10)
    free_from: Moment | None = None
    free_minutes: int | None = Field(None, ge=1, le=43_200)
    order: Literal["distance", "price", "rating"] = "distance"

    def box(self) -> tuple[float, float, float, float] | None:
        if self.bbox is None:
            return None
        south, west, north, east = (float(part) for part in self.bbox.split(","))
        return south, west, north, east

    def point(self) -> tuple[float, float] | None:
        if self.near is None:
            return None
        latitude, longitude = (float(part) for part in self.near.split(","))
        return latitude, longitude

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        box, point = self.box(), self.point()
        places = ([box[:2], box[2:]] if box else []) + ([point] if point else [])
        if any(abs(latitude) > 90 or abs(longitude) > 180 for latitude, longitude in places):
            raise ValueError("latitudes lie between -90 and 90, longitudes between -180 and 180")
        return self


class Charger(Schema):
    """A charger in a list. Position and distance are public: the centre of its cell when it is private."""

    uid: UUID
    title: str
    latitude: float
    longitude: float
    distance_m: int | None = None
    connector: str
    power_w: int
    currency: str
    price: list[str] = Field(description="Lines to show, tax included")
    price_per_hour_minor: int | None = None
    price_per_kwh: str | None = None
    available_now: bool
    bookable: bool
    rating: float | None = None
    rating_count: int
    amenities: list[str]
    city: str


class ChargerDetail(Charger):
    """One charger. `exact`: position and address are the true ones, for whom they may be shown to."""

    exact: bool
    address: str | None = None
    postal_code: str | None = None
    description: str
    host: str
    state: str
    timezone: str
    country: str
    least_minutes: int
    most_minutes: int
    gap_minutes: int
    lead_minutes: int
    evse_uid: UUID
    status: str


class Slot(Schema):
    """A free period, half open."""

    start: Moment
    end: Moment


class Slots(Schema):
    items: list[Slot]


class Weekly(Schema):
    """A period of a weekday (0 Monday) in the charger's local time, in minutes of the day; 1440 is midnight."""

    weekday: int = Field(ge=0, le=6)
    start_minute: int = Field(ge=0, le=1439)
    end_minute: int = Field(ge=1, le=1440)


class Prices(Schema):
    """A price per hour, per kWh, or both."""

    per_hour: Price | None = None
    per_kwh: Price | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.per_hour is None and self.per_kwh is None:
            raise ValueError("per_hour, per_kwh or both")
        return self


class PlaceIn(Schema):
    address: Annotated[Sentence, Field(min_length=1)]
    city: Annotated[Word, Field(min_length=1)]
    postal_code: Annotated[Word, Field(max_length=12)] = ""
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    latitude: Latitude
    longitude: Longitude


class NewCharger(Prices):
    """What a host offers: an adapter with its equipment and place, or an EVSE that is known with both (a station's).

    Either `device_id`, `connector`, `max_power_w` and `place`, or `evse` alone.
    """

    title: Annotated[Word, Field(min_length=3)]
    description: LongText = ""
    connector: Standard | None = None
    max_power_w: PowerW | None = None
    amenities: list[Word] = Field(default_factory=list, max_length=20)
    device_id: Annotated[Word, Field(min_length=1, max_length=40)] | None = Field(
        None, description="Stands on the adapter"
    )
    evse: UUID | None = Field(None, description="Of a station, as `/stations` names it; by its operators or host")
    place: PlaceIn | None = None
    weekly: list[Weekly] = Field(default_factory=list, max_length=100, description="Empty: always")

    @model_validator(mode="after")
    def _either(self) -> Self:
        equipment = (self.device_id, self.connector, self.max_power_w, self.place)
        if any(part is None for part in equipment) if self.evse is None else any(equipment):
            raise ValueError("either device_id, connector, max_power_w and place, or evse alone")
        return self


class ChargerChange(Schema):
    """What is named changes."""

    title: Annotated[Word, Field(min_length=3)] | None = None
    description: LongText | None = None
    amenities: list[Word] | None = Field(None, max_length=20)
    instant_book: bool | None = None
    least_minutes: Annotated[Minutes, Field(ge=1)] | None = None
    most_minutes: Annotated[Minutes, Field(ge=1)] | None = None
    gap_minutes: Minutes | None = None
    lead_minutes: Minutes | None = None


class Week(Schema):
    weekly: list[Weekly] = Field(max_length=100)
