"""Green credit: a rule per tenant, one reward a session, paid into the driver's balance of the books."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef

from saas.kit.errors import Invalid
from saas.kit.transactions import atomic
from saas.tenancy.queries import current
from tenants.accounts.models import User
from tenants.charging.models import Session
from tenants.ledger import postings
from tenants.ledger.actions import post
from tenants.ledger.models import Posting

from .. import queries
from ..core import Reward, inside_window, reward
from ..errors import AboveBalance, RuleTooOld
from ..models import GreenGrant, GreenRule

LOOK_BACK = timedelta(days=35)
AT_ONCE = 500


@dataclass(frozen=True)
class RuleTerms:
    """What a new version of the rule says. `percent_bp` is of the price of the rewarded energy."""

    basis: str
    window_start: int = 0
    window_end: int = 0
    instrument: str = ""
    minor_per_mwh: int = 0
    percent_bp: int = 0
    cap_minor: int = 0
    enabled: bool = True


@atomic
def make_rule(*, terms: RuleTerms, valid_from: datetime, by: User, now: datetime) -> GreenRule:
    """A new version. It never changes what was granted. Raises NotFound, Forbidden, Invalid, RuleTooOld."""
    queries.may(by, queries.MANAGE)
    _check(terms)
    newest = GreenRule.objects.select_for_update().order_by("-version").first()
    if valid_from < now or (newest and valid_from <= newest.valid_from):
        raise RuleTooOld()
    version = newest.version + 1 if newest else 1
    return GreenRule.objects.create(version=version, valid_from=valid_from, made_by=str(by.uid), **vars(terms))


def _check(terms: RuleTerms) -> None:
    wrong: dict[str, object] = {}
    if terms.basis not in GreenRule.Basis.values:
        wrong["basis"] = f"one of {', '.join(GreenRule.Basis.values)}"
    if terms.basis == GreenRule.Basis.CONTRACT and not terms.instrument:
        wrong["instrument"] = "the certificate or contract that covers the energy"
    if not (0 <= terms.window_start < 1440 and 0 <= terms.window_end < 1440):
        wrong["window_start"] = "minutes of the day, 0 to 1439"
    if terms.enabled and not (terms.minor_per_mwh > 0 or terms.percent_bp > 0):
        wrong["minor_per_mwh"] = "a reward per energy, or a share of the price"
    if not 0 <= terms.percent_bp <= 10_000 or terms.minor_per_mwh < 0 or terms.cap_minor < 0:
        wrong["percent_bp"] = "0 to 10000, and no amount below 0"
    if wrong:
        raise Invalid("This rule cannot be.", **wrong)


def grant_due(*, now: datetime) -> int:
    """Reward closed sessions that were not looked at yet, oldest first. How many got something."""
    first = GreenRule.objects.order_by("valid_from").values_list("valid_from", flat=True).first()
    if first is None:
        return 0
    since = max(first, now - LOOK_BACK)
    seen = GreenGrant.objects.filter(session=OuterRef("pk"))
    rows = Session.objects.filter(
        ~Exists(seen), state=Session.State.CLOSED, driver__isnull=False, ended_at__gte=since, ended_at__lte=now
    )
    keys = list(rows.order_by("ended_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_grant(key, now) for key in keys)


@transaction.atomic
def _grant(session_id: int, now: datetime) -> bool:
    """One session, once: the lock on its driver keeps two of a driver's sessions from sharing one rest of the cap."""
    related = ("driver", "evse__location")
    session = Session.objects.select_related(*related).get(pk=session_id)
    assert session.driver is not None and session.ended_at is not None
    driver = User.objects.select_for_update().get(pk=session.driver.pk)
    rule = queries.rule_at(session.started_at or session.ended_at)
    if rule is None or GreenGrant.objects.filter(session=session).exists():
        return False
    month = session.ended_at.astimezone(ZoneInfo(current().timezone)).strftime("%Y-%m")
    code = session.currency or current().currency
    found = _worth(session, rule, rule.cap_minor - queries.granted_in(driver.pk, month))
    grant = GreenGrant.objects.create(
        session=session, rule=rule, driver=driver, month=month, energy_wh=found.energy_wh,
        amount_minor=found.amount_minor, currency=code, capped=found.capped, granted_at=now,
    )  # fmt: skip
    if grant.amount_minor:
        lines = postings.green_credit(driver=f"user:{driver.uid}", amount_minor=grant.amount_minor, currency=code)
        post(name=postings.GREEN_CREDIT, key=f"green:{session.uid}", reference=f"session:{session.uid}", lines=lines,
             now=now)  # fmt: skip
    return grant.amount_minor > 0


