"""Splitting, transferring and retiring blocks of serials."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from saas.kit.errors import NotFound
from saas.kit.transactions import atomic
from tenants.accounts.models import User

from .. import queries
from ..core import parts_of
from ..errors import BlockGone, WrongParts
from ..models import Block, BlockEvent

State = Block.State


@atomic
def split(*, uid: UUID, grams: Sequence[int], by: User, now: datetime) -> list[Block]:
    """Cut a block into parts of these grams, which together are all of it.

    Raises NotFound, Forbidden, BlockGone, WrongParts.
    """
    return _split(_locked(uid, by), grams, by, now)


@atomic
def transfer(*, uid: UUID, to: str, by: User, now: datetime, grams: int | None = None) -> Block:
    """Another owner has the block, or the first `grams` of it. Raises as `split` does."""
    block = _part(_locked(uid, by), grams, by, now)
    before, block.owner = block.owner, to
    block.save(update_fields=["owner"])
    _note(block, "transferred", by, now, before=before, after=to)
    return block


@atomic
def retire(*, uid: UUID, retired_for: str, reason: str, by: User, now: datetime, grams: int | None = None) -> Block:
    """Use up the block, or the first `grams` of it, for somebody's emissions. Cannot be undone. Raises as `split`."""
    block = _part(_locked(uid, by), grams, by, now)
    block.state, block.retired_at, block.retired_for, block.reason = State.RETIRED, now, retired_for, reason
    block.save(update_fields=["state", "retired_at", "retired_for", "reason"])
    _note(block, "retired", by, now, before=block.owner, after=block.owner, note=f"{retired_for}: {reason}"[:200])
    return block


def _locked(uid: UUID, by: User) -> Block:
    queries.may(by, queries.MANAGE)
    block = Block.objects.select_for_update(of=("self",)).select_related("batch").filter(uid=uid).first()
    if block is None:
        raise NotFound("There is no such block.")
    if block.state != State.HELD:
        raise BlockGone(state=block.state)
    return block


def _part(block: Block, grams: int | None, by: User, now: datetime) -> Block:
    if grams is None or grams == block.grams:
        return block
    return _split(block, [grams, block.grams - grams], by, now)[0]


def _split(block: Block, grams: Sequence[int], by: User, now: datetime) -> list[Block]:
    ranges = parts_of(block.first, block.last, grams)
    if ranges is None or len(ranges) < 2:
        raise WrongParts(block=block.grams, parts=list(grams))
    block.state = State.SPLIT
    block.save(update_fields=["state"])
    _note(block, "split", by, now, before=block.owner, after=block.owner, note=f"{len(ranges)} parts")
    return [
        Block.objects.create(batch=block.batch, parent=block, first=first, last=last, owner=block.owner)
        for first, last in ranges
    ]


def _note(block: Block, verb: str, by: User, now: datetime, *, before: str, after: str, note: str = "") -> None:
    BlockEvent.objects.create(
        block=block, verb=verb, grams=block.grams, owner_before=before, owner_after=after, note=note,
        by=str(by.uid), at=now,
    )  # fmt: skip
