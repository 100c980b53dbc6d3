"""Shapes of the credits API. Energy in Wh, credits in whole grams of CO2e, money in minor units."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import Moment, Money, Paging, Sentence, Word, money

from .models import Batch as BatchRow
from .models import Block as BlockRow
from .models import EnergyClaim, Filing, GreenGrant
from .models import GreenRule as RuleRow
from .queries import Preview, serials

Grams = Annotated[int, Field(ge=1, le=10**15)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Name = Annotated[Word, Field(min_length=1)]
Minor = Annotated[int, Field(ge=0, le=10**15)]
MinuteOfDay = Annotated[int, Field(ge=0, le=1439)]


class CreditMethod(Schema):
    """A methodology, and the inputs that it asks for beside the energy."""

    method: str
    version: str
    title: str
    region: str
    asks: list[str]
    choices: dict[str, list[str]]


class CreditBatchIn(Schema):
    """What to claim. The period is half open, in UTC days, within one calendar year (the vintage)."""

    method: Name
    version: Name
    inputs: dict[str, str | int] = Field({}, description="As the methodology asks; see `/credits/methods`")
    region: Annotated[str, Field(min_length=2, max_length=2)]
    period_start: Day
    period_end: Day
    organisation: UUID | None = None


class CreditLine(Schema):
    """An exact figure of the calculation, as a fraction in lowest terms."""

    name: str
    value: str
    unit: str
    says: str


class CreditExcluded(Schema):
    session: UUID
    reason: Literal["claimed", "no_energy", "other_region", "other_current"]


class CreditPreview(Schema):
    """What such a batch would hold now. Nothing is claimed by looking."""

    sessions: int
    energy_wh: int
    grams: int
    lines: list[CreditLine]
    excluded: dict[str, int]
    examples: list[CreditExcluded]


class CreditBatch(Schema):
    uid: UUID
    state: Literal["open", "locked", "verified", "cancelled"]
    method: str
    version: str
    inputs: dict[str, str | int]
    region: str
    vintage: int
    period_start: date
    period_end: date
    organisation: UUID | None = None
    beneficiary: str
    sessions: int
    energy_wh: int
    grams: int | None = None
    record: dict[str, Any] | None = Field(None, description="Inputs and figures from which the grams can be rebuilt")
    verifier: str
    verification: str
    created_at: Moment
    locked_at: Moment | None = None
    verified_at: Moment | None = None
    cancelled_at: Moment | None = None


class CreditBatches(Paging):
    state: Literal["open", "locked", "verified", "cancelled"] | None = None


class CreditClaim(Schema):
    session: UUID
    energy_wh: int
    ended_at: Moment


class CreditVerification(Schema):
    """Who verified, and its report."""

    verifier: Name
    verification: Annotated[Sentence, Field(min_length=1)]


class CreditBlock(Schema):
    """A range of serials, one gram of CO2e each, both ends included."""

    uid: UUID
    batch: UUID
    state: Literal["held", "split", "retired"]
    first_serial: str
    last_serial: str
    grams: int
    owner: str
    parent: UUID | None = None
    retired_at: Moment | None = None
    retired_for: str
    reason: str


class CreditBlockEvent(Schema):
    verb: str
    grams: int
    owner_before: str
    owner_after: str
    note: str
    at: Moment


class CreditFiling(Schema):
    """`stand_in`: filed in this installation's own file store only; nothing left it."""

    uid: UUID
    registry: str
    stand_in: bool
    state: Literal["sending", "filed", "failed"]
    reference: str
    error: str
    document: dict[str, Any]
    at: Moment


class CreditBlockDetail(CreditBlock):
    events: list[CreditBlockEvent]
    filings: list[CreditFiling]


class CreditBlocks(Paging):
    state: Literal["held", "retired"] | None = None


class CreditSplit(Schema):
    """Grams of each part; together they are the block."""

    grams: Annotated[list[Grams], Field(min_length=2, max_length=100)]


class CreditTransfer(Schema):
    """The whole block, or its first `grams`."""

    to: Name
    grams: Grams | None = None


