"""Telling a registry of a block: a row first, then the call, then what came of it."""

from datetime import datetime
from uuid import UUID

from saas.kit.transactions import atomic
from saas.tenancy.queries import current
from tenants.accounts.models import User

from .. import queries
from ..core import TONNE_G
from ..errors import BlockGone, RegistryDown, RegistryRefused, WholeTonnesOnly
from ..models import Block, BlockEvent, Filing
from ..registry import document, port


def file_block(*, uid: UUID, by: User, now: datetime, registry: port.RegistryPort) -> Filing:
    """File the block as it is now. The same state again returns the filing that is there; nothing is filed twice.

    Raises NotFound, Forbidden, BlockGone, WholeTonnesOnly, RegistryDown, RegistryRefused.
    """
    filing = _begun(uid, by, now, registry)
    if filing.state == Filing.State.FILED:
        return filing
    try:
        reference = registry.file(filing.document)
    except port.Refusal as refusal:
        _finish(filing, Filing.State.FAILED, by, now, error=str(refusal))
        raise RegistryRefused(str(refusal)) from refusal
    except port.Down as down:
        _finish(filing, Filing.State.FAILED, by, now, error=str(down))
        raise RegistryDown() from down
    return _finish(filing, Filing.State.FILED, by, now, reference=reference)


@atomic
def _begun(uid: UUID, by: User, now: datetime, registry: port.RegistryPort) -> Filing:
    queries.may(by, queries.MANAGE)
    block = queries.block(uid=uid, viewer=by)
    if block.state == Block.State.SPLIT:
        raise BlockGone(state=block.state)
    if block.grams % TONNE_G:
        raise WholeTonnesOnly(grams=block.grams)
    body = document.of(block, tenant=current(), serials=queries.serials(block))
    same = Filing.objects.filter(block=block, registry=registry.name, document=body).order_by("-pk")
    done = same.filter(state=Filing.State.FILED).first()
    return done or Filing.objects.create(
        block=block, registry=registry.name, stand_in=registry.is_stand_in, document=body, at=now
    )


@atomic
def _finish(filing: Filing, state: str, by: User, now: datetime, *, reference: str = "", error: str = "") -> Filing:
    filing.state, filing.reference, filing.error = state, reference[:200], error[:300]
    filing.save(update_fields=["state", "reference", "error"])
    if state == Filing.State.FILED:
        block = filing.block
        note = f"{filing.registry}: {reference}"[:200]
        BlockEvent.objects.create(
            block=block, verb="filed", grams=block.grams, owner_before=block.owner, owner_after=block.owner, note=note,
            by=str(by.uid), at=now,
        )  # fmt: skip
    return filing
