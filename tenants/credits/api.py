"""`/credits`: claims on charged energy, batches, blocks of serials, and green credit."""

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging, money
from saas.tenancy.queries import current
from tenants.accounts.bearer import caller

from . import actions, methods, queries, reading
from .registry.chosen import registry
from .schemas import (
    CreditBatch,
    CreditBatches,
    CreditBatchIn,
    CreditBlock,
    CreditBlockDetail,
    CreditBlocks,
    CreditClaim,
    CreditFiling,
    CreditMethod,
    CreditPreview,
    CreditRetirement,
    CreditSplit,
    CreditTransfer,
    CreditVerification,
    GreenCredit,
    GreenPayout,
    GreenPayoutIn,
    GreenRule,
    GreenRuleIn,
    batch_shown,
    block_shown,
    claim_shown,
    detail_shown,
    filing_shown,
    preview_shown,
    reward_shown,
    rule_shown,
)

router = Router(tags=["credits"])


@router.get("/credits/methods", response=list[CreditMethod], operation_id="credit_methods")
def credit_methods(request: HttpRequest) -> object:
    """Methodologies, each version by itself."""
    queries.may(caller(request))
    return [
        {**{name: getattr(row, name) for name in ("method", "version", "title", "region", "asks")},
         "choices": {name: list(methods.CHOICES[name]) for name in row.asks if name in methods.CHOICES}}
        for row in methods.METHODS
    ]  # fmt: skip


@router.post("/credits/preview", response=CreditPreview, operation_id="preview_credit_batch")
def preview(request: HttpRequest, body: CreditBatchIn) -> object:
    """What a batch would hold now, and which sessions it would not, and why. Claims nothing."""
    person = caller(request)
    return preview_shown(queries.preview(wanted=reading.wanted(person, body.model_dump()), viewer=person))


@router.post("/credits/batches", response={201: CreditBatch}, operation_id="open_credit_batch")
def open_batch(request: HttpRequest, body: CreditBatchIn) -> Status[object]:
    """Claim every free session of the period."""
    person = caller(request)
    wanted = reading.wanted(person, body.model_dump())
    return Status(201, batch_shown(actions.open_batch(wanted=wanted, by=person, now=timezone.now())))


@router.get("/credits/batches", response=PageOf[CreditBatch], operation_id="credit_batches")
def batches(request: HttpRequest, response: HttpResponse, asked: Query[CreditBatches]) -> object:
    """Batches, newest first."""
    page = queries.batches(viewer=caller(request), state=asked.state, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [batch_shown(row) for row in page.items], "next": page.next}


@router.get("/credits/batches/{uuid:uid}", response=CreditBatch, operation_id="credit_batch")
def batch(request: HttpRequest, uid: UUID) -> object:
    """One batch with the record that its grams follow from."""
    return batch_shown(queries.batch(uid=uid, viewer=caller(request)))


