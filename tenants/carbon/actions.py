"""Entering instruments, fuel and factors; replacing and withdrawing them. Rows are never overwritten."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from django.db import IntegrityError, transaction

from saas.contracts.carbon import ENERGY_SOURCES, FACTOR_UNITS, FUELS
from saas.kit.errors import Invalid, Refused
from tenants.accounts import audit
from tenants.accounts.models import Organisation, User

from . import quality
from .models import Entered, Factor, FuelEntry, Instrument

COUNTRY = re.compile(r"[A-Z]{2}")
MOST_WH, MOST_ML, MOST_MG = 10**16, 10**12, 10**9
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
RATES = ("supplier", "residual")
BOUNDARIES = {
    "grid_location": ("generation", "life_cycle"), "grid_upstream": ("upstream",), "grid_losses": ("losses",),
    "fuel": ("combustion",), "fuel_upstream": ("upstream",), "fuel_energy": ("content",),
}  # fmt: skip


class Replaced(Refused):
    """This entry was replaced or withdrawn by somebody; look at the newest one."""

    code = "entry_replaced"


class EnteredTwice(Refused):
    """The same fuel of this vehicle and day is entered already. Another filling needs its receipt's number."""

    code = "fuel_entered_twice"


@dataclass(frozen=True)
class WantedInstrument:
    """An instrument as somebody states it. `regions`: ISO 3166 alpha-2; periods end with the first day after them."""

    kind: str
    name: str
    energy_source: str
    regions: tuple[str, ...]
    valid_from: date
    valid_to: date
    mg_per_kwh: int
    source: str
    evidence: str = ""
    registry: str = ""
    technology: str = ""
    site: str = ""
    produced_from: date | None = None
    produced_to: date | None = None
    volume_wh: int | None = None
    gas_basis: str = "CO2e"
    quality: tuple[str, ...] = ()


@dataclass(frozen=True)
class WantedFuel:
    vehicle: str
    fuel: str
    volume_ml: int
    country: str
    first_day: date
    end_day: date
    receipt: str = ""


@dataclass(frozen=True)
class WantedFactor:
    """A factor as its source has it; `published` in main units of `unit` (kg per kWh, kg per litre, MJ per litre)."""

    kind: str
    activity: str
    region: str
    year: int
    published: str
    gas_basis: str
    boundary: str
    boundary_kind: str
    source: str
    licence: str
    valid_from: date
    valid_to: date
    gwp: str = ""
    source_url: str = ""


@transaction.atomic
def enter_instrument(
    *, wanted: WantedInstrument, organisation: Organisation | None, by: User, now: datetime,
    replaces: Instrument | None = None,
) -> Instrument:  # fmt: skip
    """Add an instrument, or put it in the place of another. Raises Invalid, Replaced."""
    _check_instrument(wanted)
    if replaces is not None:
        _out(replaces, now)
    fields = asdict(wanted) | {"regions": list(wanted.regions), "quality": sorted(set(wanted.quality))}
    row = Instrument.objects.create(
        **fields, organisation=organisation, entered_by=by, changed_at=now, replaces=replaces
    )
    act = "instrument.replaced" if replaces else "instrument.added"
    audit.record(actor=by, act=act, subject=row.name, now=now, changes=_changes(replaces, row, fields))
    return row


@transaction.atomic
def enter_fuel(*, wanted: WantedFuel, organisation: Organisation | None, by: User, now: datetime) -> FuelEntry:
    """Raises Invalid, EnteredTwice. A day ahead is allowed, since it is tomorrow already in some places."""
    _check_fuel(wanted)
    if wanted.first_day > now.date() + timedelta(days=1):
        raise Invalid("This entry does not fit.", first_day="lies in the future")
    try:
        with transaction.atomic():
            row = FuelEntry.objects.create(**asdict(wanted), organisation=organisation, entered_by=by, changed_at=now)
    except IntegrityError:
        raise EnteredTwice() from None
    audit.record(actor=by, act="fuel.added", subject=f"{row.vehicle} {row.first_day}", now=now)
    return row


@transaction.atomic
def enter_factor(*, wanted: WantedFactor, by: User, now: datetime, replaces: Factor | None = None) -> Factor:
    """Add a factor, or a new version of one. Raises Invalid, Replaced."""
    value = _check_factor(wanted)
    if replaces is not None:
        if (replaces.kind, replaces.activity, replaces.region) != (wanted.kind, wanted.activity, wanted.region):
            raise Invalid("A new version is of the same kind, activity and region.", kind="another factor")
        _out(replaces, now)
    row = Factor.objects.create(
        **asdict(wanted), value=value, unit=UNITS[FACTOR_UNITS[wanted.kind]], entered_by=by, changed_at=now,
        base_uid=replaces.base_uid if replaces else uuid.uuid4(), version=replaces.version + 1 if replaces else 1,
    )  # fmt: skip
    act = "factor.replaced" if replaces else "factor.added"
    audit.record(actor=by, act=act, subject=f"{row.kind} {row.region} {row.year}", now=now)
    return row


@transaction.atomic
def withdraw(*, row: Entered, by: User, now: datetime) -> None:
    """It was wrong: it counts no more from the next reckoning on; reports that were made stay. Raises Replaced."""
    _out(row, now)
    audit.record(actor=by, act="carbon.withdrawn", subject=f"{type(row).__name__} {row.uid}", now=now)


