"""What pipelines may know: instruments, fuel and factors in force."""

from collections.abc import Sequence

from saas.contracts import carbon as words
from saas.kit.errors import Invalid

from . import quality, queries
from .models import Entered, Factor, FuelEntry, Instrument

LIMIT = 500


def instruments(*, after: str | None) -> words.InstrumentPage:
    rows = queries.in_force(Instrument, after=_key(after), limit=LIMIT)
    return words.InstrumentPage(items=[_instrument(row) for row in rows], next=_next(rows))


def fuel(*, after: str | None) -> words.FuelPage:
    rows = queries.in_force(FuelEntry, after=_key(after), limit=LIMIT)
    return words.FuelPage(items=[_fuel(row) for row in rows], next=_next(rows))


def factors(*, after: str | None) -> words.FactorPage:
    rows = queries.newest_factors(after=_key(after), limit=LIMIT)
    return words.FactorPage(items=[_factor(row) for row in rows], next=_next(rows))


def _instrument(row: Instrument) -> words.Instrument:
    names = (
        "kind", "name", "evidence", "registry", "energy_source", "technology", "regions", "site", "volume_wh",
        "mg_per_kwh", "gas_basis", "source",
    )  # fmt: skip
    lacking = quality.missing(row)
    return words.Instrument(
        instrument=f"instrument/{row.uid}", organisation=_whose(row), counts=not lacking, why_not=", ".join(lacking),
        produced_from=row.produced_from.isoformat() if row.produced_from else None,
        produced_to=row.produced_to.isoformat() if row.produced_to else None,
        valid_from=row.valid_from.isoformat(), valid_to=row.valid_to.isoformat(),
        **{name: getattr(row, name) for name in names},
    )  # fmt: skip


def _fuel(row: FuelEntry) -> words.FuelEntry:
    return words.FuelEntry(
        entry=str(row.uid), organisation=_whose(row), vehicle=row.vehicle, fuel=row.fuel, volume_ml=row.volume_ml,
        country=row.country, first_day=row.first_day.isoformat(), end_day=row.end_day.isoformat(),
        evidence=row.receipt,
    )  # fmt: skip


def _factor(row: Factor) -> words.OwnFactor:
    """A withdrawn one holds for no day: that is its last version."""
    names = (
        "kind", "activity", "region", "year", "value", "published", "unit", "gas_basis", "gwp", "boundary",
        "boundary_kind", "source", "source_url", "licence",
    )  # fmt: skip
    return words.OwnFactor(
        base=f"own/{row.base_uid}", valid_from=row.valid_from.isoformat(),
        valid_to=(row.valid_to if row.current else row.valid_from).isoformat(),
        **{name: getattr(row, name) for name in names},
    )  # fmt: skip


def _whose(row: Entered) -> str:
    return str(row.organisation.uid) if row.organisation else ""


def _next(rows: Sequence[Entered]) -> str | None:
    return str(rows[-1].pk) if len(rows) == LIMIT else None


def _key(after: str | None) -> int:
    if not after:
        return 0
    if not after.isdecimal() or not after.isascii() or len(after) > 18:
        raise Invalid("This is not the cursor of a page.", after=after)
    return int(after)
