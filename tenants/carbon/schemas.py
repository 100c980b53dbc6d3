"""Shapes of the carbon API. Energy in Wh, volume in ml, emission rates in mg CO2e per kWh: whole numbers."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import StringConstraints

from saas.kit.pagination import LIMIT, MOST
from saas.kit.schemas import LongText, Moment, Paging, Sentence, Word

from . import quality
from .models import Entered, Factor, FuelEntry
from .models import Instrument as InstrumentRow

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00]*$")]
Wh = Annotated[int, Field(gt=0, le=10**16)]
Mg = Annotated[int, Field(ge=0, le=10**9)]


class NewInstrument(Schema):
    """An instrument of the market-based method. Periods end with the first day after them."""

    kind: Literal["certificate", "contract", "supplier", "residual"]
    name: Name
    energy_source: Literal["renewable", "nuclear", "fossil", "unknown"]
    regions: Annotated[list[Country], Field(min_length=1, max_length=60)]
    valid_from: Day
    valid_to: Day
    mg_per_kwh: Mg
    source: Annotated[Sentence, Field(min_length=1)]
    evidence: Annotated[LongText, Field(max_length=400)] = ""
    registry: Word = ""
    technology: Annotated[Word, Field(max_length=60)] = ""
    site: Annotated[Word, Field(description="Only at this site; empty: anywhere in its market")] = ""
    produced_from: Day | None = None
    produced_to: Day | None = None
    volume_wh: Wh | None = Field(None, description="Null: a rate for any amount (supplier, residual)")
    gas_basis: Literal["CO2e", "CO2"] = "CO2e"
    quality: list[Annotated[str, StringConstraints(max_length=30)]] = Field(
        default=[], max_length=20, description=f"Criteria that are met, of {', '.join(quality.KNOWN)}"
    )


class InstrumentOf(NewInstrument):
    organisation: UUID | None = Field(None, description="Whose it is; null: the tenant's own")


class Instrument(NewInstrument):
    uid: UUID
    organisation: UUID | None
    current: bool
    counts: bool
    missing: list[str] = Field(description="Quality criteria that keep it from counting")
    created_at: Moment


class NewFuel(Schema):
    """Fuel that a vehicle took in the local days [first_day, end_day)."""

    vehicle: Annotated[Word, Field(min_length=1, max_length=40)]
    fuel: Literal["petrol", "diesel", "lpg", "biodiesel", "hvo", "ethanol"]
    volume_ml: Annotated[int, Field(gt=0, le=10**12)]
    country: Country
    first_day: Day
    end_day: Day
    receipt: Annotated[Word, Field(max_length=60)] = ""
    organisation: UUID | None = None


class Fuel(NewFuel):
    uid: UUID
    current: bool
    created_at: Moment


class FuelSheet(Schema):
    """Fuel entries as CSV text, as the template has it."""

    csv: Annotated[str, Field(min_length=1, max_length=2_000_000)]
    organisation: UUID | None = None


class FuelRowError(Schema):
    """`row` as a spreadsheet counts: the header is row 1."""

    row: int
    column: str
    message: str


class FuelImported(Schema):
    """Rows with an error changed nothing; all others are in."""

    added: int
    unchanged: int
    errors: list[FuelRowError]


class NewFactor(Schema):
    """A factor as its source has it. Unit of `published`: kg per kWh, kg per litre, or MJ per litre (fuel_energy)."""

    kind: Literal["grid_location", "grid_upstream", "grid_losses", "fuel", "fuel_upstream", "fuel_energy"]
    activity: Literal["electricity", "petrol", "diesel", "lpg", "biodiesel", "hvo", "ethanol"]
    region: Country
    year: Annotated[int, Field(ge=1990, le=2100)]
    published: Annotated[str, StringConstraints(pattern=r"^\d{1,6}(\.\d{1,10})?$")]
    gas_basis: Literal["CO2e", "CO2", "none"]
    boundary: Name
    boundary_kind: Literal["generation", "life_cycle", "upstream", "losses", "combustion", "content"]
    source: Annotated[Sentence, Field(min_length=1)]
    licence: Name
    valid_from: Day
    valid_to: Day
    gwp: Annotated[Word, Field(max_length=40)] = ""
    source_url: Annotated[LongText, Field(max_length=300)] = ""


class OwnFactor(NewFactor):
    uid: UUID
    version: int
    current: bool
    value: int = Field(description="Whole mg per kWh, mg per litre or Wh per litre, as it is reckoned with")
    unit: str
    created_at: Moment


class Listing(Paging):
    """Which page, and whether with what was replaced or withdrawn."""

    limit: int = Field(LIMIT, ge=1, le=MOST)
    all: bool = False


def shown_instrument(row: InstrumentRow) -> dict[str, Any]:
    lacking = quality.missing(row)
    return {
        **_shown(row, NewInstrument), **_entered(row), "counts": row.current and not lacking, "missing": lacking,
    }  # fmt: skip


def shown_fuel(row: FuelEntry) -> dict[str, Any]:
    return {**_shown(row, NewFuel), **_entered(row)}


def shown_factor(row: Factor) -> dict[str, Any]:
    return {**_shown(row, NewFactor), **_entered(row), "version": row.version, "value": row.value, "unit": row.unit}


def _shown(row: Entered, shape: type[Schema]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in shape.model_fields if name != "organisation"}


def _entered(row: Entered) -> dict[str, Any]:
    whose = row.organisation.uid if row.organisation else None
    return {"uid": row.uid, "organisation": whose, "current": row.current, "created_at": row.created_at}
