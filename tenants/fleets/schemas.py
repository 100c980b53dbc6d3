"""Shapes of the vehicles API."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import Paging, Word


class Vehicle(Schema):
    uid: UUID
    plate: str
    make: str
    model: str
    battery_wh: int
    connector: str
    organisation: UUID | None = None
    driver: UUID | None = None
    rfid: str | None = Field(None, description="The card that charges it; null for who may not manage the vehicle")


class WhichVehicles(Paging):
    organisation: UUID | None = None


class NewVehicle(Schema):
    """A vehicle of one's own, or of a fleet that one manages."""

    plate: Annotated[Word, Field(min_length=1)]
    make: Word = ""
    model: Word = ""
    battery_kwh: Annotated[str, Field(pattern=r"^[0-9]{1,4}([.,][0-9]{1,3})?$")] | None = None
    connector: Word = Field("", description="OCPI ConnectorType or what people say: Type 2, CCS, …")
    organisation: UUID | None = None


class RowError(Schema):
    """`row` as a spreadsheet counts: the header is row 1."""

    row: int
    column: str
    message: str


class Imported(Schema):
    """Rows with an error changed nothing; all others are in."""

    added: int
    updated: int
    unchanged: int
    errors: list[RowError]


class Roster(Schema):
    """A roster as CSV text, as the template has it."""

    csv: Annotated[str, Field(min_length=1, max_length=2_000_000)]
