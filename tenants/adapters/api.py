"""`/devices`: what is connected, claiming adapters, changing and taking away credentials."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from . import actions, queries
from .schemas import Claim, Device, Rotated, Rotation, device_shown

router = Router(tags=["devices"])


@router.get("/devices", response=PageOf[Device], operation_id="devices")
def devices(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """For staff all devices, for others the adapters that they claimed."""
    person = caller(request)
    page = queries.page(viewer=person, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [device_shown(device, viewer=person) for device in page.items], "next": page.next}


@router.post("/devices/claim", response={201: Device}, operation_id="claim_device")
def claim(request: HttpRequest, body: Claim) -> Status[object]:
    """Make an adapter one's own. It connects within seconds. Five wrong codes, and one has to wait."""
    person = caller(request)
    device = actions.claim(code=body.code, device_id=body.device, by=person, now=timezone.now())
    return Status(201, device_shown(device, viewer=person))


@router.get("/devices/{device_id}", response=Device, operation_id="device")
def device(request: HttpRequest, device_id: str) -> object:
    person = caller(request)
    return device_shown(queries.get(device_id=device_id, viewer=person), viewer=person)


@router.post("/devices/{device_id}/rotate", response=Rotated, operation_id="rotate_device")
def rotate(request: HttpRequest, device_id: str, body: Rotation) -> object:
    """A new password, by staff. An adapter is told it and changes over by itself."""
    person = caller(request)
    secret = actions.rotate(device_id=device_id, by=person, now=timezone.now(), immediately=body.immediately)
    shown = device_shown(queries.get(device_id=device_id, viewer=person), viewer=person)
    return {"device": shown, "secret": secret}


@router.post("/devices/{device_id}/revoke", response=Device, operation_id="revoke_device")
def revoke(request: HttpRequest, device_id: str) -> object:
    """Shut it out, by staff: disconnected within seconds."""
    person = caller(request)
    return device_shown(actions.revoke(device_id=device_id, by=person, now=timezone.now()), viewer=person)


@router.post("/devices/{device_id}/restore", response=Device, operation_id="restore_device")
def restore(request: HttpRequest, device_id: str) -> object:
    """Let it in again, by staff."""
    person = caller(request)
    return device_shown(actions.restore(device_id=device_id, by=person, now=timezone.now()), viewer=person)


@router.post("/devices/{device_id}/release", response={204: None}, operation_id="release_device")
def release(request: HttpRequest, device_id: str) -> Status[None]:
    """Give an adapter up, by its owner or staff: nobody's, its keys forgotten. Whoever has it next may claim it."""
    actions.release(device_id=device_id, by=caller(request), now=timezone.now())
    return Status(204, None)
