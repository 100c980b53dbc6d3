"""Price series and their values."""

from datetime import datetime
from uuid import UUID

from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import Page, cursor_at, moment_of, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from ..models import PricePoint, PriceSeries


def page(*, viewer: User, after: str | None, limit: int) -> Page[PriceSeries]:
    """Newest first. Forbidden."""
    if not can(viewer, "station.view"):
        raise Forbidden()
    return newest_first(PriceSeries.objects.all(), after=after, limit=limit)


def find(*, uid: UUID, viewer: User) -> PriceSeries:
    """NotFound for everybody without the right to see it."""
    row = PriceSeries.objects.filter(uid=uid).first()
    if row is None or not can(viewer, "station.view", row):
        raise NotFound("There is no such price series.")
    return row


def points(*, series: PriceSeries, start: datetime, after: str | None, limit: int) -> Page[PricePoint]:
    """Values from a moment on, in order of their beginning."""
    rows = PricePoint.objects.filter(series=series, end_at__gt=start).order_by("start_at")
    if after is not None:
        rows = rows.filter(start_at__gt=moment_of(after))
    found = list(rows[: limit + 1])
    return Page(found[:limit], cursor_at(found[limit - 1].start_at) if len(found) > limit else None)
