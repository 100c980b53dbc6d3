"""Shapes of the reports API."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import Language, Moment

from .models import Report as Row

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]


class NewReport(Schema):
    """A document about one organisation, or (without one) about the whole site, in local days."""

    kind: Literal["esg", "ghg", "esrs_e1", "vsme_b3", "fleet"] = "esg"
    organisation: UUID | None = None
    period_start: Day
    period_end: Day = Field(description="First day after the period")
    language: Language = "en"
    source: Literal["all", "live", "imported"] = "all"
    net_revenue_minor: Annotated[int, Field(gt=0, le=10**17)] | None = Field(
        None, description="Net revenue of the period in minor units of the brand's currency, for intensities"
    )


class ReportFile(Schema):
    kind: str
    sha256: str
    size_bytes: int
    path: str = Field(description="Where to download it, on this host")


class Report(Schema):
    """A report and how far it is."""

    uid: UUID
    kind: str
    state: Literal["queued", "running", "ready", "failed"]
    organisation: UUID | None = None
    organisation_name: str | None = None
    period_start: date
    period_end: date
    language: str
    source: str
    net_revenue_minor: int | None = None
    data_version: str
    error: str
    created_at: Moment
    finished_at: Moment | None = None
    files: list[ReportFile]


def shown(report: Row) -> dict[str, Any]:
    """A report as the API tells it."""
    names = "uid kind state period_start period_end language source net_revenue_minor data_version error"
    files = [
        {
            "kind": f.kind,
            "sha256": f.sha256,
            "size_bytes": f.size_bytes,
            "path": f"/api/v1/reports/{report.uid}/files/{f.kind}",
        }
        for f in report.files.all()
    ]
    return {
        **{name: getattr(report, name) for name in (*names.split(), "created_at", "finished_at")},
        "organisation": report.organisation.uid if report.organisation else None,
        "organisation_name": report.organisation.name if report.organisation else None,
        "files": files,
    }
