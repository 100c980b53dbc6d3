"""Files that stations put; the tenant's rules for stations; local lists on demand."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from .. import actions, queries, showing
from ..downloads import file_download
from ..schemas import FileSaid, Policy, Synced, UploadPlace

router = Router(tags=["stations"])


@router.post("/stations/{uid}/uploads", response={201: UploadPlace}, operation_id="station_upload_place")
def new_upload(request: HttpRequest, uid: str) -> Status[object]:
    """An address to which the station may put one file: the `location` of GetDiagnostics or GetLog."""
    person = caller(request)
    place = actions.new_upload(station=queries.find(name=uid, viewer=person), by=person, now=timezone.now())
    url = request.build_absolute_uri(place.path)
    return Status(201, {"uid": place.upload.uid, "url": url, "expires_at": place.upload.expires_at})


@router.get("/stations/{uid}/uploads", response=PageOf[FileSaid], operation_id="station_uploads")
def uploads(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[Paging]) -> object:
    """Files that the station put, newest first."""
    found = queries.find(name=uid, viewer=caller(request))
    page = queries.uploads(station=found, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": page.items, "next": page.next}


@router.get("/stations/{uid}/uploads/{uuid:upload}", response={200: None}, operation_id="station_upload")
def upload(request: HttpRequest, uid: str, upload: UUID) -> Any:
    """The content of a file."""
    found = queries.find(name=uid, viewer=caller(request))
    return file_download(queries.upload(station=found, uid=upload))


@router.post("/stations/{uid}/local-list/sync", response=Synced, operation_id="sync_station_local_list")
def sync(request: HttpRequest, uid: str) -> object:
    """Bring the station's local list up to the tenant's cards, step by step; see its commands for how far it is."""
    person = caller(request)
    station = queries.find(name=uid, viewer=person)
    return {"asked": actions.sync_local_list(station=station, by=person, now=timezone.now())}


@router.get("/station-policy", response=Policy, operation_id="station_policy")
def policy(request: HttpRequest) -> object:
    """The rules for stations."""
    return showing.policy(queries.policy_for(viewer=caller(request)))


@router.put("/station-policy", response=Policy, operation_id="set_station_policy")
def set_policy(request: HttpRequest, body: Policy) -> object:
    """Change the rules for stations."""
    fields = body.model_dump(exclude={"auto_location"})
    place = queries.location(uid=body.auto_location) if body.auto_location else None
    wanted = actions.Policy(**fields, auto_location=place)
    return showing.policy(actions.set_policy(wanted=wanted, by=caller(request), now=timezone.now()))
