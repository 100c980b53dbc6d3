"""Shapes that every API shares: money, moments, texts, coordinates, pages. Bounds keep out what cannot be stored."""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, StringConstraints

from .pagination import LIMIT, MOST

T = TypeVar("T")
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _plausible(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("between 2000 and 2100")
    return moment.astimezone(UTC)


def _printable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("without NUL")
    return text


Moment = Annotated[AwareDatetime, AfterValidator(_plausible)]
Word = Annotated[str, StringConstraints(max_length=80), AfterValidator(_printable)]
Sentence = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
LongText = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_printable)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Price = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$"), Field(description="Decimal, main unit, before tax")
]
Minutes = Annotated[int, Field(ge=0, le=43_200)]
EnergyWh = Annotated[int, Field(ge=0, le=10_000_000)]
Language = Annotated[str, StringConstraints(pattern="^(en|de|ar|fa)$")]


class Money(Schema):
    """Whole minor units of the currency: 1250 EUR is 12.50 €; 1250 IRR is 1250 rials."""

    amount_minor: int
    currency: str


class PageOf(Schema, Generic[T]):
    """Some of a list. `next` goes into `after` for the following page; null at the end."""

    items: list[T]
    next: str | None = None


class Newest(Schema):
    """How many of the newest."""

    limit: int = Field(LIMIT, ge=1, le=MOST)


class Paging(Newest):
    """Which page."""

    after: Annotated[str, StringConstraints(max_length=400)] | None = None


def money(amount_minor: int, currency: str) -> dict[str, object]:
    """An amount as Money reads it."""
    return {"amount_minor": amount_minor, "currency": currency}
