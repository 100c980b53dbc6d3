"""Vehicles: one by one, or a whole roster from a spreadsheet with an error for each row that does not fit."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from saas.kit.errors import Invalid
from tenants.accounts.models import Organisation, User
from tenants.sites.models import Connector

from .models import Vehicle

COLUMNS = ("plate", "make", "model", "battery_kwh", "connector", "driver_email", "rfid")
REQUIRED = ("plate",)
MOST_BYTES, MOST_ROWS = 2_000_000, 20_000
MOST_KWH = 2_000
# What people write → OCPI ConnectorType.
CONNECTORS = {
    **{value.casefold(): value for value in Connector.Standard.values},
    **{label.casefold(): value for value, label in Connector.Standard.choices},
    "type 1": "IEC_62196_T1", "type1": "IEC_62196_T1", "j1772": "IEC_62196_T1",
    "type2": "IEC_62196_T2", "mennekes": "IEC_62196_T2",
    "ccs": "IEC_62196_T2_COMBO", "ccs2": "IEC_62196_T2_COMBO", "ccs1": "IEC_62196_T1_COMBO",
    "tesla": "NACS",
}  # fmt: skip


@dataclass(frozen=True)
class RowError:
    """`row` as a spreadsheet counts: the header is row 1."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class Imported:
    """Rows with an error changed nothing; all others are in."""

    added: int
    updated: int
    unchanged: int
    errors: list[RowError]

    @property
    def rows(self) -> int:
        return self.added + self.updated + self.unchanged


class _Reader(Protocol):
    """What csv.reader gives."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...

    def __iter__(self) -> "_Reader": ...


class _Bad(Exception):
    """A cell that does not fit."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


def template() -> bytes:
    """An empty roster with an example row, for people to fill in."""
    return (",".join(COLUMNS) + "\r\nABC-123,Volkswagen,ID.3,58,Type 2,driver@example.com,04A1B2C3\r\n").encode(
        "utf-8-sig"
    )


@transaction.atomic
def import_roster(*, organisation: Organisation, data: bytes, now: datetime) -> Imported:
    """Add and update vehicles of a fleet by plate. Comma, semicolon or tab; UTF-8, or Windows-1252 as Excel writes it.

    Raises Invalid when it is no such table at all. Importing the same file again changes nothing.
    """
    counts = {"added": 0, "updated": 0, "unchanged": 0}
    errors: list[RowError] = []
    seen: dict[str, int] = {}
    tags: dict[str, int] = {}
    for number, cells in _rows(data):
        try:
            values = _vehicle(cells)
            _once(seen, values["plate"], number, "plate")
            if values["rfid"]:
                _once(tags, str(values["rfid"]).casefold(), number, "rfid")
            counts[_save(organisation, values)] += 1
        except _Bad as bad:
            errors.append(RowError(number, bad.column, bad.message))
    return Imported(**counts, errors=errors)


@transaction.atomic
def save_vehicle(
    *, cells: Mapping[str, str], now: datetime, organisation: Organisation | None = None, driver: User | None = None
) -> Vehicle:
    """Add or change one vehicle, of a fleet or (organisation None) of its driver; cells as in the template. Invalid."""
    try:
        values = _vehicle(cells)
        if organisation is None:
            values["driver"] = driver
        _save(organisation, values)
    except _Bad as bad:
        raise Invalid(bad.message, **{bad.column: bad.message}) from bad
    return Vehicle.objects.get(
        organisation=organisation, plate=values["plate"], **({} if organisation else {"driver": driver})
    )


@transaction.atomic
def retire(*, vehicle: Vehicle, now: datetime) -> None:
    """Take a vehicle off the roster. Its sessions keep naming it; its card no longer charges."""
    Vehicle.objects.filter(pk=vehicle.pk).update(active=False)


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(data) > MOST_BYTES:
        raise Invalid(f"The file is larger than {MOST_BYTES // 1_000_000} MB.", file="too large")
    lines = _text(data)
    first = lines.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    table = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter)
    header = [name.strip().casefold().replace(" ", "_") for name in _next(table) or []]
    _check_header(header)
    while (row := _next(table)) is not None:
        if table.line_num > MOST_ROWS:
            raise Invalid(f"A roster has at most {MOST_ROWS} rows.", file="too many rows")
        if any(cell.strip() for cell in row):
            yield table.line_num, dict(zip(header, (cell.strip() for cell in row), strict=False))


