"""What operators may do about a station's abilities."""

from datetime import datetime

from django.db import transaction

from saas.kit.errors import Forbidden
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.stations.models import Station

from ..models import Allocation, Capability
from .hurry import hurry


@transaction.atomic
def probe_again(*, station: Station, by: User, now: datetime) -> Capability:
    """Forget what the station refused, and ask it anew. Forbidden."""
    if not can(by, "power.manage", station):
        raise Forbidden()
    held, _ = Capability.objects.get_or_create(station=station)
    held.state, held.command_uid, held.hopeless = Capability.State.UNKNOWN, None, False
    held.refused, held.accepted, held.reads_back = [], [], None
    held.save()
    rows = Allocation.objects.filter(member__evse__device_id=station.device_id)
    rows.update(base_tries=0, base_boot=None, corrections=0, quiet_until=None)
    hurry()
    return held
