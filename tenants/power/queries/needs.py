"""What sessions' vehicles need, and what they were told of it."""

from uuid import UUID

from tenants.accounts.models import User
from tenants.charging import queries as sessions

from ..models import Allocation, ChargingNeed


def need(*, session_uid: UUID, viewer: User) -> ChargingNeed | None:
    """None where nobody said anything. NotFound for a session that is not the viewer's to see."""
    session = sessions.get(uid=session_uid, viewer=viewer)
    return ChargingNeed.objects.filter(session=session).first()


def allocation(session_pk: int) -> Allocation | None:
    """What the session's EVSE was told; None where no limit is shared."""
    return Allocation.objects.filter(session=session_pk).select_related("member__circuit").first()
