"""The words of carbon between web app and pipelines. Scope `carbon:read`, in pages: `next` goes into `after`.

GET /internal/v1/carbon/instruments?after=  -> InstrumentPage: those in force, also ones that do not count
GET /internal/v1/carbon/fuel?after=         -> FuelPage: entries in force
GET /internal/v1/carbon/factors?after=      -> FactorPage: the newest version of each
GET /internal/v1/carbon/mark                -> Mark: changes when any of these has changed
"""

from typing import Final

import msgspec

INSTRUMENT_KINDS: Final = ("certificate", "contract", "supplier", "residual")
ENERGY_SOURCES: Final = ("renewable", "nuclear", "fossil", "unknown")
FUELS: Final = ("petrol", "diesel", "lpg", "biodiesel", "hvo", "ethanol")
# Kinds of factors that a tenant may enter, with the unit of their whole-number value.
FACTOR_UNITS: Final[dict[str, str]] = {
    "grid_location": "mg/kWh", "grid_upstream": "mg/kWh", "grid_losses": "mg/kWh",
    "fuel": "mg/l", "fuel_upstream": "mg/l", "fuel_energy": "Wh/l",
}  # fmt: skip


class Instrument(msgspec.Struct, kw_only=True):
    """A contractual instrument of Scope 2. Dates are YYYY-MM-DD, `valid_to` and `produced_to` the day after the last.

    `organisation` empty: of the tenant itself. `volume_wh` None: a rate without a volume. `why_not`: the quality
    criteria that are not met, empty when it counts.
    """

    instrument: str
    organisation: str = ""
    kind: str
    name: str
    evidence: str = ""
    registry: str = ""
    energy_source: str
    technology: str = ""
    regions: list[str]
    site: str = ""
    produced_from: str | None = None
    produced_to: str | None = None
    valid_from: str
    valid_to: str
    volume_wh: int | None = None
    mg_per_kwh: int
    gas_basis: str
    source: str
    counts: bool
    why_not: str = ""


class FuelEntry(msgspec.Struct, kw_only=True):
    """Fuel that a vehicle took in the local days [first_day, end_day)."""

    entry: str
    organisation: str = ""
    vehicle: str
    fuel: str
    volume_ml: int
    country: str
    first_day: str
    end_day: str
    evidence: str = ""


class OwnFactor(msgspec.Struct, kw_only=True):
    """A tenant's own emission factor. `base` is the same for all versions of one factor."""

    base: str
    kind: str
    activity: str
    region: str
    year: int
    value: int
    published: str
    unit: str
    gas_basis: str
    gwp: str = ""
    boundary: str
    boundary_kind: str
    source: str
    source_url: str = ""
    licence: str
    valid_from: str
    valid_to: str


class InstrumentPage(msgspec.Struct, kw_only=True):
    items: list[Instrument]
    next: str | None = None


class FuelPage(msgspec.Struct, kw_only=True):
    items: list[FuelEntry]
    next: str | None = None


class FactorPage(msgspec.Struct, kw_only=True):
    items: list[OwnFactor]
    next: str | None = None


class Mark(msgspec.Struct, kw_only=True):
    mark: str
