"""What can be done to a whole group. A new verb is a line in the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from saas.contracts.telemetry import wire
from saas.kit.errors import Invalid
from tenants.stations import requests
from tenants.stations.models import Station
from tenants.stations.requests import Request

from . import configuring
from .queries import Member

STOP = "stop"
Parameters = Mapping[str, Any]
ToStation = Callable[[Station, Parameters, datetime], Request]
ToAdapter = Callable[[Parameters], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Field:
    """A parameter. `choices` empty: text of at most `most` characters; numbers lie between 0 and `most`."""

    name: str
    label: Promise
    default: Any = ""
    choices: tuple[tuple[str, Promise], ...] = ()
    most: int = 1000

    def checked(self, given: Any) -> Any:
        """The value, or ValueError with what is wrong."""
        value = self.default if given is None or given == "" else given
        if isinstance(self.default, int):
            value = int(value)
            if not 0 <= value <= self.most:
                raise ValueError(f"0 to {self.most}")
            return value
        if self.choices and value not in (words := [word for word, _label in self.choices]):
            raise ValueError(f"one of {', '.join(words)}")
        if not isinstance(value, str) or len(value) > self.most:
            raise ValueError(f"text of at most {self.most} characters")
        return value


@dataclass(frozen=True)
class Verb:
    """`interrupts`: who charges would notice, so that by default those devices are spared. `dangerous`: asked twice."""

    key: str
    label: Promise
    icon: str
    station: ToStation | None = None
    adapter: ToAdapter | None = None
    fields: tuple[Field, ...] = ()
    interrupts: bool = False
    dangerous: bool = False
    special: str = ""  # of specials.SPECIALS: more than one command

    def suits(self, member: Member) -> bool:
        """Whether this kind of device can do it at all."""
        if self.special:
            return self.special == STOP or member.station is not None
        return (self.station if member.is_station and member.station else self.adapter) is not None

    def checked(self, given: Parameters) -> dict[str, Any]:
        """Parameters as they are kept. Invalid."""
        found: dict[str, Any] = {}
        wrong: dict[str, object] = {name: "is not known" for name in given if name not in {f.name for f in self.fields}}
        for field in self.fields:
            try:
                found[field.name] = field.checked(given.get(field.name))
            except (ValueError, TypeError) as error:
                wrong[field.name] = str(error)
        if wrong:
            raise Invalid("The parameters do not fit.", **wrong)
        return found

    def for_station(self, member: Member, given: Parameters, now: datetime) -> Request:
        """The call; `suits` was asked before."""
        assert self.station is not None and member.station is not None
        return self.station(member.station, given, now)

    def for_adapter(self, given: Parameters) -> tuple[str, dict[str, Any]]:
        """Type and data of the command; `suits` was asked before."""
        assert self.adapter is not None
        return self.adapter(given)


def _set_configuration(station: Station, given: Parameters, now: datetime) -> Request:
    if wrong := configuring.fits(station.protocol or configuring.V16, given["key"], given["value"]):
        raise Invalid(f"This station cannot have it: {wrong}.", key=wrong)
    return configuring.setting(station.protocol or configuring.V16, given["key"], given["value"])


def _set_adapter(given: Parameters) -> tuple[str, dict[str, Any]]:
    """Adapters know whole numbers only."""
    try:
        return wire.CMD_CONFIG, {given["key"]: int(given["value"])}
    except ValueError as error:
        raise Invalid("The settings of an adapter are whole numbers.", value="not a whole number") from error


HARDNESS = (("soft", _("Gently: what runs is ended first")), ("hard", _("At once")))
MESSAGES = (
    ("status", _("Status of the connectors")), ("heartbeat", _("Heartbeat")), ("meter", _("Meter values")),
    ("boot", _("Boot notification")), ("firmware", _("State of the firmware update")), ("log", _("State of the log")),
)  # fmt: skip
LOGS = (("diagnostics", _("Diagnostics")), ("security", _("Security log")))
CONNECTOR = Field("connector", _("Connector"), default=1, most=255)
EVERYTHING = Field("connector", _("Connector (0: the whole station)"), default=0, most=255)

_ALL = (
    Verb(
        "restart", _("Restart"), "refresh-cw", interrupts=True, dangerous=True,
        fields=(Field("kind", _("How"), default="soft", choices=HARDNESS),),
        station=lambda s, given, _now: requests.reset(s.protocol, hard=given["kind"] == "hard"),
    ),
    Verb("stop", _("Stop all charging"), "circle-stop", dangerous=True, special=STOP),
    Verb(
        "unavailable", _("Take out of service"), "lock", dangerous=True, fields=(EVERYTHING,),
        station=lambda s, given, _now: requests.availability(s.protocol, operative=False, evse=given["connector"]),
    ),
    Verb(
        "available", _("Take into service"), "circle-check", fields=(EVERYTHING,),
        station=lambda s, given, _now: requests.availability(s.protocol, operative=True, evse=given["connector"]),
    ),
    Verb(
        "unlock", _("Unlock the cable"), "key-round", interrupts=True, dangerous=True, fields=(CONNECTOR,),
        station=lambda s, given, _now: requests.unlock(s.protocol, evse=max(given["connector"], 1)),
        adapter=lambda _given: (wire.CMD_UNLOCK, {}),
    ),
    Verb(
        "clear_fault", _("Clear a fault that somebody has looked after"), "circle-check", dangerous=True,
        fields=(Field(
            "code", _("Fault"), default=wire.FAULT_STUCK_RELAY, choices=((wire.FAULT_STUCK_RELAY, _("Welded relay")),)
        ),),
        adapter=lambda given: (wire.CMD_CLEAR, {"code": given["code"]}),
    ),
    Verb(
        "trigger", _("Ask for a message"), "activity",
        fields=(Field("message", _("Message"), default="status", choices=MESSAGES),),
        station=lambda s, given, _now: requests.trigger(s.protocol, message=given["message"]),
    ),
    Verb("clear_cache", _("Forget known cards"), "trash-2", dangerous=True,
         station=lambda s, _given, _now: requests.clear_cache(s.protocol)),
    Verb("sync_list", _("Bring the list of cards up to date"), "id-card", special="sync_list"),
    Verb(
        "diagnostics", _("Fetch diagnostics"), "file-text", special="diagnostics",
        fields=(Field("kind", _("Which"), default="diagnostics", choices=LOGS),),
    ),
    Verb("get_configuration", _("Read the configuration"), "download",
         station=lambda s, _given, _now: requests.get_configuration(s.protocol)),
    Verb(
        "set_configuration", _("Set a configuration value"), "sliders-horizontal", dangerous=True,
        fields=(Field("key", _("Key"), most=152), Field("value", _("Value"))),
        station=_set_configuration, adapter=_set_adapter,
    ),
)  # fmt: skip
VERBS: dict[str, Verb] = {verb.key: verb for verb in _ALL}
