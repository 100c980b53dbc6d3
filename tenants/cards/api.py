"""`/cards` and `/card-groups`: who may charge by RFID."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Forbidden
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts import queries as accounts
from tenants.accounts.bearer import caller
from tenants.accounts.permissions import can

from . import actions, queries
from .schemas import (
    Card,
    CardFilter,
    CardGroup,
    CardName,
    CardTerms,
    NewCard,
    NewCardGroup,
    card_shown,
    group_shown,
)

if TYPE_CHECKING:
    from tenants.accounts.models import User

router = Router(tags=["cards"])
STAFF = {"driver", "group", "expires_at", "month_limit_wh", "most_at_once"}


@router.get("/cards", response=PageOf[Card], operation_id="cards")
def cards(request: HttpRequest, response: HttpResponse, asked: Query[CardFilter]) -> object:
    """One's own cards; for staff, all of the brand."""
    page = queries.cards(
        viewer=caller(request), mine=asked.mine, after=asked.after, limit=asked.limit, search=asked.search
    )
    link_next(request, response, page.next)
    return {"items": [card_shown(card) for card in page.items], "next": page.next}


@router.post("/cards", response={201: Card}, operation_id="register_card")
def register(request: HttpRequest, body: NewCard) -> Status[object]:
    """Register a card of one's own; staff: of anybody, with its limits."""
    person = caller(request)
    by_staff = bool(STAFF & body.model_fields_set)
    driver = person if "driver" not in body.model_fields_set else _driver(body.driver)
    made = actions.register(
        id_tag=body.id_tag, by=person, name=body.name, kind=body.kind, driver=driver, now=timezone.now(),
        terms=_terms(body) if by_staff else None,
    )  # fmt: skip
    return Status(201, card_shown(made))


@router.get("/cards/{uuid:uid}", response=Card, operation_id="card")
def card(request: HttpRequest, uid: UUID) -> object:
    return card_shown(queries.get(uid=uid, viewer=caller(request)))


@router.patch("/cards/{uuid:uid}", response=Card, operation_id="rename_card")
def rename(request: HttpRequest, uid: UUID, body: CardName) -> object:
    """What its owner calls it."""
    person = caller(request)
    found = queries.get(uid=uid, viewer=person)
    return card_shown(actions.rename(card=found, by=person, name=body.name, now=timezone.now()))


@router.put("/cards/{uuid:uid}/terms", response=Card, operation_id="set_card_terms")
def set_terms(request: HttpRequest, uid: UUID, body: CardTerms) -> object:
    """Group, end and limits, by staff."""
    person = caller(request)
    found = queries.get(uid=uid, viewer=person)
    return card_shown(actions.set_terms(card=found, by=person, terms=_terms(body), now=timezone.now()))


@router.post("/cards/{uuid:uid}/block", response=Card, operation_id="block_card")
def block(request: HttpRequest, uid: UUID) -> object:
    """Lost or stolen: refused from now on, at once where the station asks, with its next list where it does not."""
    person = caller(request)
    return card_shown(actions.block(card=queries.get(uid=uid, viewer=person), by=person, now=timezone.now()))


@router.post("/cards/{uuid:uid}/unblock", response=Card, operation_id="unblock_card")
def unblock(request: HttpRequest, uid: UUID) -> object:
    """Found again."""
    person = caller(request)
    return card_shown(actions.unblock(card=queries.get(uid=uid, viewer=person), by=person, now=timezone.now()))


@router.delete("/cards/{uuid:uid}", response={204: None}, operation_id="remove_card")
def remove(request: HttpRequest, uid: UUID) -> Status[None]:
    """Forget a card; its number is free then."""
    person = caller(request)
    actions.remove(card=queries.get(uid=uid, viewer=person), by=person, now=timezone.now())
    return Status(204, None)


@router.get("/card-groups", response=PageOf[CardGroup], operation_id="card_groups")
def groups(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Groups of cards, for staff."""
    if not can(caller(request), "card.view"):
        raise Forbidden()
    page = queries.groups(after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [group_shown(group) for group in page.items], "next": page.next}


@router.post("/card-groups", response={201: CardGroup}, operation_id="add_card_group")
def add_group(request: HttpRequest, body: NewCardGroup) -> Status[object]:
    """A group whose cards may stop each other's sessions."""
    made = actions.add_group(**body.model_dump(), by=caller(request), now=timezone.now())
    return Status(201, group_shown(made))


def _driver(uid: UUID | None) -> "User | None":
    return accounts.person(uid) if uid else None


def _terms(body: NewCard | CardTerms) -> actions.Terms:
    group = queries.group(uid=body.group) if body.group else None
    names = ("expires_at", "month_limit_wh", "most_at_once")
    return actions.Terms(group=group, **{name: getattr(body, name) for name in names})
