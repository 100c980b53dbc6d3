"""Reports that people wait for."""

from datetime import date
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from saas.contracts import internal
from saas.tenancy import queries as tenancy
from tenants.credits import queries as credits
from tenants.credits.models import Block
from tenants.energy import actions, exports

from .guard import body, guarded, json


@guarded("GET", "reports:write")
def queued(request: HttpRequest) -> HttpResponse:
    return json([_with_credits(report) for report in exports.queued_reports()])


def _with_credits(report: internal.QueuedReport) -> internal.QueuedReport:
    """Adds the credits that were retired for the reporter by name; the reports do not know that app."""
    start, end = date.fromisoformat(report.period_start), date.fromisoformat(report.period_end)
    name = report.organisation_name or tenancy.current().name
    blocks = credits.retired(name=name, period_start=start, period_end=end)
    return msgspec.structs.replace(report, retired=[_retired(block) for block in blocks])


def _retired(block: Block) -> internal.RetiredCredits:
    assert block.retired_at is not None
    return internal.RetiredCredits(
        month=block.retired_at.strftime("%Y-%m"), grams=block.grams,
        method=f"{block.batch.method} {block.batch.version}", serials=" – ".join(credits.serials(block)),
    )  # fmt: skip


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
