"""What people read of stations: states of commands, tones of statuses, the buttons of the station's page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import requests
from .models import StationCommand
from .requests import Request

State = StationCommand.State
COMMAND: Mapping[str, tuple[Promise, str]] = {
    State.QUEUED: (_("On its way"), "info"),
    State.SENT: (_("Waits for the answer"), "info"),
    State.ANSWERED: (_("Answered"), "good"),
    State.REFUSED: (_("Refused by the station"), "bad"),
    State.FAILED: (_("No answer"), "bad"),
    State.EXPIRED: (_("Never sent"), "bad"),
}
TONES = {
    "Available": "good", "Preparing": "brand", "Occupied": "brand", "Charging": "brand", "SuspendedEV": "warn",
    "SuspendedEVSE": "warn", "Finishing": "brand", "Reserved": "warn", "Unavailable": "", "Faulted": "bad",
    "Accepted": "good", "RebootRequired": "warn", "Scheduled": "warn", "Unlocked": "good", "active": "good",
    "accepted": "good", "installed": "good", "Installed": "good", "Uploaded": "good", "Blocked": "bad",
    "Rejected": "bad", "NotSupported": "bad", "NotImplemented": "bad", "UnlockFailed": "bad", "rejected": "bad",
}  # fmt: skip
FAILING = ("Fail", "Invalid", "Revoked", "Error")


@dataclass(frozen=True)
class Button:
    """Something that is done with one press. `place`: it needs an EVSE."""

    label: Promise
    icon: str
    ask: Callable[[str, int, int], Request]
    place: bool = False
    danger: bool = False


BUTTONS: Mapping[str, Button] = {
    "restart": Button(_("Restart when idle"), "refresh-cw", lambda p, e, c: requests.reset(p)),
    "restart-now": Button(
        _("Restart at once"), "circle-stop", lambda p, e, c: requests.reset(p, hard=True), danger=True
    ),
    "in-service": Button(_("Take into service"), "check", lambda p, e, c: requests.availability(p, operative=True)),
    "out-of-service": Button(
        _("Take out of service"), "pause", lambda p, e, c: requests.availability(p, operative=False), danger=True
    ),
    "boot": Button(_("Ask who it is"), "info", lambda p, e, c: requests.trigger(p, message="boot")),
    "status": Button(_("Ask for its status"), "activity", lambda p, e, c: requests.trigger(p, message="status")),
    "configuration": Button(
        _("Read the configuration"), "sliders-horizontal", lambda p, e, c: requests.get_configuration(p)
    ),
    "clear-cache": Button(_("Forget cached cards"), "credit-card", lambda p, e, c: requests.clear_cache(p)),
    "certificate": Button(
        _("Renew its certificate"), "shield-check", lambda p, e, c: requests.trigger(p, message="certificate")
    ),
    "list-version": Button(_("Ask for the list's version"), "list", lambda p, e, c: requests.get_local_list_version(p)),
    "unlock": Button(
        _("Unlock"), "key-round", lambda p, e, c: requests.unlock(p, evse=e, connector=c), place=True
    ),
    "evse-in-service": Button(
        _("Into service"), "check", lambda p, e, c: requests.availability(p, operative=True, evse=e), place=True
    ),
    "evse-out-of-service": Button(
        _("Out of service"), "pause", lambda p, e, c: requests.availability(p, operative=False, evse=e), place=True
    ),
}  # fmt: skip
STATION_WIDE = (
    "restart",
    "restart-now",
    "in-service",
    "out-of-service",
    "boot",
    "status",
    "configuration",
    "clear-cache",
)
OF_EVSE = ("unlock", "evse-in-service", "evse-out-of-service")


def tone(status: str) -> str:
    """The colour of one of OCPP's words."""
    return TONES.get(status, "bad" if any(part in status for part in FAILING) else "")


def command(state: str) -> tuple[str, str]:
    """(word, tone) of a command's state."""
    word, colour = COMMAND[State(state)]
    return str(word), colour


def verdict(row: StationCommand) -> str:
    """What the station made of it, in its own word: the status of its answer, or the error."""
    if row.state == State.ANSWERED:
        return str((row.answer or {}).get("status", ""))
    return row.error


def pretty(content: Any) -> str:
    """JSON for people."""
    return json.dumps(content, indent=2, ensure_ascii=False)
