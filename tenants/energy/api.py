"""`/reports`: asking for documents, watching them, downloading them."""

from typing import Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from . import actions, queries
from .schemas import NewReport, Report, shown

router = Router(tags=["reports"])
DOWNLOAD = {
    "responses": {200: {"description": "The file", "content": {kind: {"schema": {"type": "string"}} for kind in
                                                              ("application/pdf", "text/csv")}}}
}  # fmt: skip


@router.post("/reports", response={201: Report}, operation_id="request_report")
def request_report(request: HttpRequest, body: NewReport) -> Status[object]:
    """Ask for a document. It is made in the background; look again until it is ready."""
    given = body.model_dump(exclude={"organisation"})
    report = actions.request_report(
        user=caller(request), organisation_uid=body.organisation, now=timezone.now(), **given
    )
    return Status(201, shown(report))


@router.get("/reports", response=PageOf[Report], operation_id="reports")
def reports(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Reports that one may read, newest first."""
    page = queries.of_viewer(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [shown(report) for report in page.items], "next": page.next}


@router.get("/reports/{uuid:uid}", response=Report, operation_id="report")
def report(request: HttpRequest, uid: UUID) -> object:
    """One report."""
    return shown(queries.get(uid=uid, viewer=caller(request)))


@router.get("/reports/{uuid:uid}/files/{kind}", operation_id="report_file", openapi_extra=DOWNLOAD)
def report_file(request: HttpRequest, uid: UUID, kind: Literal["pdf", "csv", "figures", "extract"]) -> FileResponse:
    """A file of a report that is ready."""
    path, name = queries.file_of(uid=uid, kind=kind, viewer=caller(request))
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=queries.TYPES[kind])
