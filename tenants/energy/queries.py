"""Reading reports."""

from pathlib import Path
from uuid import UUID

from django.db.models import Q

from saas.kit.errors import NotFound
from saas.kit.home import home
from saas.kit.pagination import LIMIT, Page, newest_first
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import User
from tenants.accounts.permissions import can, organisations_of

from .models import Report

NAMES = {"pdf": "report.pdf", "csv": "report.csv", "figures": "figures.csv", "extract": "extract.json"}
TYPES = {
    "pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "figures": "text/csv; charset=utf-8",
    "extract": "application/json",
}  # fmt: skip


def of_viewer(*, viewer: User, after: str | None = None, limit: int = LIMIT) -> Page[Report]:
    """Reports that this person may read, newest first: of the tenant, of their organisations, or asked for by them."""
    rows = Report.objects.select_related("organisation", "requested_by").prefetch_related("files")
    return newest_first(rows.filter(_readable(viewer)), after=after, limit=limit)


def get(*, uid: UUID, viewer: User) -> Report:
    """NotFound unless the viewer may read it."""
    rows = Report.objects.select_related("organisation", "requested_by").prefetch_related("files")
    report = rows.filter(_readable(viewer), uid=uid).first()
    if report is None:
        raise NotFound("There is no such report.")
    return report


def file_of(*, uid: UUID, kind: str, viewer: User) -> tuple[Path, str]:
    """Where a file of a report lies, and the name to save it under. NotFound."""
    report = get(uid=uid, viewer=viewer)
    row = report.files.filter(kind=kind).first()
    root = home().files.resolve()
    path = (root / row.path).resolve() if row else root
    if row is None or not path.is_relative_to(root / current_schema()) or not path.is_file():
        raise NotFound("There is no such file.")
    return path, f"{report.kind}-{report.period_start}-{report.period_end}-{NAMES.get(kind, kind)}"


def queued() -> list[Report]:
    """What waits to be made, oldest first."""
    rows = Report.objects.select_related("organisation").filter(state=Report.State.QUEUED)
    return list(rows.order_by("id")[:100])


def _readable(viewer: User) -> Q:
    if can(viewer, "report.view"):
        return Q()
    return Q(organisation__in=organisations_of(viewer, "report.view")) | Q(requested_by=viewer)
