"""What has changed since the last look: sessions that came and went, what is drawn. On the rows; the caller saves."""

from datetime import datetime

from ..core import Promise
from ..queries.units import Unit


def observe(unit: Unit, now: datetime) -> None:
    """Bring the row of an EVSE up to date with its session and its meter."""
    row = unit.allocation
    session = unit.session if unit.charging else None
    if row.session_id != (session.pk if session else None):
        _turn(unit)
    measured = unit.measured_ma(now)
    if measured is not None or row.over_since is None:
        row.measured_ma, row.measured_at = measured, session.last_sample_at if session else None
    if unit.excess_ma(now) is not None:
        row.over_since = row.over_since or now
    elif measured is not None or not unit.charging:
        row.over_since, row.corrections = None, 0
    _count_turns(unit, now)


def _turn(unit: Unit) -> None:
    """Another session, or none. An adapter then has what its permit says; a station what it agreed to."""
    row = unit.allocation
    row.session = unit.session if unit.charging else None
    row.over_since = row.stopped_at = row.running_since = row.waiting_since = row.resumes_at = row.read_ma = None
    row.corrections, row.read_due = 0, False
    if unit.station is None:
        unit.promise = Promise(unit.permit_ma or 0)
        row.opened, row.pending, row.pending_uid = False, "", None


def _count_turns(unit: Unit, now: datetime) -> None:
    row = unit.allocation
    runs = unit.charging and row.agreed_ma > 0 and row.reason in ("full", "shared", "fixed")
    waits = unit.charging and not runs
    row.running_since = (row.running_since or now) if runs else None
    row.waiting_since = (row.waiting_since or now) if waits else None
