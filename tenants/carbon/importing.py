"""Fuel from a spreadsheet: rows that do not fit are named, the others are in; the same file again adds nothing."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.db import transaction

from saas.kit.errors import Invalid
from tenants.accounts.models import Organisation, User
from tenants.fleets.actions import Imported, RowError

from .actions import EnteredTwice, WantedFuel, enter_fuel
from .models import FuelEntry

COLUMNS = ("vehicle", "fuel", "litres", "date", "last_date", "country", "receipt")
REQUIRED = ("vehicle", "fuel", "litres", "date")
MOST_BYTES, MOST_ROWS = 2_000_000, 20_000
FUELS = {
    "gasoline": "petrol", "benzin": "petrol", "super": "petrol", "super e5": "petrol", "super e10": "petrol",
    "unleaded": "petrol", "gas oil": "diesel", "b7": "diesel", "autogas": "lpg", "b100": "biodiesel",
}  # fmt: skip
_GERMAN = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")
_EITHER = re.compile(r"[1-9]\d{0,2},\d{3}")


class _Bad(Exception):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


def template() -> bytes:
    """An empty sheet with an example row, for people to fill in."""
    return (",".join(COLUMNS) + "\r\nABC-123,diesel,61.24,2026-03-02,,FI,R-1042\r\n").encode("utf-8-sig")


@transaction.atomic
def import_fuel(*, data: bytes, organisation: Organisation | None, country: str, by: User, now: datetime) -> Imported:
    """Fuel of an organisation's vehicles; `country` is for rows that name none. Comma, semicolon or tab.

    `last_date` is the last day, included, of fuel that was taken over several days. Dates as 2026-03-02 or 02.03.2026.
    Raises Invalid when it is no such table at all.
    """
    counts = {"added": 0, "updated": 0, "unchanged": 0}
    errors: list[RowError] = []
    for number, cells in _rows(data):
        try:
            counts[_enter(_wanted(cells, country), organisation, by, now)] += 1
        except _Bad as bad:
            errors.append(RowError(number, bad.column, bad.message))
        except Invalid as refusal:
            column, message = next(iter(refusal.details.items()))
            errors.append(RowError(number, NAMES.get(column, column), str(message)))
    return Imported(**counts, errors=errors)


NAMES = {"volume_ml": "litres", "first_day": "date", "end_day": "last_date"}


def _enter(wanted: WantedFuel, organisation: Organisation | None, by: User, now: datetime) -> str:
    """Raises _Bad where the same filling has another volume: which is right is not for us to say."""
    try:
        enter_fuel(wanted=wanted, organisation=organisation, by=by, now=now)
    except EnteredTwice:
        held = FuelEntry.objects.filter(
            organisation=organisation, vehicle=wanted.vehicle, fuel=wanted.fuel, first_day=wanted.first_day,
            end_day=wanted.end_day, receipt=wanted.receipt, current=True, volume_ml=wanted.volume_ml,
        )  # fmt: skip
        if not held.exists():
            raise _Bad("litres", "this filling is entered with another volume; withdraw that one first") from None
        return "unchanged"
    return "added"


def _wanted(cells: Mapping[str, str], country: str) -> WantedFuel:
    first = _day(cells, "date")
    last = _day(cells, "last_date") if cells.get("last_date") else first
    if last < first:
        raise _Bad("last_date", "is before the date")
    kind = cells.get("fuel", "").casefold()
    return WantedFuel(
        vehicle=" ".join(cells.get("vehicle", "").upper().split())[:41], fuel=FUELS.get(kind, kind),
        volume_ml=_ml(cells.get("litres", "")), country=(cells.get("country") or country).upper(), first_day=first,
        end_day=last + timedelta(days=1), receipt=cells.get("receipt", "")[:60],
    )  # fmt: skip


def _ml(text: str) -> int:
    """Millilitres. A comma before three digits may part thousands or decimals: a thousandfold is not guessed."""
    if _EITHER.fullmatch(text):
        raise _Bad("litres", f"{text!r} may be {text.replace(',', '')} or {text.replace(',', '.')}: write one of them")
    try:
        litres = Decimal(text.replace(",", "."))
    except InvalidOperation:
        litres = Decimal(-1)
    if not litres.is_finite() or not 0 < litres <= 1_000_000 or litres * 1000 % 1:
        raise _Bad("litres", f"{text!r} is not a number of litres above 0 with at most three decimals")
    return int(litres * 1000)


def _day(cells: Mapping[str, str], column: str) -> date:
    text = cells.get(column, "")
    german = _GERMAN.fullmatch(text)
    try:
        return date.fromisoformat("-".join(reversed(german.groups())) if german else text)
    except ValueError:
        raise _Bad(column, f"{text!r} is not a date such as 2026-03-02 or 02.03.2026") from None


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(data) > MOST_BYTES:
        raise Invalid(f"The file is larger than {MOST_BYTES // 1_000_000} MB.", file="too large")
    text = _text(data)
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip().casefold().replace(" ", "_") for name in next(table, [])]
        _check_header(header)
        for row in table:
            if table.line_num > MOST_ROWS:
                raise Invalid(f"A sheet has at most {MOST_ROWS} rows.", file="too many rows")
            if any(cell.strip() for cell in row):
                yield table.line_num, dict(zip(header, (cell.strip() for cell in row), strict=False))
    except csv.Error as error:
        raise Invalid(f"Row {table.line_num} is not CSV: {error}.", file="not CSV") from error


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Invalid("This is not a text file. Save the sheet as CSV.", file="not text")


def _check_header(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name and name not in COLUMNS]
    if missing or unknown:
        raise Invalid(f"The first row must name the columns: {', '.join(COLUMNS)}.", missing=missing, unknown=unknown)
