"""Reading batches, blocks, rewards; and which sessions may be claimed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet, Sum

from saas.kit.errors import Forbidden, Invalid, NotFound
from saas.kit.pagination import LIMIT, Page, newest_first
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import Organisation, User
from tenants.accounts.permissions import can
from tenants.charging.models import Session
from tenants.ledger import queries as ledger
from tenants.ledger.models import Account
from tenants.sites.models import Connector

from . import methods
from .core import serial
from .models import Batch, Block, EnergyClaim, Filing, GreenGrant, GreenRule

M = TypeVar("M", Batch, Block)
VIEW, MANAGE = "credit.view", "credit.manage"
EXCLUDED_MOST = 200


@dataclass(frozen=True)
class Wanted:
    """What a batch is to claim. The period is half open, in UTC days, within one calendar year."""

    method: str
    version: str
    inputs: Mapping[str, object]
    region: str
    period_start: date
    period_end: date
    organisation: Organisation | None = None


@dataclass(frozen=True)
class Candidate:
    """A session of the period, and why it cannot be claimed (empty: it can)."""

    session: Session
    reason: str


@dataclass(frozen=True)
class Preview:
    """What a batch would hold now: nothing is claimed by looking."""

    sessions: int
    energy_wh: int
    grams: int
    lines: tuple[tuple[str, str, str, str], ...]
    excluded: Mapping[str, int]
    examples: tuple[Candidate, ...]


def may(viewer: User, permission: str = VIEW) -> None:
    """NotFound for whom credits are no business of, Forbidden for who may only look."""
    if not can(viewer, VIEW):
        raise NotFound("There is no such thing here.")
    if not can(viewer, permission):
        raise Forbidden()


def check(wanted: Wanted) -> methods.Method:
    """MethodRefused or Invalid when a batch of this kind cannot be."""
    found = methods.find(wanted.method, wanted.version)
    region = methods.region_of(found, wanted.inputs)
    wrong: dict[str, object] = {}
    if not wanted.period_start < wanted.period_end:
        wrong["period_end"] = "the first day after the period"
    elif (wanted.period_end - date.resolution).year != wanted.period_start.year:
        wrong["period_end"] = "within the calendar year of the start: it is the vintage"
    if len(wanted.region) != 2 or not wanted.region.isalpha():
        wrong["region"] = "two letters, ISO 3166-1"
    elif region and wanted.region.upper() != region:
        wrong["region"] = f"this methodology holds in {region}"
    if wrong:
        raise Invalid("This batch cannot be.", **wrong)
    return found


def candidates(wanted: Wanted) -> list[Candidate]:
    """Sessions that ended in the period, with the reason of those that cannot be claimed. Imported ones are none."""
    rows = (
        Session.objects.select_related("evse__location", "energy_claim__batch")
        .prefetch_related("evse__connectors")
        .filter(state=Session.State.CLOSED, ended_at__gte=_moment(wanted.period_start),
                ended_at__lt=_moment(wanted.period_end))
        .order_by("pk")
    )  # fmt: skip
    if wanted.organisation is not None:
        rows = rows.filter(evse__location__organisation=wanted.organisation)
    current = methods.current_of(wanted.inputs)
    return [Candidate(row, _why_not(row, wanted.region.upper(), current)) for row in rows.iterator(chunk_size=2000)]


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _why_not(session: Session, region: str, current: str | None) -> str:
    if hasattr(session, "energy_claim"):
        return "claimed"
    if session.energy_wh <= 0:
        return "no_energy"
    if session.evse.location.country.upper() != region:
        return "other_region"
    if current is not None and _current(session) != current:
        return "other_current"
    return ""


def _current(session: Session) -> str:
    """DC where any connector of the EVSE gives it."""
    standards = {connector.standard for connector in session.evse.connectors.all()}
    return "DC" if standards & Connector.DIRECT else "AC"


def preview(*, wanted: Wanted, viewer: User) -> Preview:
    """Grams of a batch as it would be now, and what is excluded and why. NotFound, Invalid, MethodRefused."""
    may(viewer)
    found, rows = check(wanted), candidates(wanted)
    free = [row for row in rows if not row.reason]
    out = [row for row in rows if row.reason]
    energy = sum(row.session.energy_wh for row in free)
    result = methods.calculate(
        found, inputs=methods.given(found, wanted.inputs), energy_wh=energy, start=wanted.period_start,
        end=wanted.period_end,
    )  # fmt: skip
    lines = tuple((line.name, str(line.value), line.unit, line.says) for line in result.lines)
    reasons = Counter(row.reason for row in out)
    return Preview(len(free), energy, result.grams, lines, dict(reasons), tuple(out[:EXCLUDED_MOST]))


def batches(*, viewer: User, state: str | None = None, after: str | None = None, limit: int = LIMIT) -> Page[Batch]:
    """Newest first. NotFound for outsiders."""
    may(viewer)
    rows = Batch.objects.select_related("organisation")
    return newest_first(rows.filter(state=state) if state else rows, after=after, limit=limit)


def batch(*, uid: UUID, viewer: User) -> Batch:
    may(viewer)
    return _one(Batch.objects.select_related("organisation"), uid)


def claims(*, batch: Batch, after: str | None = None, limit: int = LIMIT) -> Page[EnergyClaim]:
    return newest_first(EnergyClaim.objects.select_related("session").filter(batch=batch), after=after, limit=limit)


def blocks(
    *, viewer: User, batch: Batch | None = None, state: str | None = None, after: str | None = None, limit: int = LIMIT
) -> Page[Block]:
    """Blocks that exist (not those that were split), newest first."""
    may(viewer)
    rows = Block.objects.select_related("batch").exclude(state=Block.State.SPLIT)
    rows = rows.filter(batch=batch) if batch else rows
    return newest_first(rows.filter(state=state) if state else rows, after=after, limit=limit)


def block(*, uid: UUID, viewer: User) -> Block:
    may(viewer)
    return _one(Block.objects.select_related("batch", "parent"), uid)


def filings(block: Block) -> list[Filing]:
    return list(block.filings.order_by("-pk")[:LIMIT])


def serials(block: Block) -> tuple[str, str]:
    """First and last serial in full."""
    row = block.batch
    words = {"tenant": current_schema(), "method": row.method, "version": row.version, "region": row.region,
             "vintage": row.period_start.year}  # fmt: skip
    return serial(**words, number=block.first), serial(**words, number=block.last)  # type: ignore[arg-type]


def retired(*, name: str, period_start: date, period_end: date) -> list[Block]:
    """Blocks that were retired for somebody of this name in the UTC days [period_start, period_end), oldest first."""
    rows = Block.objects.select_related("batch").filter(state=Block.State.RETIRED, retired_for__iexact=name)
    span = (_moment(period_start), _moment(period_end))
    return list(rows.filter(retired_at__gte=span[0], retired_at__lt=span[1]).order_by("retired_at", "pk"))


def held_grams() -> dict[str, int]:
    """Grams by state of the blocks that exist."""
    rows = Block.objects.exclude(state=Block.State.SPLIT).values_list("state", "first", "last")
    sums: Counter[str] = Counter()
    for state, first, last in rows.iterator():
        sums[state] += last - first + 1
    return dict(sums)


def rule_at(now: datetime) -> GreenRule | None:
    """The rule that holds; None before the first one, and while the newest is switched off."""
    rule = GreenRule.objects.filter(valid_from__lte=now).order_by("-valid_from", "-version").first()
    return rule if rule and rule.enabled else None


def rules(*, viewer: User) -> list[GreenRule]:
    may(viewer)
    return list(GreenRule.objects.order_by("-version")[:LIMIT])


def credit_balance(driver: User, currency: str) -> int:
    """Minor units that the tenant owes this driver for green charging."""
    return ledger.balance(kind=Account.Kind.DRIVER_CREDIT, owner=f"user:{driver.uid}", currency=currency)


def grants(*, viewer: User, after: str | None = None, limit: int = LIMIT) -> Page[GreenGrant]:
    """Rewards of all drivers, newest first. NotFound for outsiders."""
    may(viewer)
    rows = GreenGrant.objects.select_related("driver", "session", "rule").filter(amount_minor__gt=0)
    return newest_first(rows, after=after, limit=limit)


def grants_of(driver: User, *, after: str | None = None, limit: int = LIMIT) -> Page[GreenGrant]:
    """One's own rewards, newest first."""
    rows = GreenGrant.objects.select_related("session", "rule").filter(driver=driver, amount_minor__gt=0)
    return newest_first(rows, after=after, limit=limit)


def grant_of(session: Session) -> GreenGrant | None:
    return GreenGrant.objects.select_related("rule").filter(session=session, amount_minor__gt=0).first()


def granted_in(driver_id: int, month: str) -> int:
    """Minor units granted in a month and not taken back."""
    rows = GreenGrant.objects.filter(driver_id=driver_id, month=month, reversed_at=None)
    return int(rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def _one(rows: "QuerySet[M]", uid: UUID) -> M:
    found = rows.filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such thing here.")
    return found
