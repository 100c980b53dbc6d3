"""Reports that people wait for."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from saas.contracts import internal
from tenants.energy import actions, exports

from .guard import body, guarded, json


@guarded("GET", "reports:write")
def queued(request: HttpRequest) -> HttpResponse:
    return json(exports.queued_reports())


@guarded("POST", "reports:write")
def running(request: HttpRequest, uid: UUID) -> HttpResponse:
    said = body(request, internal.RunStarted)
    actions.report_running(uid=uid, run_id=said.run_id, now=timezone.now())
    return HttpResponse(status=204)


@guarded("POST", "reports:write")
def ready(request: HttpRequest, uid: UUID) -> HttpResponse:
    said = body(request, internal.ReportMade)
    files = [actions.Made(f.kind, f.path, f.sha256, f.size_bytes) for f in said.files]
    actions.report_ready(uid=uid, run_id=said.run_id, data_version=said.data_version, files=files, now=timezone.now())
    return HttpResponse(status=204)


@guarded("POST", "reports:write")
def failed(request: HttpRequest, uid: UUID) -> HttpResponse:
    said = body(request, internal.ReportFailed)
    actions.report_failed(uid=uid, run_id=said.run_id, error=said.error, now=timezone.now())
    return HttpResponse(status=204)


urls = [
    path("reports/queued", queued),
    path("reports/<uuid:uid>/running", running),
    path("reports/<uuid:uid>/ready", ready),
    path("reports/<uuid:uid>/failed", failed),
]
