"""How much an adapter may take by its permit alone, before anybody has told it a limit."""

from tenants.charging.models import Session

from ..models import Allocation, Member


def permit_ma(session: Session) -> int | None:
    """Its fallback until its limit is agreed to; then nothing more than its hardware. None: on no circuit."""
    member = Member.objects.select_related("circuit", "evse").filter(evse=session.evse_id).first()
    if member is None or not _steered(member):
        return None
    row = Allocation.objects.filter(member=member, session=session, opened=True).first()
    if row is not None:
        return None
    own = member.circuit.fallback_ma if member.fallback_ma is None else member.fallback_ma
    return max(1, min(own, member.evse.max_current_ma))


def _steered(member: Member) -> bool:
    """Whether the site's limit is shared at all: switched on at the root."""
    circuit = member.circuit
    while circuit.parent is not None:
        circuit = circuit.parent
    return circuit.enabled