def _next(table: "_Reader") -> list[str] | None:
    try:
        return next(table, None)
    except csv.Error as error:
        raise Invalid(f"Row {table.line_num} is not CSV: {error}.", file="not CSV") from error


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("This is not a text file. Save the sheet as CSV.", file="not text")


def _check_header(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name and name not in COLUMNS]
    if missing:
        raise Invalid(f"The first row must name the columns: {', '.join(COLUMNS)}.", missing=missing, found=header)
    if unknown:
        raise Invalid(f"There is no column {unknown[0]!r}. Known: {', '.join(COLUMNS)}.", unknown=unknown)


def _vehicle(cells: Mapping[str, str]) -> dict[str, object]:
    for column, text in cells.items():
        if any(unicodedata.category(letter) == "Cc" for letter in text):
            raise _Bad(column, "has a character in it that cannot be printed")
    plate = " ".join(cells.get("plate", "").upper().split())
    if not 1 <= len(plate) <= 16:
        raise _Bad("plate", "is missing" if not plate else "has at most 16 characters")
    return {
        "plate": plate,
        "make": _short(cells, "make", 40),
        "model": _short(cells, "model", 40),
        "battery_wh": _battery(cells.get("battery_kwh", "")),
        "connector": _connector(cells.get("connector", "")),
        "driver": _driver(cells.get("driver_email", "")),
        "rfid": _short(cells, "rfid", 36),
    }


def _short(cells: Mapping[str, str], column: str, most: int) -> str:
    text = cells.get(column, "")
    if len(text) > most:
        raise _Bad(column, f"has at most {most} characters")
    return text


def _battery(text: str) -> int:
    if not text:
        return 0
    try:
        kwh = Decimal(text.replace(",", "."))
    except InvalidOperation:
        kwh = Decimal(-1)
    if not kwh.is_finite() or not 0 <= kwh <= MOST_KWH:
        raise _Bad("battery_kwh", f"{text!r} is not a number of kWh from 0 to {MOST_KWH}")
    return int(kwh * 1000)


def _connector(text: str) -> str:
    found = CONNECTORS.get(text.casefold()) if text else ""
    if found is None:
        raise _Bad("connector", f"{text!r} is not one of {', '.join(Connector.Standard.labels)}")
    return found


def _driver(email: str) -> User | None:
    if not email:
        return None
    try:
        validate_email(email)
    except ValidationError as error:
        raise _Bad("driver_email", f"{email!r} is not an e-mail address") from error
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise _Bad("driver_email", f"nobody here has the address {email}")
    return user


def _once(seen: dict[str, int], value: object, row: int, column: str) -> None:
    first = seen.setdefault(str(value), row)
    if first != row:
        raise _Bad(column, f"{value} is in row {first} already")


def _save(organisation: Organisation | None, values: Mapping[str, object]) -> str:
    if values["rfid"]:
        others = Vehicle.objects.filter(rfid__iexact=str(values["rfid"]), active=True)
        if others.exclude(organisation=organisation, plate=values["plate"]).exists():
            raise _Bad("rfid", f"card {values['rfid']} belongs to another vehicle")
    owner = {} if organisation else {"driver": values["driver"]}
    vehicle = Vehicle.objects.filter(organisation=organisation, plate=values["plate"], **owner).first()
    if vehicle is None:
        Vehicle.objects.create(organisation=organisation, **values)
        return "added"
    before = {name: getattr(vehicle, name) for name in values}
    if before == values and vehicle.active:
        return "unchanged"
    for name, value in values.items():
        setattr(vehicle, name, value)
    vehicle.active = True
    vehicle.save()
    return "updated"