def _out(row: Entered, now: datetime) -> None:
    changed = type(row)._default_manager.filter(pk=row.pk, current=True).update(current=False, changed_at=now)
    if not changed:
        raise Replaced()
    row.current = False


def _changes(old: Instrument | None, new: Instrument, fields: Mapping[str, object]) -> dict[str, object]:
    if old is None:
        return {}
    pairs = {name: [getattr(old, name), getattr(new, name)] for name in fields}
    return {name: [str(a), str(b)] for name, (a, b) in pairs.items() if a != b}


def _check_instrument(wanted: WantedInstrument) -> None:
    wrong: dict[str, object] = {}
    if wanted.kind not in quality.CRITERIA:
        wrong["kind"] = f"one of {', '.join(quality.CRITERIA)}"
    if wanted.energy_source not in ENERGY_SOURCES:
        wrong["energy_source"] = f"one of {', '.join(ENERGY_SOURCES)}"
    if not wanted.regions or not all(COUNTRY.fullmatch(region) for region in wanted.regions):
        wrong["regions"] = "countries as two capital letters, at least one"
    if wanted.volume_wh is None and wanted.kind not in RATES:
        wrong["volume_wh"] = "a certificate and a contract have a volume"
    elif wanted.volume_wh is not None and not 0 < wanted.volume_wh <= MOST_WH:
        wrong["volume_wh"] = "above 0"
    if not 0 <= wanted.mg_per_kwh <= MOST_MG:
        wrong["mg_per_kwh"] = "0 or more"
    wrong |= _wrong_texts(name=wanted.name, source=wanted.source)
    wrong |= _wrong_period(wanted.valid_from, wanted.valid_to, "valid_to")
    if (wanted.produced_from is None) != (wanted.produced_to is None):
        wrong["produced_to"] = "a production has a beginning and an end"
    elif wanted.produced_from and wanted.produced_to:
        wrong |= _wrong_period(wanted.produced_from, wanted.produced_to, "produced_to")
    unknown = [name for name in wanted.quality if name not in quality.KNOWN]
    if unknown:
        wrong["quality"] = f"there is no criterion {unknown[0]}"
    _refuse(wrong)


def _check_fuel(wanted: WantedFuel) -> None:
    wrong = _wrong_texts(vehicle=wanted.vehicle) | _wrong_period(wanted.first_day, wanted.end_day, "end_day")
    if wanted.fuel not in FUELS:
        wrong["fuel"] = f"one of {', '.join(FUELS)}"
    if not 0 < wanted.volume_ml <= MOST_ML:
        wrong["volume_ml"] = "above 0"
    if not COUNTRY.fullmatch(wanted.country):
        wrong["country"] = "two capital letters"
    if len(wanted.vehicle) > 40:
        wrong["vehicle"] = "has at most 40 characters"
    if (wanted.end_day - wanted.first_day).days > 366:
        wrong["end_day"] = "at most a year"
    _refuse(wrong)


# From the published number to the whole number that is kept, and the unit that it is entered in.
UNITS = {"mg/kWh": "kg per kWh", "mg/l": "kg per litre", "Wh/l": "MJ per litre"}
_SCALE = {"mg/kWh": Decimal(10**6), "mg/l": Decimal(10**6), "Wh/l": Decimal(10**6) / 3600}
_PUBLISHED = re.compile(r"\d{1,6}(\.\d{1,10})?")


def _check_factor(wanted: WantedFactor) -> int:
    """The value as a whole number, rounded half-even. Raises Invalid."""
    if wanted.kind not in FACTOR_UNITS:
        raise Invalid("This factor cannot be entered.", kind=f"one of {', '.join(FACTOR_UNITS)}")
    wrong = _wrong_texts(source=wanted.source, licence=wanted.licence, boundary=wanted.boundary)
    wrong |= _wrong_period(wanted.valid_from, wanted.valid_to, "valid_to")
    unit = FACTOR_UNITS[wanted.kind]
    activities = ("electricity",) if unit == "mg/kWh" else FUELS
    if wanted.activity not in activities:
        wrong["activity"] = f"one of {', '.join(activities)}"
    if wanted.boundary_kind not in BOUNDARIES[wanted.kind]:
        wrong["boundary_kind"] = f"one of {', '.join(BOUNDARIES[wanted.kind])}"
    if not COUNTRY.fullmatch(wanted.region):
        wrong["region"] = "two capital letters"
    if not 1990 <= wanted.year <= LAST.year:
        wrong["year"] = "a year from 1990 on"
    value = _value(wanted.published, unit)
    if value is None:
        wrong["published"] = "a number such as 0.20707"
    _refuse(wrong)
    assert value is not None
    return value


def _value(published: str, unit: str) -> int | None:
    if not _PUBLISHED.fullmatch(published):
        return None
    value = (Decimal(published) * _SCALE[unit]).quantize(Decimal(1), ROUND_HALF_EVEN)
    return int(value) if value <= MOST_MG else None


def _wrong_texts(**texts: str) -> dict[str, object]:
    return {name: "is missing" for name, text in texts.items() if not text.strip()}


def _wrong_period(start: date, end: date, name: str) -> dict[str, object]:
    return {} if FIRST <= start < end <= LAST else {name: "the first day after a period that begins after 1999"}


def _refuse(wrong: Mapping[str, object]) -> None:
    if wrong:
        raise Invalid("This entry does not fit.", **wrong)
