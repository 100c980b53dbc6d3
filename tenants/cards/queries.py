"""Who may charge by card. Reads only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Q

from saas.kit.errors import NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can

from .models import Card, CardGroup

RELATED = ("group", "driver")
Status = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx", "NoCredit"]


@dataclass(frozen=True)
class Usage:
    """What only the app of sessions knows: running sessions by tag, and energy of this month in Wh by tag."""

    running: Callable[[Sequence[str]], int]
    month_wh: Callable[[Sequence[str]], int]


@dataclass(frozen=True)
class Verdict:
    """`status` in OCPP's words; `parent`: the group's id; `reason` names it for the log and for people."""

    status: Status
    reason: str = ""
    card: Card | None = None

    @property
    def parent(self) -> str | None:
        return self.card.group.parent_id if self.card and self.card.group else None

    @property
    def expires_at(self) -> datetime | None:
        return self.card.expires_at if self.card else None


def find(id_tag: str) -> Card | None:
    """The card of this number, whatever its state."""
    return Card.objects.select_related(*RELATED).filter(id_tag__iexact=id_tag.strip()).first() if id_tag else None


def authorise(*, id_tag: str, now: datetime, usage: Usage) -> Verdict:
    """May this card charge now, by all that is known of it? An unknown card is Invalid; NoCredit: the month's limit."""
    card = find(id_tag)
    if card is None:
        return Verdict("Invalid", "unknown card")
    return next(
        (Verdict(status, reason, card) for status, reason, holds in _RULES if holds(card, now, usage)), _good(card)
    )


def _good(card: Card) -> Verdict:
    return Verdict("Accepted", "card", card)


def _owner_left(card: Card, _now: datetime, _usage: Usage) -> bool:
    return card.driver is not None and not card.driver.is_active


def _out_of_energy(card: Card, _now: datetime, usage: Usage) -> bool:
    return card.month_limit_wh is not None and usage.month_wh([card.id_tag]) >= card.month_limit_wh


def _card_is_full(card: Card, _now: datetime, usage: Usage) -> bool:
    return card.most_at_once is not None and usage.running([card.id_tag]) >= card.most_at_once


def _group_is_full(card: Card, _now: datetime, usage: Usage) -> bool:
    if card.group is None or card.group.most_at_once is None:
        return False
    tags = list(card.group.cards.values_list("id_tag", flat=True))
    return usage.running(tags) >= card.group.most_at_once


_RULES: tuple[tuple[Status, str, Callable[[Card, datetime, Usage], bool]], ...] = (
    ("Blocked", "card is blocked", lambda card, _now, _usage: card.state == Card.State.BLOCKED),
    ("Blocked", "its owner's account is closed", _owner_left),
    ("Expired", "card has expired", lambda card, now, _usage: card.expires_at is not None and card.expires_at <= now),
    ("ConcurrentTx", "card charges elsewhere", _card_is_full),
    ("ConcurrentTx", "its group charges as often as it may", _group_is_full),
    ("NoCredit", "energy of this month is used up", _out_of_energy),
)  # fmt: skip


def for_local_lists() -> list[Card]:
    """Cards that stations may know for times without the platform, by number: their state says what they are told."""
    return list(Card.objects.select_related("group").order_by("id_tag"))


def get(*, uid: UUID, viewer: Someone) -> Card:
    """One card. NotFound for everybody who may not see it."""
    found = Card.objects.select_related(*RELATED).filter(uid=uid).first()
    if found is None or not can(viewer, "card.view", found):
        raise NotFound("There is no such card.")
    return found


def cards(*, viewer: User, mine: bool, after: str | None, limit: int, search: str = "") -> Page[Card]:
    """Newest first: one's own, or (staff) all. Staff's `search` looks into number, name, driver and group."""
    rows = Card.objects.select_related(*RELATED)
    if mine or not can(viewer, "card.view"):
        rows = rows.filter(driver=viewer)
    if search:
        rows = rows.filter(
            Q(id_tag__icontains=search) | Q(name__icontains=search)
            | Q(driver__email__icontains=search) | Q(driver__name__icontains=search) | Q(group__name__icontains=search)
        )  # fmt: skip
    return newest_first(rows, after=after, limit=limit)


def groups(*, after: str | None, limit: int) -> Page[CardGroup]:
    """Newest first. The caller has checked the right."""
    return newest_first(CardGroup.objects.select_related("organisation"), after=after, limit=limit)


def group(*, uid: UUID) -> CardGroup:
    """One group. NotFound."""
    found = CardGroup.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such group of cards.")
    return found
