"""What a station's transaction costs, for its display."""

from datetime import datetime

from django.db.models import Q

from saas.devices.models import Device
from saas.kit.money import decimal_text
from saas.tenancy.queries import current

from ..models import Session
from ..outcomes import Delivered
from ..walkups import priced
from .live import accrued_minor


def total_cost(*, device: Device, transaction: str, now: datetime) -> str | None:
    """Taxes included, in the main unit of the currency; "0" with its digits where it is free. None: no such session."""
    named = Q(transaction_id=transaction) | Q(names__transaction_id=transaction)
    rows = Session.objects.filter(named, device_id=device.device_id).select_related("booking", "evse__location")
    session = rows.order_by("id").first()
    if session is None:
        return None
    return decimal_text(_minor(session, now), session.currency or current().currency)


def _minor(session: Session, now: datetime) -> int:
    """Final once closed. A walk-up has no running cost: it is worked out as if it ended at the last that was heard."""
    over = session.state in (Session.State.CLOSED, Session.State.CANCELLED)
    if over or session.booking_id is not None or session.started_at is None:
        return accrued_minor(session, now)
    end = session.ended_at or session.last_sample_at or now
    return priced(session, Delivered(session.started_at, end, session.energy_wh)).total_minor
