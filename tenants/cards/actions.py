"""Registering, naming, blocking cards; groups of cards."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from saas.kit.errors import Forbidden
from tenants.accounts import audit
from tenants.accounts.models import Organisation, User
from tenants.accounts.permissions import can

from .errors import BadIdTag, CardTaken, GroupTaken
from .models import Card, CardGroup
from .signals import changed

# OCPP 2.0.1 identifierString, at most 36; a card of a 1.6 station has at most 20.
_ID_TAG = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{4,36}")
_PARENT = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{1,20}")


@dataclass(frozen=True)
class Terms:
    """What staff alone decide about a card."""

    group: CardGroup | None = None
    expires_at: datetime | None = None
    month_limit_wh: int | None = None
    most_at_once: int | None = 1


@transaction.atomic
def register(
    *,
    id_tag: str,
    by: User,
    now: datetime,
    name: str = "",
    driver: User | None = None,
    kind: str = Card.Kind.ISO14443,
    terms: Terms | None = None,
) -> Card:
    """Add a card: to oneself, or (staff) to `driver` or nobody. Raises BadIdTag, CardTaken, Forbidden."""
    if (driver != by or terms is not None) and not can(by, "card.manage"):
        raise Forbidden()
    card = Card(id_tag=clean(id_tag), name=name.strip(), driver=driver, kind=kind)
    _apply(card, terms)
    _insert(card, CardTaken())
    _told(card, by, "card.added", now)
    return card


@transaction.atomic
def rename(*, card: Card, by: User, name: str, now: datetime) -> Card:
    """What its owner calls it. Forbidden."""
    _may(by, card)
    card.name = name.strip()
    card.save(update_fields=["name", "changed_at"])
    return card


@transaction.atomic
def set_terms(*, card: Card, by: User, terms: Terms, now: datetime) -> Card:
    """Group, end and limits, by staff. Forbidden."""
    if not can(by, "card.manage"):
        raise Forbidden()
    _apply(card, terms)
    card.save()
    _told(card, by, "card.changed", now)
    return card


@transaction.atomic
def block(*, card: Card, by: User, now: datetime) -> Card:
    """Lost, stolen or unwanted: it is refused from now on. By its driver or staff; may be repeated. Forbidden."""
    return _set_state(card, by, Card.State.BLOCKED, "card.blocked", now)


@transaction.atomic
def unblock(*, card: Card, by: User, now: datetime) -> Card:
    """Found again. Forbidden."""
    return _set_state(card, by, Card.State.ACTIVE, "card.unblocked", now)


@transaction.atomic
def remove(*, card: Card, by: User, now: datetime) -> None:
    """Forget a card: its number is free for somebody else; sessions keep the number they were charged with."""
    _may(by, card)
    _told(card, by, "card.removed", now)
    card.delete()


@transaction.atomic
def add_group(
    *,
    name: str,
    parent_id: str,
    by: User,
    now: datetime,
    organisation: Organisation | None = None,
    most_at_once: int | None = None,
) -> CardGroup:
    """A group of cards. Raises Forbidden, GroupTaken, BadIdTag."""
    if not can(by, "card.manage"):
        raise Forbidden()
    if not _PARENT.fullmatch(parent_id):
        raise BadIdTag("A group's id has 1 to 20 letters, digits or one of * - _ = : + | @ .", field="parent_id")
    group = CardGroup(name=name.strip(), parent_id=parent_id, organisation=organisation, most_at_once=most_at_once)
    _insert(group, GroupTaken())
    audit.record(actor=by, act="card_group.added", subject=group.name, now=now)
    return group


def clean(id_tag: str) -> str:
    """The number as it is kept: without the blanks and colons with which readers show it. Raises BadIdTag."""
    bare = id_tag.strip().replace(" ", "")
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2}[:-])+[0-9A-Fa-f]{2}", bare):
        bare = bare.replace(":", "").replace("-", "")
    if not _ID_TAG.fullmatch(bare):
        raise BadIdTag(field="id_tag")
    return bare


def _apply(card: Card, terms: Terms | None) -> None:
    if terms is not None:
        card.group, card.expires_at, card.month_limit_wh = terms.group, terms.expires_at, terms.month_limit_wh
        card.most_at_once = terms.most_at_once


def _insert(row: Card | CardGroup, taken: Exception) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise taken from None


def _may(by: User, card: Card) -> None:
    if not can(by, "card.manage", card):
        raise Forbidden()


def _set_state(card: Card, by: User, state: str, act: str, now: datetime) -> Card:
    _may(by, card)
    if card.state != state:
        card.state = state
        card.save(update_fields=["state", "changed_at"])
        _told(card, by, act, now)
    return card


def _told(card: Card, by: User, act: str, now: datetime) -> None:
    audit.record(actor=by, act=act, subject=f"{card.name} {card.id_tag}".strip(), now=now)
    changed.send(sender=Card, card=card)
