"""Shapes of the cards API."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import EnergyWh, Moment, Paging, Word

from .models import Card as CardRow
from .models import CardGroup as GroupRow

Number = Annotated[
    Word, Field(min_length=4, description="As printed on the card or shown by a reader, such as 04A1B2C3")
]

AtOnce = Annotated[
    int | None, Field(ge=1, le=10_000, description="Sessions that may run on it at a time; null: any number")
]


class Card(Schema):
    """An RFID card or other token. `driver`, `group` and limits are null where there are none."""

    uid: UUID
    id_tag: str
    kind: str
    name: str
    state: str
    driver: UUID | None
    group: UUID | None
    expires_at: Moment | None
    month_limit_wh: int | None
    most_at_once: int | None = Field(description="Sessions that may run on it at a time; null: any number")


class NewCard(Schema):
    """A card of one's own; the fields from `driver` on are for staff."""

    id_tag: Number
    name: Word = ""
    kind: CardRow.Kind = CardRow.Kind.ISO14443
    driver: UUID | None = Field(None, description="Staff: whose card it is, null for nobody's; left out: one's own")
    group: UUID | None = None
    expires_at: Moment | None = None
    month_limit_wh: EnergyWh | None = None
    most_at_once: AtOnce = 1


class CardName(Schema):
    name: Word


class CardTerms(Schema):
    """All are set: what is left out is taken away."""

    group: UUID | None = None
    expires_at: Moment | None = None
    month_limit_wh: EnergyWh | None = None
    most_at_once: AtOnce = 1


class CardFilter(Paging):
    """`mine`: only one's own, also for staff."""

    mine: bool = False
    search: Word = ""


class CardGroup(Schema):
    """Cards that stand in for each other: OCPP's parentIdTag, groupIdToken."""

    uid: UUID
    name: str
    parent_id: str
    organisation: UUID | None
    most_at_once: int | None


class NewCardGroup(Schema):
    name: Annotated[Word, Field(min_length=1)]
    parent_id: Annotated[Word, Field(min_length=1, max_length=20)]
    most_at_once: Annotated[int, Field(ge=1, le=10_000)] | None = None


def card_shown(card: CardRow) -> dict[str, object]:
    names = ("uid", "id_tag", "kind", "name", "state", "expires_at", "month_limit_wh", "most_at_once")
    return {
        **{name: getattr(card, name) for name in names},
        "driver": card.driver.uid if card.driver else None,
        "group": card.group.uid if card.group else None,
    }


def group_shown(group: GroupRow) -> dict[str, object]:
    return {
        **{name: getattr(group, name) for name in ("uid", "name", "parent_id", "most_at_once")},
        "organisation": group.organisation.uid if group.organisation else None,
    }
