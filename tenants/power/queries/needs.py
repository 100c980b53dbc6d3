"""What sessions' vehicles need, and what they were told of it."""

from uuid import UUID

from tenants.accounts.models import User
from tenants.charging import queries as sessions
from tenants.charging.models import Session

from ..models import Allocation, ChargingNeed


def need(*, session_uid: UUID, viewer: User) -> ChargingNeed | None:
    """None where nobody said anything. NotFound for a session that is not the viewer's to see."""
    session = sessions.get(uid=session_uid, viewer=viewer)
    return ChargingNeed.objects.filter(session=session).first()


def allocation(session_pk: int) -> Allocation | None:
    """What the session's EVSE was told; None where no limit is shared."""
    return Allocation.objects.filter(session=session_pk).select_related("member__circuit").first()


def shared_by(row: Allocation) -> int:
    """How many other sessions charge at the same site just now."""
    location = row.member.circuit.location_id
    running = Session.objects.filter(evse__power__circuit__location=location, state=Session.State.CHARGING)
    return running.exclude(pk=row.session_id or 0).count()
