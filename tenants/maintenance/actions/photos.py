"""Photos of work orders: of the place, of what was found, of what was done."""

from datetime import datetime

from django.db import transaction

from saas.kit import private_files
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from ..errors import NotYours, PhotoOfAnother, TooManyPhotos, WrongStep
from ..models import OrderPhoto, WorkOrder
from ..pictures import Picture, cleaned
from ..queries.orders import is_assignee
from ..queries.photos import FULL, KIND, SMALL, name_of
from ..stages import OVER
from .orders import record

MOST = 12


def add_photo(*, order: WorkOrder, data: bytes, by: User, now: datetime) -> OrderPhoto:
    """Keep a photo, cleaned, while the job lasts: by the technician who has it, or by who sends technicians.

    NotYours, WrongStep (it is over), TooManyPhotos, NoPhoto, PhotoTooLarge.
    """
    if not (can(by, "maintenance.manage") or is_assignee(order, by)):
        raise NotYours()
    return _keep(order, cleaned(data), by, now)


@transaction.atomic
def remove_photo(*, photo: OrderPhoto, by: User, now: datetime) -> None:
    """By who added it alone: PhotoOfAnother. That there was one stays in the log."""
    if photo.added_by_id != by.pk:
        raise PhotoOfAnother()
    record(photo.order, "unphoto", by, now)
    private_files.drop(KIND, name_of(photo, FULL), name_of(photo, SMALL))
    photo.delete()


@transaction.atomic
def _keep(order: WorkOrder, picture: Picture, by: User, now: datetime) -> OrderPhoto:
    row = WorkOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if row.state in OVER:
        raise WrongStep(state=row.state)
    if row.photos.count() >= MOST:
        raise TooManyPhotos(most=MOST)
    kept = OrderPhoto.objects.create(
        order=row, added_by=by, width=picture.width, height=picture.height, size=len(picture.full)
    )
    record(row, "photo", by, now)
    private_files.put(KIND, {name_of(kept, FULL): picture.full, name_of(kept, SMALL): picture.small})
    return kept
