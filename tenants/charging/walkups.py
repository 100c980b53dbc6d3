"""What a session without a booking costs: by the price that its charger is offered at."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from saas.tenancy.queries import current
from tenants.marketplace.models import Listing
from tenants.tariffs.engine import Stretch, price

from .models import Session
from .outcomes import Delivered

FREE: dict[str, Any] = {"lines": [], "net_minor": 0, "tax_minor": 0, "total_minor": 0}


@dataclass(frozen=True)
class Priced:
    """`bill` as it is kept on a session."""

    currency: str
    bill: dict[str, Any]

    @property
    def total_minor(self) -> int:
        return int(self.bill["total_minor"])


def priced(session: Session, delivered: Delivered) -> Priced:
    """Nobody paid ahead: the cost is worked out for the record, where the charger has a price; else it is free."""
    offered = Listing.objects.select_related("tariff").exclude(state=Listing.State.DELETED)
    listing = offered.filter(evse=session.evse).first()
    if listing is None:
        return Priced(current().currency, dict(FREE))
    tariff = listing.tariff
    end = max(delivered.start, delivered.end)
    found = price(
        elements=tariff.elements,
        code=tariff.currency,
        tax_bp=tariff.tax_bp,
        stretches=[Stretch(delivered.start, end, Fraction(delivered.energy_wh))],
        zone=ZoneInfo(session.evse.location.timezone),
    )
    lines = [line.as_json() for line in found.lines]
    totals = {"net_minor": found.net_minor, "tax_minor": found.tax_minor, "total_minor": found.total_minor}
    return Priced(tariff.currency, {"lines": lines, **totals})
