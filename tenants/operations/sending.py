"""The one door from operations to devices: calls to stations, commands to adapters, and what became of them.

What was sent has a name, `station:<uid>` or `adapter:<uid>`. Sending only writes rows: a process that dies in the
middle has sent both the command and the note of it, or neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tenants.accounts.models import User
from tenants.charging.actions.commands import queue_device
from tenants.charging.models import DeviceCommand
from tenants.stations import actions as stations
from tenants.stations.models import StationCommand
from tenants.stations.requests import Request

from .answers import reason, refusal
from .queries import Member

STATION, ADAPTER = "station", "adapter"
TIMEOUT_S = 30
UNSENT_ERROR = "offline"


class Result(StrEnum):
    """What became of a command."""

    DONE = "done"
    REFUSED = "refused"  # the device said no
    FAILED = "failed"  # it may have come, yet no sense came back
    UNSENT = "unsent"  # it never reached the device: sending it again repeats nothing


@dataclass(frozen=True)
class Outcome:
    """`answer` is the payload of an OCPP answer; None otherwise."""

    result: Result
    error: str = ""
    text: str = ""
    answer: dict[str, Any] | None = None
    took_ms: int | None = None


def to_station(
    *, member: Member, request: Request, now: datetime, by: User | None, origin: str, timeout_s: int = TIMEOUT_S
) -> str:
    """Put an OCPP call in the outbox; returns its name. Refused when it does not fit the station's protocol."""
    assert member.station is not None, "checked by who chose the request"
    action, payload = request
    command = stations.send(
        station=member.station, action=action, payload=payload, now=now, by=by, timeout_s=timeout_s, origin=origin
    )
    return f"{STATION}:{command.uid}"


def to_adapter(*, member: Member, kind: str, data: Mapping[str, Any], now: datetime, expires_at: datetime) -> str:
    """Put a command in the outbox, repeated until the adapter replies; it carries out each once. Returns its name."""
    command = queue_device(
        device_id=member.device_id, kind=kind, data=dict(data), now=now, expires_at=expires_at, once=False
    )
    return f"{ADAPTER}:{command.uid}"


def name_of(command: StationCommand | DeviceCommand) -> str:
    """Under which name it was sent."""
    return f"{STATION if isinstance(command, StationCommand) else ADAPTER}:{command.uid}"


def outcome(name: str) -> Outcome | None:
    """What became of it; None while nothing is known."""
    kind, _, uid = name.partition(":")
    if kind == STATION:
        command = StationCommand.objects.filter(uid=UUID(uid)).first()
        return _of_station(command) if command else Outcome(Result.FAILED, "forgotten")
    row = DeviceCommand.objects.filter(uid=UUID(uid)).first()
    return _of_adapter(row) if row else Outcome(Result.FAILED, "forgotten")


def _of_station(command: StationCommand) -> Outcome | None:
    state = StationCommand.State
    if command.state in (state.QUEUED, state.SENT):
        return None
    if command.state == state.ANSWERED:
        return _answered(command)
    if command.state == state.EXPIRED or command.error == UNSENT_ERROR:
        return Outcome(Result.UNSENT, command.error or UNSENT_ERROR, command.error_text)
    result = Result.REFUSED if command.state == state.REFUSED else Result.FAILED
    return Outcome(result, command.error, command.error_text, took_ms=command.took_ms)


def _answered(command: StationCommand) -> Outcome:
    answer = command.answer or {}
    word = refusal(answer)
    result = Result.REFUSED if word else Result.DONE
    return Outcome(result, word, reason(answer), answer, command.took_ms)


def _of_adapter(row: DeviceCommand) -> Outcome | None:
    state = DeviceCommand.State
    if row.state in (state.QUEUED, state.SENT):
        return None
    took = int((row.replied_at - row.sent_at).total_seconds() * 1000) if row.replied_at and row.sent_at else None
    if row.state == state.DONE:
        return Outcome(Result.DONE, took_ms=took)
    if row.state == state.REFUSED:
        return Outcome(Result.REFUSED, row.error, took_ms=took)
    return Outcome(Result.FAILED if row.attempts else Result.UNSENT, row.error or "no_answer")
