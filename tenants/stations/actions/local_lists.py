"""Keeping the tenant's cards on stations' local authorization lists: step by step, each answer leads to the next."""

from datetime import datetime

from django.db import transaction

from saas.kit.errors import Forbidden
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.cards.models import Card
from tenants.cards.queries import for_local_lists

from .. import lists, requests
from ..errors import StationOffline
from ..models import LocalListEntry, Station, StationCommand, Variable
from ..protocol import version_of
from ..requests import Token
from .effects import local_list
from .effects.base import progress
from .sending import send

ORIGIN, AGAIN = "local_list", "local_list:again"
MOST = {"1.6": "SendLocalListMaxLength", "2.0.1": "LocalAuthListCtrlr/ItemsPerMessage"}
UNSAID = 50  # tokens in one message, where the station does not say how many it takes
LONGEST_TAG = {"1.6": 20, "2.0.1": 36}


@transaction.atomic
def sync_local_list(*, station: Station, now: datetime, by: User | None = None, origin: str = ORIGIN) -> bool:
    """Take the next step towards the tenant's cards on the station's list; False when there is none to take.

    The whole list first where it is not known what the station holds, then what differs, in messages as long as the
    station takes. Raises Forbidden, StationOffline.
    """
    if by is not None and not can(by, "station.command", station):
        raise Forbidden()
    if station.local_list_version is None:
        return _ask(station, requests.get_local_list_version(station.protocol), origin, now)
    version = version_of(station.protocol)
    have, want = local_list.of_station(station), lists.listed(wanted(version))
    update, full = (list(want.values()), True) if not have else (lists.difference(have, want), False)
    if have == want:
        return False
    number = max(station.local_list_version, 0) + 1
    chunk = update[: _most(station, version)]
    asked = requests.send_local_list(station.protocol, version=number, tokens=chunk, full=full)
    return _ask(station, asked, origin, now)


def wanted(version: str) -> list[Token]:
    """The tenant's cards as stations of this version are told of them."""
    return [_token(card, version) for card in for_local_lists() if len(card.id_tag) <= LONGEST_TAG[version]]


def goes_on(*, command: StationCommand, now: datetime) -> None:
    """After an answer to one of our steps: the next one, or the whole list once more when versions do not match."""
    if command.origin not in (ORIGIN, AGAIN) or command.state != StationCommand.State.ANSWERED:
        return
    station = Station.objects.get(pk=command.station_id)
    status = str((command.answer or {}).get("status", "Accepted"))
    progress(station, "local_list", status, now)
    if status == "VersionMismatch" and command.origin == ORIGIN:
        _forget(station)
        _step(station, now, AGAIN)
    elif status == "Accepted" and station.local_list_version != -1:
        _step(station, now, command.origin)


def _step(station: Station, now: datetime, origin: str) -> None:
    """Who has gone meanwhile is brought up to date when it is back."""
    try:
        sync_local_list(station=station, now=now, origin=origin)
    except StationOffline:
        return


def _forget(station: Station) -> None:
    LocalListEntry.objects.filter(station=station).delete()
    station.local_list_version = None
    station.save(update_fields=["local_list_version"])


def _ask(station: Station, asked: requests.Request, origin: str, now: datetime) -> bool:
    send(station=station, action=asked.action, payload=asked.payload, now=now, origin=origin)
    return True


def _most(station: Station, version: str) -> int:
    said = Variable.objects.filter(station=station, key=MOST[version]).values_list("value", flat=True).first()
    return max(int(said), 1) if said and said.isascii() and said.isdecimal() else UNSAID


def _token(card: Card, version: str) -> Token:
    """Whole seconds: that is what stations keep."""
    return Token(
        id_tag=card.id_tag,
        kind="" if version == "1.6" else card.kind,
        status="Blocked" if card.state == Card.State.BLOCKED else "Accepted",
        parent=card.group.parent_id if card.group else "",
        expires_at=card.expires_at.replace(microsecond=0) if card.expires_at else None,
    )
