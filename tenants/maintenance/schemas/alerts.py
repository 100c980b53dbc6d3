"""Shapes of alerts, outages and the log of a unit."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import LongText, Moment, Paging, Sentence, Word

from .common import CauseClass, Excluded, Mrec, Severity


class TodoStep(Schema):
    """A step, a work or a tool: `code` for machines, `text` in the tenant's language."""

    code: str
    text: str


class AlertTodo(Schema):
    """What to do about a fault: `first` from afar, in this order; `on_site` by a technician, who is to `bring` that."""

    first: list[TodoStep]
    on_site: list[TodoStep]
    bring: list[TodoStep]


class MaintenanceAlert(Schema):
    """One fault at one unit, counted. `evse` null: the device as a whole, or a site; `device` empty: a whole site."""

    uid: UUID
    device: str
    device_evse: int
    evse: UUID | None
    site: UUID | None
    unit: str
    group: UUID | None
    title: str = Field(description="In plain words, in the tenant's language")
    code: str = Field(description="The device's own word")
    todo: AlertTodo
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


class AlertIds(Schema):
    alerts: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class Acknowledged(Schema):
    acknowledged: int


class Because(Schema):
    reason: Sentence


class Remark(Schema):
    text: Annotated[LongText, Field(min_length=1, max_length=1000)]


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


class UnitLine(Schema):
    """Something that happened at a unit: an alert, an outage, a work order or a status. `uid` null for a status."""

    kind: Literal["alert", "outage", "order", "status"]
    at: Moment
    uid: UUID | None
    text: str