class CreditRetirement(Schema):
    """The whole block, or its first `grams`. Cannot be undone."""

    retired_for: Name
    reason: Annotated[Sentence, Field(min_length=1)]
    grams: Grams | None = None


class GreenRuleIn(Schema):
    """`off_peak`: energy inside the window, by the clock of the site; `contract`: all, covered by `instrument`."""

    basis: Literal["off_peak", "contract"]
    valid_from: Moment
    enabled: bool = True
    window_start: MinuteOfDay = 0
    window_end: MinuteOfDay = 0
    instrument: Sentence = ""
    minor_per_mwh: Minor = 0
    percent_bp: Annotated[int, Field(ge=0, le=10_000)] = 0
    cap_minor: Minor = Field(description="Per driver and calendar month")


class GreenRule(GreenRuleIn):
    uid: UUID
    version: int


class GreenReward(Schema):
    session: UUID
    rule: int
    energy_wh: int
    amount: Money
    capped: bool
    granted_at: Moment
    reversed_at: Moment | None = None


class GreenCredit(Schema):
    """One's balance for green charging, and what it is made of. The site's operator pays it out."""

    balance: Money
    items: list[GreenReward]
    next: str | None = None


class GreenPayoutIn(Schema):
    """`reference`: the transfer that paid it."""

    driver: UUID
    amount_minor: Annotated[int, Field(ge=1, le=10**15)]
    reference: Name


class GreenPayout(Schema):
    uid: UUID
    balance: Money


def preview_shown(found: Preview) -> dict[str, Any]:
    names = ("name", "value", "unit", "says")
    return {
        "sessions": found.sessions,
        "energy_wh": found.energy_wh,
        "grams": found.grams,
        "lines": [dict(zip(names, line, strict=True)) for line in found.lines],
        "excluded": dict(found.excluded),
        "examples": [{"session": row.session.uid, "reason": row.reason} for row in found.examples],
    }


def batch_shown(row: BatchRow) -> dict[str, Any]:
    names = (
        "uid", "state", "method", "version", "inputs", "region", "period_start", "period_end", "beneficiary",
        "sessions", "energy_wh", "grams", "record", "verifier", "verification", "created_at", "locked_at",
        "verified_at", "cancelled_at",
    )  # fmt: skip
    organisation = row.organisation.uid if row.organisation else None
    return {name: getattr(row, name) for name in names} | {
        "vintage": row.period_start.year, "organisation": organisation,
    }  # fmt: skip


def claim_shown(row: EnergyClaim) -> dict[str, Any]:
    return {"session": row.session.uid, "energy_wh": row.energy_wh, "ended_at": row.ended_at}


def block_shown(row: BlockRow) -> dict[str, Any]:
    first, last = serials(row)
    names = ("uid", "state", "grams", "owner", "retired_at", "retired_for", "reason")
    return {name: getattr(row, name) for name in names} | {
        "batch": row.batch.uid, "parent": row.parent.uid if row.parent else None, "first_serial": first,
        "last_serial": last,
    }  # fmt: skip


def filing_shown(row: Filing) -> dict[str, Any]:
    names = ("uid", "registry", "stand_in", "state", "reference", "error", "document", "at")
    return {name: getattr(row, name) for name in names}


def detail_shown(row: BlockRow, filed: list[Filing]) -> dict[str, Any]:
    names = ("verb", "grams", "owner_before", "owner_after", "note", "at")
    events = [{name: getattr(event, name) for name in names} for event in row.events.order_by("pk")]
    return {**block_shown(row), "events": events, "filings": [filing_shown(one) for one in filed]}


def rule_shown(row: RuleRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*GreenRuleIn.model_fields, "uid", "version")}


def reward_shown(row: GreenGrant) -> dict[str, Any]:
    return {
        "session": row.session.uid,
        "rule": row.rule.version,
        "energy_wh": row.energy_wh,
        "amount": money(row.amount_minor, row.currency),
        "capped": row.capped,
        "granted_at": row.granted_at,
        "reversed_at": row.reversed_at,
    }
