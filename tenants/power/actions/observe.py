"""What has changed since the last look: sessions that came and went, what is drawn. On the rows; the caller saves."""

from datetime import datetime, timedelta

from ..core import Promise
from ..core.promise import SETTLE
from ..queries.units import LEAST_MA, Unit

SLACK_MA, AFTER = 2_000, timedelta(seconds=90)  # so much less, for so long: the rest is for others
SPARE_MA, WANTS_MA = 1_000, 600  # what it keeps besides; how near to it means that it wants more


def observe(unit: Unit, now: datetime) -> None:
    """Bring the row of an EVSE up to date with its session and its meter."""
    row = unit.allocation
    session = unit.session if unit.charging else None
    if row.session_id != (session.pk if session else None):
        _turn(unit)
    unit.promise = unit.promise.lapsed(now, unit.ends_in_ma)
    measured = unit.measured_ma(now)
    if measured is not None or row.over_since is None:
        row.measured_ma, row.measured_at = measured, session.last_sample_at if session else None
    if unit.excess_ma(now) is not None:
        row.over_since = row.over_since or now
    elif measured is not None or not unit.charging:
        row.over_since, row.corrections = None, 0
    _find_slack(unit, now)
    _count_turns(unit, now)


def _find_slack(unit: Unit, now: datetime) -> None:
    """A vehicle that is nearly full leaves the rest to others, until it takes all that it has again."""
    row, session = unit.allocation, unit.session
    at = session.last_sample_at if session and unit.charging else None
    if at is None or row.measured_ma is None or row.agreed_at is None or at < row.agreed_at + SETTLE:
        row.slack_since = row.slack_since if unit.charging else None
        return
    drawn = row.measured_ma
    if row.useful_ma is not None and drawn > row.useful_ma - WANTS_MA:
        row.useful_ma = None
    row.slack_since = (row.slack_since or now) if drawn < row.agreed_ma - SLACK_MA else None
    if row.slack_since is not None and now - row.slack_since >= AFTER:
        row.useful_ma = max(1 if unit.direct else LEAST_MA, drawn + SPARE_MA)


def _turn(unit: Unit) -> None:
    """Another session, or none. An adapter then has what its permit says; a station what it agreed to."""
    row = unit.allocation
    row.session = unit.session if unit.charging else None
    row.over_since = row.stopped_at = row.running_since = row.waiting_since = row.resumes_at = row.read_ma = None
    row.slack_since = row.useful_ma = None
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
