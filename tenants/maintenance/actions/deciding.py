"""What people do with alerts: acknowledge, close, comment. Each is a line of the log, and the first two are audited."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tenants.accounts import audit
from tenants.accounts.models import User

from ..errors import ReasonMissing, Resolved
from ..models import Alert
from .log import Kind, tell, write

State = Alert.State


@transaction.atomic
def acknowledge(*, alerts: Sequence[Alert], by: User, now: datetime) -> int:
    """Somebody has seen them: nobody else is written to. Those that are not open are left; how many were.

    With a site's alert go the alerts of its units.
    """
    keys = [alert.pk for alert in alerts]
    wanted = Alert.objects.filter(pk__in=keys) | Alert.objects.filter(group__in=keys)
    rows = list(wanted.filter(state=State.OPEN).select_for_update(of=("self",)).order_by("pk"))
    for row in rows:
        row.state, row.acknowledged_at, row.acknowledged_by = State.ACKNOWLEDGED, now, by
        row.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
        write(row, Kind.ACKNOWLEDGED, now, by)
        audit.record(actor=by, act="alert.acknowledged", subject=f"{row.device_id} {row.code}", now=now)
        tell(row, now)
    return len(rows)


@transaction.atomic
def resolve(*, alert: Alert, reason: str, by: User, now: datetime) -> Alert:
    """A person says that it is over, and why. A fault that is still there comes back by itself. Resolved."""
    if not reason.strip():
        raise ReasonMissing()
    row = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if row.resolved_at is not None:
        raise Resolved()
    row.state, row.resolved_at, row.resolved_by = State.RESOLVED, now, by
    row.save(update_fields=["state", "resolved_at", "resolved_by"])
    write(row, Kind.RESOLVED, now, by, reason.strip())
    audit.record(actor=by, act="alert.resolved", subject=f"{row.device_id} {row.code}", now=now)
    tell(row, now)
    return row


@transaction.atomic
def comment(*, alert: Alert, text: str, by: User, now: datetime) -> None:
    """A line in its log. ReasonMissing for an empty one."""
    if not text.strip():
        raise ReasonMissing("Write something.")
    write(alert, Kind.COMMENT, now, by, text.strip())
