"""Shapes of the maintenance API."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import LongText, Moment, Paging, Sentence, Word

Severity = Literal["critical", "major", "minor", "info"]
CauseClass = Literal["hardware", "grid", "vehicle", "network", "payment", "planned", "vandalism"]
Excluded = Literal[
    "", "utility_interruption", "internet_failure", "vehicle_fault", "vandalism", "natural_disaster",
    "scheduled_maintenance", "outside_hours",
]  # fmt: skip
Mrec = Annotated[str, Field(max_length=12, description="CX001 to CX026 of ChargeX, or OtherError")]
Verb = Literal["assign", "accept", "decline", "travel", "start", "finish", "return", "verify", "cancel"]


class MaintenanceAlert(Schema):
    """One fault at one unit, counted. `evse` null: the device as a whole, or a site; `device` empty: a whole site."""

    uid: UUID
    device: str
    device_evse: int
    evse: UUID | None
    site: UUID | None
    unit: str
    group: UUID | None
    code: str
    mrec: Mrec
    mrec_name: str
    severity: Severity
    cause: CauseClass
    broken: bool
    source: str
    detail: dict[str, str]
    state: Literal["open", "acknowledged", "resolved"]
    count: int
    first_at: Moment
    last_at: Moment
    flapping: bool
    acknowledged_at: Moment | None
    acknowledged_by: UUID | None
    resolved_at: Moment | None
    silenced: bool


class AlertFilter(Paging):
    """`state` open: all that are not resolved; waiting: those that nobody acknowledged; `mine`: those that I did."""

    state: Literal["open", "waiting", "resolved", "all"] = "open"
    severity: Severity | Literal[""] = ""
    site: UUID | None = None
    mine: bool = False
    silenced: bool = False
    code: Word = ""


class AlertLine(Schema):
    kind: str
    text: str
    by: UUID | None
    at: Moment


class AlertLog(Schema):
    items: list[AlertLine]


class AlertIds(Schema):
    alerts: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class Acknowledged(Schema):
    acknowledged: int


class Because(Schema):
    reason: Sentence


class Remark(Schema):
    text: Annotated[LongText, Field(min_length=1, max_length=1000)]


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


class OutageShown(Schema):
    """`exclusion` is what holds; `guessed_*` what the machine thought first."""

    uid: UUID
    evse: UUID
    device: str
    device_evse: int
    unit: str
    origin: Literal["fault", "unavailable", "offline"]
    began_at: Moment
    ended_at: Moment | None
    cause: CauseClass
    mrec: Mrec
    broken: bool
    planned: bool
    exclusion: Excluded
    guessed_cause: CauseClass
    guessed_exclusion: Excluded
    withdrawn: bool
    confirmed_at: Moment | None


class OutageChanges(Schema):
    """What is left out stays as it is."""

    reason: Annotated[Sentence, Field(min_length=1)]
    cause: CauseClass = "hardware"
    mrec: Mrec = ""
    exclusion: Excluded = ""
    planned: bool = False
    broken: bool = True
    began_at: Moment | None = None
    ended_at: Moment | None = None
    withdrawn: bool = False


class OutageFilter(Paging):
    evse: UUID | None = None
    open: bool = False


class CheckPoint(Schema):
    text: str
    done: bool


class WorkOrderShown(Schema):
    """`address` and position only for the technician who has the job; each look at a private one is logged."""

    uid: UUID
    number: int
    title: str
    text: str
    evse: UUID
    device: str
    device_evse: int
    unit: str
    severity: Severity
    source: Literal["alert", "risk", "hand"]
    alert: UUID | None
    state: str
    next: list[str] = Field(description="The steps that you may take now")
    assignee: UUID | None
    due_at: Moment | None
    checklist: list[CheckPoint]
    parts: str
    verdict: str
    cause: str
    mrec: str
    found: str
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    began_at: Moment
    done_at: Moment | None
    closed_at: Moment | None


class WorkOrderIn(Schema):
    """Of an alert, of a prediction, or of an EVSE: one of the three."""

    alert: UUID | None = None
    risk: UUID | None = None
    evse: UUID | None = None
    title: Annotated[Word, Field(description="Empty: made from the alert or prediction")] = ""
    text: LongText = ""
    severity: Severity = "minor"
    due_at: Moment | None = None
    checklist: Annotated[list[Sentence], Field(max_length=30)] = []


class WorkOrderStepIn(Schema):
    """`assign` names an assignee; `finish` a verdict, and the cause where something was repaired."""

    verb: Verb
    text: LongText = ""
    assignee: UUID | None = None
    due_at: Moment | None = None
    verdict: Literal["", "fixed", "replaced", "no_fault_found", "not_reproduced"] = ""
    cause: CauseClass | Literal[""] = ""
    mrec: Mrec = ""
    found: LongText = ""
    parts: Sentence = ""


class WorkOrderFilter(Paging):
    state: Literal["", "live", "open", "assigned", "accepted", "travelling", "started", "done", "verified",
                   "cancelled"] = ""  # fmt: skip
    mine: bool = False


class Ticked(Schema):
    done: Annotated[list[int], Field(max_length=30)]


class RiskReasonShown(Schema):
    code: str
    value: str


class RiskShown(Schema):
    uid: UUID
    evse: UUID
    unit: str
    horizon_days: int
    probability_ppm: int
    reasons: list[RiskReasonShown]
    model: str
    data_version: str
    made_at: Moment


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


class UnitLine(Schema):
    """Something that happened at a unit: an alert, an outage, a work order or a status. `uid` null for a status."""

    kind: Literal["alert", "outage", "order", "status"]
    at: Moment
    uid: UUID | None
    text: str


class UnitLog(Schema):
    items: list[UnitLine]