@router.get("/credits/batches/{uuid:uid}/claims", response=PageOf[CreditClaim], operation_id="credit_claims")
def claims(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """The sessions of a batch, newest first."""
    page = queries.claims(batch=queries.batch(uid=uid, viewer=caller(request)), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [claim_shown(row) for row in page.items], "next": page.next}


@router.post("/credits/batches/{uuid:uid}/lock", response=CreditBatch, operation_id="lock_credit_batch")
def lock(request: HttpRequest, uid: UUID) -> object:
    """Work out the grams; nothing is added or freed afterwards."""
    return batch_shown(actions.lock_batch(uid=uid, by=caller(request), now=timezone.now()))


@router.post("/credits/batches/{uuid:uid}/verify", response=CreditBatch, operation_id="verify_credit_batch")
def verify(request: HttpRequest, uid: UUID, body: CreditVerification) -> object:
    """A verification body confirmed it: serials are issued. Cannot be undone."""
    row = actions.verify_batch(uid=uid, **body.model_dump(), by=caller(request), now=timezone.now())
    return batch_shown(row)


@router.post("/credits/batches/{uuid:uid}/cancel", response=CreditBatch, operation_id="cancel_credit_batch")
def cancel(request: HttpRequest, uid: UUID) -> object:
    """Give an open batch up: its sessions are free again."""
    return batch_shown(actions.cancel_batch(uid=uid, by=caller(request), now=timezone.now()))


@router.get("/credits/blocks", response=PageOf[CreditBlock], operation_id="credit_blocks")
def blocks(request: HttpRequest, response: HttpResponse, asked: Query[CreditBlocks]) -> object:
    """Blocks that exist, newest first."""
    page = queries.blocks(viewer=caller(request), state=asked.state, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [block_shown(row) for row in page.items], "next": page.next}


@router.get("/credits/blocks/{uuid:uid}", response=CreditBlockDetail, operation_id="credit_block")
def block(request: HttpRequest, uid: UUID) -> object:
    """One block with its history and its filings."""
    row = queries.block(uid=uid, viewer=caller(request))
    return detail_shown(row, queries.filings(row))


@router.post("/credits/blocks/{uuid:uid}/split", response=list[CreditBlock], operation_id="split_credit_block")
def split(request: HttpRequest, uid: UUID, body: CreditSplit) -> object:
    """Cut it into parts that together are all of it."""
    rows = actions.split(uid=uid, grams=body.grams, by=caller(request), now=timezone.now())
    return [block_shown(row) for row in rows]


@router.post("/credits/blocks/{uuid:uid}/transfer", response=CreditBlock, operation_id="transfer_credit_block")
def transfer(request: HttpRequest, uid: UUID, body: CreditTransfer) -> object:
    """Give it, or its first grams, to another owner."""
    row = actions.transfer(uid=uid, to=body.to, grams=body.grams, by=caller(request), now=timezone.now())
    return block_shown(row)


@router.post("/credits/blocks/{uuid:uid}/retire", response=CreditBlock, operation_id="retire_credit_block")
def retire(request: HttpRequest, uid: UUID, body: CreditRetirement) -> object:
    """Use it, or its first grams, up. Cannot be undone."""
    return block_shown(actions.retire(uid=uid, **body.model_dump(), by=caller(request), now=timezone.now()))


@router.post("/credits/blocks/{uuid:uid}/file", response=CreditFiling, operation_id="file_credit_block")
def file(request: HttpRequest, uid: UUID) -> object:
    """File it with the registry of this installation, in the words of the Climate Action Data Trust."""
    filing = actions.file_block(uid=uid, by=caller(request), now=timezone.now(), registry=registry())
    return filing_shown(filing)


@router.get("/credits/green-rules", response=list[GreenRule], operation_id="green_rules")
def green_rules(request: HttpRequest) -> object:
    """The newest versions of the rule for green charging, newest first."""
    return [rule_shown(row) for row in queries.rules(viewer=caller(request))]


@router.post("/credits/green-rules", response={201: GreenRule}, operation_id="make_green_rule")
def make_green_rule(request: HttpRequest, body: GreenRuleIn) -> Status[object]:
    """A new version of the rule. What was granted stays."""
    terms = actions.RuleTerms(**body.model_dump(exclude={"valid_from"}))
    row = actions.make_rule(terms=terms, valid_from=body.valid_from, by=caller(request), now=timezone.now())
    return Status(201, rule_shown(row))


@router.get("/credits/green-credit", response=GreenCredit, operation_id="green_credit")
def green_credit(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """One's own rewards for green charging, newest first, and the balance."""
    person, code = caller(request), current().currency
    page = queries.grants_of(person, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    balance = money(queries.credit_balance(person, code), code)
    return {"balance": balance, "items": [reward_shown(row) for row in page.items], "next": page.next}


@router.post("/credits/green-credit/payouts", response={201: GreenPayout}, operation_id="pay_out_green_credit")
def pay_out(request: HttpRequest, body: GreenPayoutIn) -> Status[object]:
    """Write down that a driver's balance was paid by a transfer of its own. The same transfer is written once."""
    person, code = caller(request), current().currency
    driver = reading.driver(person, body.driver)
    key = hashlib.sha256(f"{driver.uid}:{body.reference}".encode()).hexdigest()[:40]
    posting = actions.pay_out(
        driver=driver, amount_minor=body.amount_minor, reference=body.reference, key=key, by=person, now=timezone.now()
    )
    return Status(201, {"uid": posting.uid, "balance": money(queries.credit_balance(driver, code), code)})
