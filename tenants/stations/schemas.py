"""Shapes of the stations API."""

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.framelog import Way
from saas.kit.schemas import Moment, Paging, Word
from tenants.marketplace.schemas import PlaceIn, PowerW, Standard

CommandState = Literal["queued", "sent", "answered", "refused", "failed", "expired"]
Json = dict[str, Any]


class Socket(Schema):
    standard: str
    max_power_w: int


class StationEvse(Schema):
    uid: UUID
    number: int
    status: str
    connectors: list[Socket]


class Station(Schema):
    """An OCPP station as it described itself."""

    uid: UUID
    station_id: str
    state: Literal["pending", "active", "revoked"] = Field(description="pending: waits to be accepted or refused")
    registration: Literal["accepted", "pending", "refused"] = Field(description="The same in OCPP's words")
    online: bool
    last_seen_at: Moment | None = None
    protocol: str
    security_profile: int | None = Field(None, description="Of its last connection, 0 to 3")
    vendor: str
    model: str
    serial_number: str
    firmware: str
    booted_at: Moment | None = None
    boot_reason: str
    connected_at: Moment | None = None
    location: str | None = None
    evses: list[StationEvse]


class ConnectorSaid(Schema):
    """StatusNotification, the last of a connector. EVSE 0: the station. 1.6: a connector is an EVSE of its own."""

    evse: int
    connector: int
    status: str
    error_code: str
    info: str
    at: Moment


class VariableSaid(Schema):
    """A configuration key (1.6) or an attribute of a variable (2.0.1)."""

    key: str = Field(description="1.6: the key; 2.0.1: Component[instance]@evse.connector/Variable[instance]#Attribute")
    component: str
    component_instance: str
    evse: int | None = None
    connector: int | None = None
    name: str
    instance: str
    attribute: str
    value: str | None = Field(None, description="null: not told (write-only, or never read)")
    readonly: bool
    mutability: str
    characteristics: Json | None = None
    reboot_required: bool = Field(description="The value counts after the next boot")
    at: Moment


class ListedToken(Schema):
    id_tag: str
    kind: str
    status: str
    parent: str
    expires_at: Moment | None = None


class LocalList(Schema):
    version: int | None = Field(None, description="As the station said, or took over, last; null: never heard of")
    entries: list[ListedToken]


class ReservationMade(Schema):
    uid: UUID
    reservation_id: int
    evse: int
    connector_type: str
    id_tag: str
    parent: str
    expires_at: Moment
    state: Literal["active", "used", "cancelled", "expired", "removed"]
    transaction_id: str
    changed_at: Moment


class TransactionSaid(Schema):
    """A transaction of the station; `session` is its uid in `/sessions`."""

    transaction_id: str
    session: UUID
    evse: int
    id_tag: str
    state: str
    started_at: Moment | None = None
    ended_at: Moment | None = None
    meter_start_wh: int | None = None
    meter_stop_wh: int | None = None
    energy_wh: int
    stop_reason: str
    stopped_reason: str = Field(description="The same in the station's own word (OCPP)")


class ItemSaid(Schema):
    """Something in OCPP's own words, with the time of the news."""

    key: str
    data: Any
    at: Moment


class NoticeSaid(Schema):
    kind: str
    summary: str
    payload: Any
    at: Moment
    received_at: Moment


class Message(Schema):
    """One frame as it went over the wire; `way` says who spoke (in: the station)."""

    id: str
    at: Moment
    way: Way
    frame: str


class FileSaid(Schema):
    """A file that the station put. Its content: `/stations/{uid}/uploads/{upload}`."""

    uid: UUID
    name: str
    size: int | None = None
    sha256: str
    received_at: Moment | None = None


class UploadPlace(Schema):
    """`url` is shown this once; it takes one PUT or POST, with a file name after it or without."""

    uid: UUID
    url: str
    expires_at: Moment


class Synced(Schema):
    asked: bool = Field(description="false: the list is as it should be")


class Policy(Schema):
    """The tenant's rules for stations."""

    least_profile: int = Field(ge=0, le=3, description="Lowest OCPP security profile that is let in; 0: no password")
    auto_accept: bool = Field(description="Who brings the registration token is let in at once")
    auto_location: UUID | None = Field(None, description="Where such stations are put")
    log_days: int = Field(ge=1, le=365, description="Raw frames, notices and files are kept so long")
    heartbeat_s: int = Field(ge=10, le=86_400)
    local_lists: bool = Field(description="Cards are kept on stations' local authorization lists")


class Progress(Schema):
    """What a station said last of something that takes time."""

    status: str
    request_id: int | None = None
    at: Moment


class StationDetail(Station):
    """Everything that is known of a station. Lists hold the first of what may be many; each has an address of its own
    below `/stations/{uid}/`."""

    connectors: list[ConnectorSaid]
    configuration: list[VariableSaid]
    local_list: LocalList
    reservations: list[ReservationMade]
    running: list[TransactionSaid]
    transactions: list[TransactionSaid]
    charging_profiles: list[ItemSaid]
    certificates: list[ItemSaid]
    progress: dict[str, Progress] = Field(description="firmware, log, diagnostics, …")
    messages: list[Message]


class OutletIn(Schema):
    connector: Standard
    max_power_w: PowerW


class Acceptance(Schema):
    """Where the station stands and what it serves: EVSE 1, 2, … in this order.

    Without a place: where the rules for stations put new ones. Without EVSEs: those that the station names.
    """

    name: Word = ""
    place: PlaceIn | None = None
    evses: list[OutletIn] | None = Field(None, min_length=1, max_length=32)


class AcceptedStation(Station):
    password: str = Field(
        description="The station's own, shown this once. Set it as AuthorizationKey (1.6, in hexadecimal) or "
        "BasicAuthPassword (2.0.1)"
    )
    sent: bool = Field(description="It was sent to the station, which is connected; see its commands for the answer")


class RemoteStart(Schema):
    """Start a booked session for its driver, or (without one) a free session."""

    evse: UUID
    session: UUID | None = None


class Waiting(Schema):
    """How long to wait for the station's answer, and how long it may take."""

    wait: Annotated[
        float | None, Field(ge=0, le=60, allow_inf_nan=False, description="Seconds; 0: do not wait. Default 30")
    ] = None
    timeout: Annotated[int, Field(ge=1, le=600, description="Seconds that the station has for its answer")] = 30


class Command(Schema):
    """One OCPP call. refused: by a CALLERROR, `error` is its code; failed: no (lawful) answer, `error` says why."""

    uid: UUID
    action: str
    payload: Json
    state: CommandState
    answer: Json | None = Field(None, description="The CALLRESULT's payload")
    error: str
    error_text: str
    took_ms: int | None = None
    by: str | None = None
    origin: str
    created_at: Moment
    sent_at: Moment | None = None
    done_at: Moment | None = None


class SearchPaging(Paging):
    search: Annotated[Word, Field(description="Text in name or value")] = ""


class KindPaging(Paging):
    kind: Annotated[Word, Field(description="An OCPP action")] = ""


class MessageSearch(Schema):
    """Which frames; newest first."""

    search: Annotated[Word, Field(description="Text in the frame, in whatever case")] = ""
    way: Way | None = None
    since: Moment | None = None
    until: Moment | None = None
    after: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class TimeWindow(Schema):
    since: Moment | None = None
    until: Moment | None = None
