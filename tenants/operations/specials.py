"""Verbs that are more than one command: how they begin at a device, and when they are over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from saas.kit.errors import NotFound
from saas.tenancy.queries import address, current
from tenants.accounts.models import User
from tenants.charging import actions as charging
from tenants.charging.errors import NotRunning
from tenants.charging.models import Session
from tenants.stations import actions as stations
from tenants.stations import requests
from tenants.stations.models import Station, StationCommand, Upload

from .queries import Member
from .queries.members import BUSY
from .sending import Outcome, Result, name_of, outcome

LIST = "local_list"


@dataclass(frozen=True)
class Order:
    """A verb for one device. `origin` goes with every call, so that its answer finds its way back."""

    member: Member
    parameters: Mapping[str, Any]
    by: User
    now: datetime
    origin: str

    @property
    def station(self) -> Station:
        """The station. Only where Verb.suits was asked."""
        assert self.member.station is not None
        return self.member.station


@dataclass(frozen=True)
class Special:
    """`begin` returns the name of what was sent, where it is one call. `state`: None while it is under way."""

    begin: Callable[[Order], str]
    state: Callable[[Member, str], Outcome | None]
    patience: timedelta
    late: str  # the name of the failure when it takes longer


def _stop_all(order: Order) -> str:
    for session in Session.objects.filter(device_id=order.member.device_id, state__in=BUSY):
        try:
            charging.stop(session_uid=session.uid, by=order.by, now=order.now)
        except (NotFound, NotRunning):
            continue  # it ended meanwhile
    return ""


def _stopped(member: Member, _command: str) -> Outcome | None:
    charges = Session.objects.filter(device_id=member.device_id, state__in=BUSY).exists()
    return None if charges else Outcome(Result.DONE)


def _fetch(order: Order) -> str:
    """An address for one file, and the call that names it."""
    place = stations.new_upload(station=order.station, now=order.now, by=order.by)
    location = f"{address(current())}{place.path}"
    security = order.parameters["kind"] == "security"
    asked = requests.get_log(order.station.protocol, location=location, security=security)
    command = stations.send(
        station=order.station, action=asked.action, payload=asked.payload, now=order.now, by=order.by,
        origin=order.origin,
    )  # fmt: skip
    stations.asked_for(upload=place.upload, command=command)
    return name_of(command)


def _fetched(member: Member, command: str) -> Outcome | None:
    """Over once the file is here. In OCPP 1.6 an answer without a file's name says that there is nothing to send."""
    found = outcome(command)
    if found is None or found.result != Result.DONE:
        return found
    if not found.answer:
        return replace(found, text="nothing to send")
    upload = Upload.objects.filter(command__uid=command.partition(":")[2]).exclude(received_at=None).first()
    told = {"file": upload.name, "size": upload.size, "sha256": upload.sha256} if upload else None
    return replace(found, answer={**found.answer, **told}) if told else None


def _sync(order: Order) -> str:
    stations.sync_local_list(station=order.station, by=order.by, now=order.now)
    return ""


def _synced(member: Member, _command: str) -> Outcome | None:
    """The steps of one synchronisation follow each other by themselves; the last one's answer is the outcome."""
    assert member.station is not None, "asked by Verb.suits"
    rows = StationCommand.objects.filter(station=member.station, origin__startswith=LIST)
    last = rows.order_by("-id").first()
    if last is None or rows.filter(done_at=None).exists():
        return None if last else Outcome(Result.DONE)
    status = str((last.answer or {}).get("status", "Accepted" if last.answer is not None else ""))
    if last.answer is None:
        return Outcome(Result.FAILED, last.error or "no_answer", last.error_text)
    return Outcome(Result.DONE if status == "Accepted" else Result.REFUSED, "" if status == "Accepted" else status)


SPECIALS: dict[str, Special] = {
    "stop": Special(_stop_all, _stopped, timedelta(minutes=5), "still_charging"),
    "sync_list": Special(_sync, _synced, timedelta(minutes=10), "timeout"),
    "diagnostics": Special(_fetch, _fetched, timedelta(minutes=30), "no_file"),
}
