"""Asking for reports, and what becomes of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from saas.kit.errors import Forbidden, Invalid, NotFound, Refused
from saas.kit.home import home
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import Organisation, User
from tenants.accounts.permissions import can
from tenants.feed.actions import publish

from .models import Report, ReportFile

KINDS = ("esg", "ghg", "esrs_e1", "vsme_b3", "fleet")
WITH_REVENUE = ("esrs_e1", "vsme_b3")
SOURCES = ("all", "live", "imported")
LONGEST_DAYS = 3660
LOST_AFTER = timedelta(minutes=15)


class WrongState(Refused):
    """The report is past this."""

    code = "wrong_state"


class FileMissing(Refused):
    """There is no such file, or it is not what was said of it."""

    code = "file_missing"
    status = 422


@dataclass(frozen=True)
class Made:
    """A file that was made: below the tenant's folder, with its digest."""

    kind: str
    path: str
    sha256: str
    size_bytes: int


@transaction.atomic
def request_report(
    *,
    user: User,
    kind: str,
    organisation_uid: UUID | None,
    period_start: date,
    period_end: date,
    language: str,
    now: datetime,
    source: str = "all",
    net_revenue_minor: int | None = None,
) -> Report:
    """Ask for a document about [period_start, period_end) of one organisation, or (None) of the whole tenant.

    Raises Forbidden, NotFound (of an organisation that is not the person's business too), Invalid.
    """
    organisation = _organisation(user, organisation_uid)
    _check(kind, source, period_start, period_end, language)
    _check_kind(kind, organisation, net_revenue_minor)
    report = Report.objects.create(
        kind=kind,
        organisation=organisation,
        requested_by=user,
        period_start=period_start,
        period_end=period_end,
        language=language,
        source=source,
        net_revenue_minor=net_revenue_minor if kind in WITH_REVENUE else None,
    )
    _tell(report, now)
    return report


@transaction.atomic
def report_running(*, uid: UUID, run_id: str, now: datetime) -> Report:
    """A run took it up. WrongState when another did before; the same run may say so again."""
    report = _locked(uid)
    if report.state == Report.State.RUNNING and report.run_id == run_id:
        return report
    if report.state != Report.State.QUEUED:
        raise WrongState(state=report.state)
    report.state, report.run_id, report.taken_at = Report.State.RUNNING, run_id, now
    return _saved(report, now)


def requeue_lost_reports(*, now: datetime) -> int:
    """Put reports back whose run took them up and was not heard of again. How many."""
    lost = Report.objects.filter(state=Report.State.RUNNING, taken_at__lt=now - LOST_AFTER)
    return lost.update(state=Report.State.QUEUED, run_id="", taken_at=None)


@transaction.atomic
def report_ready(*, uid: UUID, run_id: str, data_version: str, files: Sequence[Made], now: datetime) -> Report:
    """The run filed what it made. Each file is looked at: FileMissing unless it is there, of that size and digest."""
    report = _locked(uid)
    if report.state == Report.State.READY and report.run_id == run_id:
        return report
    _of_run(report, run_id)
    for made in files:
        check_file(made)
        fields = {"path": made.path, "sha256": made.sha256, "size_bytes": made.size_bytes}
        ReportFile.objects.update_or_create(report=report, kind=made.kind, defaults=fields)
    report.state, report.data_version, report.finished_at = Report.State.READY, data_version, now
    return _saved(report, now)


@transaction.atomic
def report_failed(*, uid: UUID, run_id: str, error: str, now: datetime) -> Report:
    """The run gave up. A report that was made stays made: WrongState."""
    report = _locked(uid)
    if report.state == Report.State.FAILED:
        return report
    _of_run(report, run_id)
    report.state, report.error, report.finished_at = Report.State.FAILED, error[:300], now
    return _saved(report, now)


def check_file(made: Made) -> Path:
    """The file in the tenant's own folder. FileMissing when it lies elsewhere, is gone, or differs."""
    root = home().files.resolve()
    path = (root / made.path).resolve()
    own = root / current_schema()
    if not path.is_relative_to(own) or not path.is_file():
        raise FileMissing(path=made.path)
    if path.stat().st_size != made.size_bytes or _sha256(path) != made.sha256:
        raise FileMissing("The file differs from what was said of it.", path=made.path)
    return path


def _organisation(user: User, uid: UUID | None) -> Organisation | None:
    if uid is None:
        if not can(user, "report.request"):
            raise Forbidden()
        return None
    organisation = Organisation.objects.filter(uid=uid).first()
    if organisation is None or not can(user, "report.request", organisation):
        raise NotFound("There is no such organisation.")
    return organisation


def _check(kind: str, source: str, start: date, end: date, language: str) -> None:
    wrong: dict[str, object] = {}
    if kind not in KINDS:
        wrong["kind"] = f"one of {', '.join(KINDS)}"
    if source not in SOURCES:
        wrong["source"] = f"one of {', '.join(SOURCES)}"
    if language not in dict(settings.LANGUAGES):
        wrong["language"] = "not a language of the product"
    if not 0 < (end - start).days <= LONGEST_DAYS:
        wrong["period_end"] = "the first day after the period, at most ten years later"
    if wrong:
        raise Invalid("This report cannot be made.", **wrong)


def _check_kind(kind: str, organisation: Organisation | None, net_revenue_minor: int | None) -> None:
    if net_revenue_minor is not None and net_revenue_minor <= 0:
        raise Invalid("The net revenue is an amount above zero.", net_revenue_minor=net_revenue_minor)
    if kind == "fleet" and organisation is not None and organisation.kind != "fleet":
        raise Invalid("A fleet report is about a fleet.", organisation=str(organisation.uid))


def _locked(uid: UUID) -> Report:
    report = Report.objects.select_for_update().filter(uid=uid).first()
    if report is None:
        raise NotFound("There is no such report.")
    return report


def _of_run(report: Report, run_id: str) -> None:
    if report.state not in (Report.State.QUEUED, Report.State.RUNNING) or report.run_id not in ("", run_id):
        raise WrongState(state=report.state)
    report.run_id = run_id


def _saved(report: Report, now: datetime) -> Report:
    report.save()
    _tell(report, now)
    return report


def _tell(report: Report, now: datetime) -> None:
    if report.requested_by is not None:
        data = {"report": str(report.uid), "state": report.state}
        publish(audience=f"user:{report.requested_by.uid}", kind="report", data=data, now=now)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
