"""Claiming energy, working out what it is worth, and having that verified."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum

from saas.contracts import methodologies
from saas.kit.errors import NotFound
from saas.kit.transactions import atomic
from saas.tenancy.queries import current
from tenants.accounts.models import User

from .. import methods, queries
from ..errors import NothingCredited, NothingToClaim, WrongBatchState
from ..models import Batch, Block, BlockEvent, EnergyClaim, SerialCounter

State = Batch.State


@atomic
def open_batch(*, wanted: queries.Wanted, by: User, now: datetime) -> Batch:
    """Claim every free session of the period. Whoever comes second for a session does not get it.

    Raises NotFound, Forbidden, Invalid, MethodRefused, NothingToClaim.
    """
    queries.may(by, queries.MANAGE)
    found = queries.check(wanted)
    batch = Batch.objects.create(
        method=found.method,
        version=found.version,
        inputs=methods.given(found, wanted.inputs),
        region=wanted.region.upper(),
        period_start=wanted.period_start,
        period_end=wanted.period_end,
        organisation=wanted.organisation,
        beneficiary=wanted.organisation.name if wanted.organisation else current().name,
        made_by=str(by.uid),
    )
    free = [row.session for row in queries.candidates(wanted) if not row.reason]
    rows = [EnergyClaim(batch=batch, session=s, energy_wh=s.energy_wh, ended_at=s.ended_at) for s in free if s.ended_at]
    # In the order of sessions, and without an error where another batch has one: the database decides who is first.
    EnergyClaim.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    held = batch.claims.aggregate(sessions=Count("pk"), energy=Sum("energy_wh"))
    if not held["sessions"]:
        raise NothingToClaim()
    batch.sessions, batch.energy_wh = held["sessions"], held["energy"]
    batch.save(update_fields=["sessions", "energy_wh"])
    return batch


@atomic
def lock_batch(*, uid: UUID, by: User, now: datetime) -> Batch:
    """Work out the grams by the methodology and keep all that they follow from. Nothing is added or freed after.

    Raises NotFound, Forbidden, WrongBatchState, MethodRefused, NothingCredited.
    """
    batch = _locked(uid, by, State.OPEN)
    result = methods.calculate(
        methods.find(batch.method, batch.version), inputs=batch.inputs, energy_wh=batch.energy_wh,
        start=batch.period_start, end=batch.period_end,
    )  # fmt: skip
    if result.grams <= 0:
        raise NothingCredited()
    batch.grams, batch.record = result.grams, methodologies.record(result)
    batch.state, batch.locked_by, batch.locked_at = State.LOCKED, str(by.uid), now
    batch.save()
    return batch


@atomic
def verify_batch(*, uid: UUID, verifier: str, verification: str, by: User, now: datetime) -> Batch:
    """A verification body confirmed the grams: serials are issued, one a gram. Cannot be undone.

    The grams are rebuilt from the record first. Raises NotFound, Forbidden, WrongBatchState.
    """
    batch = _locked(uid, by, State.LOCKED)
    methodologies.rebuild(batch.record or {})
    batch.state, batch.verified_by, batch.verified_at = State.VERIFIED, str(by.uid), now
    batch.verifier, batch.verification = verifier, verification
    batch.save()
    first = _next_serial(batch.grams or 0)
    block = Block.objects.create(
        batch=batch, first=first, last=first + (batch.grams or 0) - 1, owner=batch.beneficiary
    )  # fmt: skip
    BlockEvent.objects.create(
        block=block, verb="issued", grams=block.grams, owner_after=block.owner, note=verification[:200],
        by=str(by.uid), at=now,
    )  # fmt: skip
    return batch


@atomic
def cancel_batch(*, uid: UUID, by: User, now: datetime) -> Batch:
    """Give an open batch up: its sessions are free again. Raises NotFound, Forbidden, WrongBatchState."""
    batch = _locked(uid, by, State.OPEN)
    batch.claims.all().delete()
    batch.state, batch.cancelled_at = State.CANCELLED, now
    batch.save(update_fields=["state", "cancelled_at"])
    return batch


def _locked(uid: UUID, by: User, state: str) -> Batch:
    queries.may(by, queries.MANAGE)
    batch = Batch.objects.select_for_update().filter(uid=uid).first()
    if batch is None:
        raise NotFound("There is no such batch.")
    if batch.state != state:
        raise WrongBatchState(state=batch.state)
    return batch


def _next_serial(count: int) -> int:
    """Takes `count` serials. One row, locked until the commit: no gap, and no number twice."""
    SerialCounter.objects.get_or_create(pk=1)
    counter = SerialCounter.objects.select_for_update().get(pk=1)
    first = counter.last + 1
    counter.last += count
    counter.save(update_fields=["last"])
    return first
