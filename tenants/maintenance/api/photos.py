"""`/maintenance/work-orders/{uid}/photos`."""

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Query, Router, Status, UploadedFile

from saas.kit.errors import Invalid
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from ..actions import photos as actions
from ..downloads import photo_shown
from ..pictures import MEDIA
from ..queries import orders, photos
from ..schemas import OrderPhotoShown
from ..showing import photo_said

router = Router(tags=["maintenance"])
AT = "/maintenance/work-orders/{uuid:uid}/photos"
PICTURE: dict[str, Any] = {
    "responses": {200: {"description": "The photo", "content": {MEDIA: {"schema": {"type": "string",
                                                                                   "format": "binary"}}}}}
}  # fmt: skip


@router.get(AT, response=PageOf[OrderPhotoShown], operation_id="work_order_photos")
def all_photos(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """Photos of a work order, newest first."""
    found = orders.find(uid=uid, viewer=caller(request))
    page = photos.page(order=found, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [photo_said(row) for row in page.items], "next": page.next}


@router.post(AT, response={201: OrderPhotoShown}, operation_id="add_work_order_photo")
def add_photo(request: HttpRequest, uid: UUID, file: File[UploadedFile | None] = None) -> Status[object]:
    """JPEG, PNG or WebP (multipart, `file`), by the technician who has the job or by who sends technicians.

    It is made anew from its pixels: position, time and camera are not kept.
    """
    person = caller(request)
    found = orders.find(uid=uid, viewer=person)
    if file is None:
        raise Invalid("Send a photo as multipart/form-data.", file="is missing")
    return Status(201, photo_said(actions.add_photo(order=found, data=file.read(), by=person, now=timezone.now())))


@router.get(f"{AT}/{{uuid:photo}}", response={200: None}, operation_id="work_order_photo", openapi_extra=PICTURE)
def photo(request: HttpRequest, uid: UUID, photo: UUID, size: Literal["full", "small"] = "full") -> FileResponse:
    """The picture itself, as JPEG of at most 2560 pixels, or of 480."""
    found = photos.find(order=orders.find(uid=uid, viewer=caller(request)), uid=photo)
    return photo_shown(found, photos.SMALL if size == "small" else photos.FULL)


@router.delete(f"{AT}/{{uuid:photo}}", response={204: None}, operation_id="remove_work_order_photo")
def remove_photo(request: HttpRequest, uid: UUID, photo: UUID) -> Status[None]:
    """By who added it."""
    person = caller(request)
    found = photos.find(order=orders.find(uid=uid, viewer=person), uid=photo)
    actions.remove_photo(photo=found, by=person, now=timezone.now())
    return Status(204, None)
