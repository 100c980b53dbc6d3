"""Shapes of silences, escalation, vendor codes and thresholds."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import Moment, Sentence, Word

from .common import Mrec, Severity


class SilenceShown(Schema):
    uid: UUID
    evse: UUID | None
    site: UUID | None
    group: UUID | None
    code: str
    starts_at: Moment
    ends_at: Moment
    reason: str
    planned: bool


class SilenceIn(Schema):
    """A time in which nobody is told of what it names; with nothing named, of nothing at all."""

    evse: UUID | None = None
    site: UUID | None = None
    group: UUID | None = None
    code: Word = ""
    starts_at: Moment
    ends_at: Moment
    reason: Annotated[Sentence, Field(min_length=1)]
    planned: bool = Field(False, description="Announced maintenance: outages in it are excluded from uptime")


class EscalationShown(Schema):
    uid: UUID
    after_minutes: int
    severity: Severity
    role: str
    person: UUID | None
    enabled: bool


class EscalationIn(Schema):
    """Who is written to when nobody acknowledges: everybody with the role, or one person."""

    after_minutes: Annotated[int, Field(ge=0, le=10_080)]
    severity: Severity = "major"
    role: Word = ""
    person: UUID | None = None


class VendorCodeShown(Schema):
    uid: UUID
    vendor: str
    code: str
    mrec: Mrec
    note: str


class VendorCodeIn(Schema):
    vendor: Annotated[Sentence, Field(min_length=1)]
    code: Annotated[Word, Field(min_length=1, max_length=50)]
    mrec: Mrec
    note: Sentence = ""


class Thresholds(Schema):
    """What is left out stays as it is; `risk_ppm` null: no work orders by prediction."""

    offline_after_s: Annotated[int, Field(ge=30, le=86_400)] = 300
    silent_after_s: Annotated[int, Field(ge=60, le=86_400)] = 900
    reopen_minutes: Annotated[int, Field(ge=0, le=1_440)] = 15
    flap_openings: Annotated[int, Field(ge=2, le=100)] = 3
    refused_starts: Annotated[int, Field(ge=1, le=100)] = 3
    storm_units: Annotated[int, Field(ge=2, le=1_000)] = 3
    risk_ppm: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    crew_per_week: Annotated[int, Field(ge=0, le=1_000)] = 5
