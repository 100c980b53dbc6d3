"""Firmware images."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Status, UploadedFile

from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from .. import actions, queries, showing
from ..schemas import Image, ImageFacts

router = Router(tags=["firmware"])


@router.get("/firmware", response=PageOf[Image], operation_id="firmware_images")
def images(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Images, newest first."""
    page = queries.image_page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.image(row) for row in page.items], "next": page.next}


@router.post("/firmware", response={201: Image}, operation_id="add_firmware_image")
def add(request: HttpRequest, facts: Form[ImageFacts], file: File[UploadedFile]) -> Status[object]:
    """Upload an image (multipart). An adapter's is taken only with this installation's signature."""
    described = actions.Described(**facts.model_dump())
    made = actions.add_image(described=described, chunks=file.chunks(), by=caller(request), now=timezone.now())
    return Status(201, showing.image(made))


@router.get("/firmware/{uuid:uid}", response=Image, operation_id="firmware_image")
def image(request: HttpRequest, uid: UUID) -> object:
    """One image, with the address from which devices load it."""
    return showing.image(queries.image(uid=uid, viewer=caller(request)))


@router.post("/firmware/{uuid:uid}/withdraw", response=Image, operation_id="withdraw_firmware_image")
def withdraw(request: HttpRequest, uid: UUID) -> object:
    """No new roll-out takes it; those that run still find the file."""
    person = caller(request)
    found = queries.image(uid=uid, viewer=person)
    return showing.image(actions.withdraw_image(image=found, by=person, now=timezone.now()))
