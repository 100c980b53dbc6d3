"""Series of prices and of carbon, uploaded by those who know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db import transaction

from saas.kit.errors import Forbidden, Invalid
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from ..errors import NameTaken, PricesOverlap
from ..models import PricePoint, PriceSeries
from .hurry import hurry

MOST = 5_000
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Point:
    """A value over [start, end)."""

    start: datetime
    end: datetime
    value: Decimal


@transaction.atomic
def create_series(*, name: str, kind: str, currency: str, source: str, by: User, now: datetime) -> PriceSeries:
    """An empty series. Raises Forbidden, Invalid, NameTaken."""
    _may(by)
    if not name.strip() or kind not in PriceSeries.Kind.values:
        raise Invalid("A series needs a name, and a kind: price or co2.", name="not empty", kind="price or co2")
    if PriceSeries.objects.filter(name=name.strip()).exists():
        raise NameTaken()
    return PriceSeries.objects.create(name=name.strip(), kind=kind, currency=currency, source=source)


@transaction.atomic
def put_points(*, series: PriceSeries, points: Sequence[Point], by: User, now: datetime) -> int:
    """Put values in place of whatever the series said of their time. Returns how many there are now of it and later.

    What is a month old goes. Raises Forbidden, Invalid, PricesOverlap.
    """
    _may(by)
    ordered = sorted(points, key=lambda point: point.start)
    _check(ordered)
    held = PricePoint.objects.select_for_update().filter(series=series)
    held.filter(end_at__lt=now - KEPT).delete()
    if ordered:
        held.filter(start_at__lt=ordered[-1].end, end_at__gt=ordered[0].start).delete()
    PricePoint.objects.bulk_create(
        [PricePoint(series=series, start_at=one.start, end_at=one.end, value=one.value) for one in ordered]
    )
    hurry()
    return held.count()


@transaction.atomic
def remove_series(*, series: PriceSeries, by: User, now: datetime) -> None:
    """Sites that followed it charge at once from now on. Forbidden."""
    _may(by)
    series.delete()
    hurry()


def _check(ordered: Sequence[Point]) -> None:
    if len(ordered) > MOST:
        raise Invalid(f"At most {MOST} values at a time.", points=f"at most {MOST}")
    if any(point.end <= point.start for point in ordered):
        raise Invalid("A period ends after it begins.", points="end before start")
    if any(later.start < sooner.end for sooner, later in pairwise(ordered)):
        raise PricesOverlap()


def _may(by: User) -> None:
    if not can(by, "power.manage"):
        raise Forbidden()
