"""Shapes of work orders and predictions."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import LongText, Moment, Paging, Sentence, Word

from .alerts import AlertTodo
from .common import CauseClass, Mrec, Severity, Verb


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
    todo: AlertTodo | None = Field(None, description="Of its alert")
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


class OrderPhotoShown(Schema):
    """A photo of a work order; the picture itself lies at its own address, for those who may see the order."""

    uid: UUID
    added_by: UUID | None
    added_at: Moment
    width: int
    height: int
    size: int = Field(description="Bytes of the whole picture")
    path: str = Field(description="Below this API: `…?size=small` is the preview")
