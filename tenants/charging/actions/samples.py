"""Samples of the meter: what a running session shows, and evidence for its bill."""

from datetime import datetime

from django.db import transaction

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Telemetry
from saas.devices.models import Device
from saas.kit.time import from_ms, to_ms
from tenants.feed.actions import publish

from .. import metering
from ..errors import UnknownSession
from ..models import Session
from ..queries.live import accrued_minor
from . import held
from .closing import completed, measure
from .commands import queue_stop
from .naming import OVER, find, is_station

State = Session.State
MEASURED = (
    "register_wh", "energy_wh", "power_w", "current_ma", "voltage_mv", "soc_pct", "last_sample_at", "cost_minor",
    "stop_by", "evidence", "over_at", "meter_start_wh", "meter_stop_wh",
)  # fmt: skip


@transaction.atomic
def receive_sample(*, device: Device, sample: Telemetry, received_at: datetime) -> None:
    """Apply one sample of the meter. One without a session changes no state. Raises UnknownSession."""
    if sample.session is None:
        return
    try:
        session = find(device, sample, related=("booking", "evse"))
    except UnknownSession as early:
        if not is_station(device):
            raise
        held.hold(device=device, message=sample, why=early, received_at=received_at)
        return
    take(device, session, sample, received_at)


def take(device: Device, session: Session, sample: Telemetry, received_at: datetime) -> None:
    """One sample of this session, which is locked."""
    at = moment(device, sample.ts_ms, received_at)
    evident(device, session, received_at)
    session.evidence = metering.with_sample(session.evidence, to_ms(at), sample.energy_wh, sample.power_w)
    session.register_wh = max(session.register_wh or 0, sample.energy_wh)
    if session.over_at is not None and at > session.over_at and session.state not in (State.ENDED, *OVER):
        session.over_at = None
    if session.state not in OVER:
        measure(session)
    newest = session.last_sample_at is None or at > session.last_sample_at
    if newest:
        session.last_sample_at = at
        session.soc_pct = sample.soc_pct if sample.soc_pct is not None else session.soc_pct
        session.voltage_mv = sample.voltage_mv if sample.voltage_mv is not None else session.voltage_mv
    if newest and session.state not in (State.ENDED, *OVER):
        session.power_w, session.current_ma = sample.power_w or 0, sample.current_ma
        _end_at_limit(device, session, received_at)
        session.cost_minor = accrued_minor(session, at)
        _tell_sample(session, at, received_at)
    session.save(update_fields=MEASURED)


def evident(device: Device, session: Session, now: datetime) -> None:
    """News of the session was received."""
    session.evidence = metering.heard({**completed(session), "station": is_station(device)}, now)


def moment(device: Device, ts_ms: int, now: datetime) -> datetime:
    """A station's clock may be anything; ours checks theirs by ours."""
    return from_ms(metering.believed_ms(ts_ms, to_ms(now)) if is_station(device) else ts_ms)


def _end_at_limit(device: Device, session: Session, now: datetime) -> None:
    """A station keeps no permit: it is told to stop at the paid energy. An adapter does so by itself."""
    limit = session.booking.energy_limit_wh if session.booking else 0
    if device.kind == Device.Kind.STATION and limit and session.energy_wh >= limit and session.stop_by == "":
        session.stop_by = "limit"
        queue_stop(session=session, now=now, reason=wire.STOP_ENERGY)


def _tell_sample(session: Session, at: datetime, now: datetime) -> None:
    data = {
        "energy_wh": session.energy_wh,
        "power_w": session.power_w,
        "current_ma": session.current_ma,
        "voltage_mv": session.voltage_mv,
        "soc_pct": session.soc_pct,
        "cost_minor": session.cost_minor,
        "currency": session.currency,
        "ends_at": session.permit_end_at.isoformat() if session.permit_end_at else None,
        "at": at.isoformat(),
    }
    publish(audience=f"session:{session.uid}", kind="sample", data=data, now=now)
