"""Verbs that are more than one command: how they begin at a device, and when they are over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from saas.kit.errors import NotFound
from tenants.accounts.models import User
from tenants.charging import actions as charging
from tenants.charging.errors import NotRunning
from tenants.charging.models import Session
from tenants.stations import actions as stations
from tenants.stations.models import StationCommand

from .queries import Member
from .queries.members import BUSY
from .sending import Outcome, Result

LIST = "local_list"


@dataclass(frozen=True)
class Special:
    """`state`: None while it is under way. Asked again and again until it is over."""

    begin: Callable[[Member, User, datetime], None]
    state: Callable[[Member], Outcome | None]


def _stop_all(member: Member, by: User, now: datetime) -> None:
    for session in Session.objects.filter(device_id=member.device_id, state__in=BUSY):
        try:
            charging.stop(session_uid=session.uid, by=by, now=now)
        except (NotFound, NotRunning):
            continue  # it ended meanwhile


def _stopped(member: Member) -> Outcome | None:
    charges = Session.objects.filter(device_id=member.device_id, state__in=BUSY).exists()
    return None if charges else Outcome(Result.DONE)


def _sync(member: Member, by: User, now: datetime) -> None:
    assert member.station is not None, "asked by Verb.suits"
    stations.sync_local_list(station=member.station, by=by, now=now)


def _synced(member: Member) -> Outcome | None:
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


SPECIALS: dict[str, Special] = {"stop": Special(_stop_all, _stopped), "sync_list": Special(_sync, _synced)}
