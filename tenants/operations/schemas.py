"""Shapes of the operations API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import StringConstraints

from saas.kit.schemas import LongText, Paging, Sentence, Word

Make = Annotated[Word, Field(max_length=50, description="`*` stands for anything; empty: all")]
DeviceName = Annotated[Word, Field(min_length=1, description="Device id, or a station's own OCPP id")]
Seconds = Annotated[int, Field(ge=0, le=2_592_000)]
Percent = Annotated[int, Field(ge=0, le=100)]


class NewGroup(Schema):
    """Devices by name, by location, or by vendor and model; and those of the groups below it."""

    name: Annotated[Word, Field(min_length=1)]
    kind: Literal["site", "zone", "cluster"] = "cluster"
    parent: UUID | None = None
    location: UUID | None = Field(None, description="Every device there, now and later")
    vendor: Make = ""
    model: Make = ""


class NewGroupWithDevices(NewGroup):
    devices: Annotated[list[DeviceName], Field(max_length=5000)] = []


class Devices(Schema):
    devices: Annotated[list[DeviceName], Field(min_length=1, max_length=5000)]


class Group(Schema):
    uid: UUID
    name: str
    kind: str
    parent: UUID | None
    location: UUID | None
    vendor: str
    model: str
    created_at: datetime


class GroupDetail(Group):
    """`named`: devices that were put in by name, `children`: groups below it; the first 200 of each."""

    devices: int
    online: int
    charging: int
    named: list[str]
    children: list[UUID]


class GroupMember(Schema):
    device_id: str
    kind: Literal["adapter", "station"]
    name: str
    station: UUID | None
    vendor: str
    model: str
    firmware: str
    protocol: str
    online: bool
    charging: bool
    place: str


class NewAction(Schema):
    """A verb for every device of the group."""

    verb: Annotated[Word, Field(description="One of `GET /group-verbs`", examples=["restart"])]
    parameters: dict[Word, int | Sentence] = {}
    concurrency: Annotated[int, Field(ge=1, le=500, description="So many wait for an answer at once")] = 20
    per_minute: Annotated[int, Field(ge=1, le=6000)] = 300
    wait_s: Annotated[int, Field(ge=0, le=604_800, description="For devices that are away or charge")] = 600
    spare_charging: bool | None = Field(None, description="Null: where the verb would interrupt them")


class Retry(Schema):
    wait_s: Annotated[int, Field(ge=0, le=604_800)] = 600


class Action(Schema):
    """`counts`: devices by state."""

    uid: UUID
    group: UUID | None
    group_name: str
    verb: str
    parameters: dict[str, Any]
    state: Literal["running", "done", "cancelled"]
    counts: dict[str, int]
    finished_pct: int
    concurrency: int
    per_minute: int
    spare_charging: bool
    wait_until: datetime
    by: UUID | None
    created_at: datetime
    finished_at: datetime | None


class Task(Schema):
    device_id: str
    name: str
    state: str
    waits_for: str
    error: str
    error_text: str
    answer: dict[str, Any] | None
    attempts: int
    took_ms: int | None
    sent_at: datetime | None
    done_at: datetime | None


class TaskFilter(Paging):
    state: Literal["queued", "sent", "done", "refused", "failed", "offline", "skipped", "cancelled"] | None = None


class Choice(Schema):
    value: str
    label: str


class VerbField(Schema):
    name: str
    label: str
    default: int | str
    choices: list[Choice]


class Verb(Schema):
    key: str
    label: str
    dangerous: bool
    interrupts: bool
    stations: bool
    adapters: bool
    parameters: list[VerbField]


class VerbList(Schema):
    items: list[Verb]


class ImageFacts(Schema):
    """`signature`: of an adapter's image hex, or its whole manifest as JSON; of a station's, base64 from its vendor."""

    kind: Literal["adapter", "ocpp"]
    version: Annotated[Word, Field(max_length=50)] = ""
    vendor: Make = ""
    model: Make = ""
    signature: Annotated[str, StringConstraints(max_length=4000)] = ""
    certificate: Annotated[str, StringConstraints(max_length=5500)] = ""
    notes: LongText = ""


class Image(Schema):
    """`url`: where devices load it. `downgrade`: an adapter with a newer version takes it, too."""

    uid: UUID
    kind: str
    vendor: str
    model: str
    version: str
    size: int
    sha256: str
    signed: bool
    downgrade: bool
    url: str
    notes: str
    uploaded_by: UUID | None
    created_at: datetime
    withdrawn_at: datetime | None


class Plan(Schema):
    """Percentages rise and end with 100; `patience_s`: how long a stage waits for devices that are away or charge."""

    stages: Annotated[list[Annotated[int, Field(ge=1, le=100)]], Field(min_length=1, max_length=20)] = [1, 10, 50, 100]
    failure_limit_pct: Percent = 5
    soak_s: Seconds = 3600
    device_timeout_s: Annotated[int, Field(ge=30, le=604_800)] = 3600
    patience_s: Seconds = 86_400
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 50


class NewRollout(Schema):
    """An image for the devices of a group (null: of all that it is meant for), or a template for its stations."""

    image: UUID | None = None
    template: UUID | None = None
    group: UUID | None = None
    name: Word = ""
    plan: Plan = Plan()


class Resume(Schema):
    failure_limit_pct: Percent | None = Field(None, description="A roll-out that stopped needs a higher one")


class Stage(Schema):
    number: int
    percent: int
    state: Literal["waiting", "running", "soaking", "over"]
    devices: int
    queued: int
    flying: int
    done: int
    failed: int
    skipped: int
    failure_pct: float


class Rollout(Schema):
    uid: UUID
    kind: Literal["firmware", "configuration"]
    name: str
    state: Literal["running", "paused", "stopped", "aborted", "done"]
    reason: str
    image: UUID | None
    template: UUID | None
    group: UUID | None
    reverts: UUID | None
    stage: int
    stages: list[Stage]
    failure_limit_pct: int
    soak_s: int
    device_timeout_s: int
    patience_s: int
    concurrency: int
    created_at: datetime
    finished_at: datetime | None


class RolloutDevice(Schema):
    """`before`: what it had, so that it can be given back."""

    device_id: str
    name: str
    stage: int
    state: str
    waits_for: str
    phase: str
    before: dict[str, Any]
    target: dict[str, Any]
    changed: list[str]
    note: str
    error: str
    error_text: str
    begun_at: datetime | None
    done_at: datetime | None


class RolloutDeviceFilter(Paging):
    state: Literal["queued", "sent", "working", "done", "failed", "skipped", "cancelled"] | None = None


Key = Annotated[str, StringConstraints(min_length=1, max_length=152)]
Value = Annotated[str, StringConstraints(max_length=1000)]


class NewTemplate(Schema):
    """Keys of OCPP 1.6; of 2.0.1 `Component.Variable` or `Component.Variable.instance`."""

    name: Annotated[Word, Field(min_length=1)]
    values: dict[Literal["ocpp1.6", "ocpp2.0.1"], Annotated[dict[Key, Value], Field(max_length=500)]]
    groups: Annotated[list[UUID], Field(max_length=100)] = []


class DriftCounts(Schema):
    stations: int
    drifting: int
    open: int
    failed: int


class Template(Schema):
    uid: UUID
    name: str
    values: dict[str, dict[str, str]]
    groups: list[UUID]
    drift: DriftCounts
    created_at: datetime
    changed_at: datetime


class Finding(Schema):
    """`kind`: differs, readonly, unknown (the station does not have the key)."""

    kind: Literal["differs", "readonly", "unknown"]
    expected: str
    actual: str | None
    since: datetime


class Check(Schema):
    """The last comparison of a station with the template; `findings` by key, empty where all is as it should be."""

    device_id: str
    name: str
    state: Literal["due", "asked", "checked", "failed"]
    error: str
    findings: dict[str, Finding]
    checked_at: datetime | None


class CheckFilter(Paging):
    drifting: bool = False


class Asked(Schema):
    stations: int


class Fix(Schema):
    """`devices` null: every station that differs."""

    devices: Annotated[list[DeviceName], Field(min_length=1, max_length=5000)] | None = None
    plan: Plan = Plan()