def _worth(session: Session, rule: GreenRule, left_minor: int) -> Reward:
    return reward(
        energy_wh=session.energy_wh,
        price_minor=session.cost_minor if not _refunded(session) else 0,
        share=_share(session, rule) if not _refunded(session) else Fraction(0),
        minor_per_mwh=rule.minor_per_mwh,
        percent_bp=rule.percent_bp,
        left_minor=left_minor,
    )


def _share(session: Session, rule: GreenRule) -> Fraction:
    if rule.basis == GreenRule.Basis.CONTRACT:
        return Fraction(1)
    if session.started_at is None or session.ended_at is None:
        return Fraction(0)
    zone = ZoneInfo(session.evse.location.timezone)
    return inside_window(
        start=session.started_at, end=session.ended_at, first=rule.window_start, last=rule.window_end, zone=zone
    )


def _refunded(session: Session) -> bool:
    """Whether the price of its booking was given back by hand."""
    return session.booking is not None and Posting.objects.filter(key=f"refund:{session.booking.uid}").exists()


def reverse_refunded(*, now: datetime) -> int:
    """Take back the reward of sessions whose price was given back. How many."""
    rows = GreenGrant.objects.select_related("session__booking", "driver").filter(
        reversed_at=None, amount_minor__gt=0, session__booking__isnull=False
    )
    keys = {f"refund:{grant.session.booking.uid}": grant for grant in rows.iterator() if grant.session.booking}
    found = Posting.objects.filter(key__in=list(keys)).values_list("key", flat=True)
    return sum(_reverse(keys[key].pk, now) for key in found)


@transaction.atomic
def _reverse(grant_id: int, now: datetime) -> bool:
    grant = GreenGrant.objects.select_for_update(of=("self",)).select_related("driver", "session").get(pk=grant_id)
    if grant.reversed_at is not None:
        return False
    owner = f"user:{grant.driver.uid}"
    lines = postings.green_credit(driver=owner, amount_minor=-grant.amount_minor, currency=grant.currency)
    post(name=postings.GREEN_CREDIT_REVERSED, key=f"green-back:{grant.session.uid}",
         reference=f"session:{grant.session.uid}", lines=lines, now=now)  # fmt: skip
    grant.reversed_at = now
    grant.save(update_fields=["reversed_at"])
    return True


@atomic
def pay_out(*, driver: User, amount_minor: int, reference: str, key: str, by: User, now: datetime) -> Posting:
    """The tenant paid a driver's balance out by other means (`reference`: which transfer); the books follow.

    Raises NotFound, Forbidden, Invalid, AboveBalance. The same `key` again changes nothing.
    """
    queries.may(by, queries.MANAGE)
    code = current().currency
    if amount_minor <= 0 or not reference:
        raise Invalid("An amount above zero, and the transfer that paid it.", amount_minor=amount_minor)
    User.objects.select_for_update().get(pk=driver.pk)
    lines = postings.green_paid_out(driver=f"user:{driver.uid}", amount_minor=amount_minor, currency=code)
    booked = Posting.objects.filter(key=f"green-pay:{key}").exists()
    if not booked and amount_minor > queries.credit_balance(driver, code):
        raise AboveBalance()
    return post(name=postings.GREEN_PAID_OUT, key=f"green-pay:{key}", reference=reference[:80], lines=lines, now=now)
