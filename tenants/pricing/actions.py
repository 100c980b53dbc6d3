"""Suggestions: taken in, within the tenant's policy, and taken up or declined by hosts."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction

from saas.contracts.pricerule import RuleUnknown, decide
from saas.contracts.pricing import Opening as OpeningWord
from saas.contracts.pricing import Suggested, Taken
from saas.kit.errors import Forbidden, Invalid, Refused
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.marketplace import actions as marketplace
from tenants.marketplace.models import Listing
from tenants.tariffs.queries import component

from . import queries
from .amounts import DIMENSION, simple, text
from .models import Opening, Policy, PriceMark, Suggestion, Wish

VALID = timedelta(days=14)
MOST_MICRO = 10**15
COSTS = ("energy_cost_micro", "wear_micro", "profit_micro")


class SuggestionOver(Refused):
    """This suggestion was taken, declined or replaced already, or its time is over."""

    code = "suggestion_over"


class PriceMoved(Refused):
    """The price was changed since this was suggested. A new suggestion follows."""

    code = "price_moved"


def receive(*, items: Sequence[Suggested], now: datetime) -> Taken:
    """Stores what the rule suggests. Refused one by one: charger gone, price changed since, not what the rule says."""
    found = [_receive(item, now) for item in items]
    return Taken(stored=found.count("stored"), known=found.count("known"), refused=found.count("refused"))


@transaction.atomic
def _receive(item: Suggested, now: datetime) -> str:
    listing = _listing(item)
    if listing is None or not queries.policy().offered or not _rebuilds(item):
        return "refused"
    prices = simple(listing.tariff.elements)
    if prices is None or prices[item.kind] != item.inputs.current_micro or listing.tariff.currency != item.currency:
        return "refused"
    digest, price = _digest(item), _within(queries.policy(), item)
    if price == item.inputs.current_micro or _known(listing, item, digest, price, now):
        return "known"
    before = Suggestion.objects.filter(listing=listing, kind=item.kind, state=Suggestion.State.OFFERED)
    before.update(state=Suggestion.State.EXPIRED, decided_at=now)
    Suggestion.objects.create(
        listing=listing, kind=item.kind, currency=item.currency, rule=item.decision.rule,
        inputs=msgspec.to_builtins(item.inputs), decision=msgspec.to_builtins(item.decision), price_micro=price,
        clipped=price != item.decision.price_micro, digest=digest, valid_from=now, expires_at=now + VALID,
    )  # fmt: skip
    return "stored"


def _listing(item: Suggested) -> Listing | None:
    rows = Listing.objects.select_related("tariff").select_for_update(of=("self",))
    return rows.filter(uid=item.listing, state__in=(Listing.State.LIVE, Listing.State.PAUSED)).first()


def _rebuilds(item: Suggested) -> bool:
    try:
        return decide(item.decision.rule, item.inputs) == item.decision
    except (RuleUnknown, ZeroDivisionError):
        return False


def _known(listing: Listing, item: Suggested, digest: str, price: int, now: datetime) -> bool:
    """The very same suggestion is on offer, or the host declined this price within its time."""
    rows = Suggestion.objects.filter(listing=listing, kind=item.kind)
    same = rows.filter(digest=digest, state=Suggestion.State.OFFERED, expires_at__gt=now, price_micro=price)
    declined = rows.filter(price_micro=price, state=Suggestion.State.DECLINED, decided_at__gt=now - VALID)
    return same.exists() or declined.exists()


def _digest(item: Suggested) -> str:
    said = [item.listing, item.kind, item.decision.rule, msgspec.to_builtins(item.inputs)]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _within(policy: Policy, item: Suggested) -> int:
    """The price within what the tenant allows now, in whole cents: the change first, then least and most."""
    current, price, unit = item.inputs.current_micro, item.decision.price_micro, item.inputs.step_micro
    room = current * policy.most_change_bp // 10_000
    least, most = limits(policy, item.kind)
    lowest, highest = -(-(current - room) // unit) * unit, (current + room) // unit * unit
    price = min(max(price, lowest), highest) if lowest <= highest else current
    return max(min(price, most) if most is not None else price, least)


def limits(policy: Policy, kind: str) -> tuple[int, int | None]:
    """Least and most of this kind, in micro units."""
    if kind == Suggestion.Kind.KWH:
        return policy.least_kwh_micro, policy.most_kwh_micro
    return policy.least_hour_micro, policy.most_hour_micro


@transaction.atomic
def accept(*, suggestion: Suggestion, by: User, now: datetime) -> Suggestion:
    """The suggested price from now on, as a new tariff; bookings keep theirs. SuggestionOver, PriceMoved, Forbidden."""
    row = _open(suggestion, by, now)
    if not queries.still_holds(row):
        raise PriceMoved()
    elements = row.listing.tariff.elements
    words = {kind: component(elements, dimension) for kind, dimension in DIMENSION.items()}
    words[row.kind] = text(row.price_micro)
    listing = marketplace.set_price(listing=row.listing, now=now, per_hour=words["hour"], per_kwh=words["kwh"])
    return _decided(row, Suggestion.State.ACCEPTED, by, now, tariff=listing.tariff)


@transaction.atomic
def decline(*, suggestion: Suggestion, by: User, now: datetime) -> Suggestion:
    """Not this price; it is not suggested again for two weeks. SuggestionOver, Forbidden."""
    return _decided(_open(suggestion, by, now), Suggestion.State.DECLINED, by, now)


def _open(suggestion: Suggestion, by: User, now: datetime) -> Suggestion:
    # The listing first: the same order as where suggestions come in.
    Listing.objects.select_for_update().get(pk=suggestion.listing_id)
    rows = Suggestion.objects.select_related("listing__tariff", "listing__evse__location").select_for_update(
        of=("self",)
    )
    row = rows.get(pk=suggestion.pk)
    if not can(by, "listing.manage", row.listing):
        raise Forbidden()
    if row.state != Suggestion.State.OFFERED or row.expires_at <= now:
        raise SuggestionOver()
    return row


def _decided(row: Suggestion, state: str, by: User, now: datetime, **more: Any) -> Suggestion:
    for name, value in {"state": state, "decided_at": now, "decided_by": by, **more}.items():
        setattr(row, name, value)
    row.save()
    return row


def set_wish(*, listing: Listing, now: datetime, **said: int) -> Wish:
    """What a host says of costs and profit, per kWh. Invalid for what is below 0 or beyond belief."""
    wrong: dict[str, object] = {name: "0 or more" for name in COSTS if not 0 <= said.get(name, 0) <= MOST_MICRO}
    if not 0 <= said.get("losses_bp", 0) <= 5_000:
        wrong["losses_bp"] = "0 to 50 %"
    if wrong:
        raise Invalid("These costs do not fit.", **wrong)
    return Wish.objects.update_or_create(listing=listing, defaults={**said, "changed_at": now})[0]


def set_policy(*, by: User, **said: Any) -> Policy:
    """What the tenant allows. Invalid where the most is below the least; Forbidden."""
    if not can(by, "price.manage"):
        raise Forbidden()
    row = queries.policy()
    for name, value in said.items():
        setattr(row, name, value)
    for kind in ("kwh", "hour"):
        least, most = limits(row, kind)
        if least < 0 or (most is not None and not least <= most <= MOST_MICRO):
            raise Invalid("The most is not below the least.", **{f"most_{kind}_micro": "below the least"})
    if not 1 <= row.most_change_bp <= 10_000 or not 0 <= row.losses_bp <= 5_000:
        raise Invalid(
            "A step lies between 0.01 and 100 %, losses between 0 and 50 %.", most_change_bp=row.most_change_bp
        )
    row.save()
    return row


@transaction.atomic
def replace_openings(*, items: Sequence[OpeningWord]) -> None:
    """These openings and no others."""
    Opening.objects.all().delete()
    Opening.objects.bulk_create(Opening(**msgspec.structs.asdict(item)) for item in items)


def expire(*, now: datetime) -> int:
    """Offers whose time is over."""
    over = Suggestion.objects.filter(state=Suggestion.State.OFFERED, expires_at__lte=now)
    return over.update(state=Suggestion.State.EXPIRED, decided_at=now)


def mark(sender: object, *, listing: Listing, now: datetime, **_: object) -> None:
    """Remembers since when the listing has this tariff."""
    PriceMark.objects.create(listing=listing, tariff=listing.tariff, since=now)
