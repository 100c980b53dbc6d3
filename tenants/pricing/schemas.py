"""Shapes of pricing. Amounts in micro: millionths of the main unit, per kWh or per hour, before tax."""

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import Moment

from .models import Policy, Suggestion
from .queries import Costs

Micro = Annotated[int, Field(ge=0, le=10**15)]
Share = Annotated[int, Field(ge=0, le=5_000)]


class PriceSuggestion(Schema):
    """A price that the rule suggests; `reasons` are its codes, `inputs` all that it looked at."""

    uid: UUID
    charger: UUID
    kind: Literal["kwh", "hour"]
    currency: str
    price_micro: int
    current_micro: int
    floor_micro: int
    reserve_micro: int | None
    reasons: list[str]
    rule: str
    inputs: dict[str, Any]
    clipped: bool
    state: Literal["offered", "accepted", "declined", "expired"]
    valid_from: Moment
    expires_at: Moment


class PriceCosts(Schema):
    """What one kWh costs the host; `own` False: what is usual here."""

    energy_cost_micro: int
    wear_micro: int
    profit_micro: int
    losses_bp: int
    own: bool


class PriceCostsIn(Schema):
    energy_cost_micro: Micro
    wear_micro: Micro = 0
    profit_micro: Micro = 0
    losses_bp: Share = 800


class PricePolicy(Schema):
    """What suggestions may be; null: no limit."""

    offered: bool = True
    least_kwh_micro: Micro = 0
    most_kwh_micro: Micro | None = None
    least_hour_micro: Micro = 0
    most_hour_micro: Micro | None = None
    most_change_bp: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    energy_cost_micro: Micro = 0
    wear_micro: Micro = 0
    losses_bp: Share = 800


def suggestion_shown(row: Suggestion) -> PriceSuggestion:
    names = ("uid", "kind", "currency", "price_micro", "rule", "inputs", "clipped", "state", "valid_from", "expires_at")
    said = {name: getattr(row, name) for name in names}
    said |= {name: row.decision[name] for name in ("floor_micro", "reserve_micro", "reasons")}
    return PriceSuggestion(charger=row.listing.uid, current_micro=row.inputs["current_micro"], **said)


def costs_shown(costs: Costs) -> PriceCosts:
    return PriceCosts(**vars(costs))


def policy_shown(row: Policy) -> PricePolicy:
    return PricePolicy(**{name: getattr(row, name) for name in PricePolicy.model_fields})
