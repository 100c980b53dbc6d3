"""Photos of work orders. Who may see the work order may see these."""

from pathlib import Path
from uuid import UUID

from saas.kit.errors import NotFound
from saas.kit.pagination import Page, newest_first
from saas.kit.private_files import path_of

from ..models import Alert, OrderPhoto, WorkOrder

KIND = "work-orders"
FULL, SMALL = "", "-small"


def page(*, order: WorkOrder, after: str | None, limit: int) -> Page[OrderPhoto]:
    """Newest first."""
    rows = OrderPhoto.objects.select_related("added_by", "order").filter(order=order)
    return newest_first(rows, after=after, limit=limit)


def of_order(order: WorkOrder) -> list[OrderPhoto]:
    """All, in the order in which they were added."""
    return list(order.photos.select_related("added_by", "order").order_by("pk"))


def of_alert(alert: Alert) -> list[OrderPhoto]:
    """Of its work orders, newest first."""
    rows = OrderPhoto.objects.select_related("added_by", "order").filter(order__alert=alert)
    return list(rows.order_by("-pk")[:50])


def find(*, order: WorkOrder, uid: UUID) -> OrderPhoto:
    """NotFound for one of another work order, and where the file is gone."""
    row = OrderPhoto.objects.select_related("order").filter(order=order, uid=uid).first()
    if row is None or not file_of(row).exists():
        raise NotFound("There is no such photo.")
    return row


def file_of(photo: OrderPhoto, size: str = FULL) -> Path:
    return path_of(KIND, name_of(photo, size))


def name_of(photo: OrderPhoto, size: str) -> str:
    """`size`: FULL or SMALL."""
    return f"{photo.uid}{size}.jpg"
