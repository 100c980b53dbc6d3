"""What the device registry and the telemetry store need at regular times."""

from datetime import datetime, timedelta

from django.db import connection

from . import actions, enrolment

MARKS_KEPT = timedelta(days=90)
REPLAYED_KEPT = timedelta(days=30)


def forget_marks(now: datetime) -> int:
    """Delete marks of boots that are long over, and poison that was replayed. What waits for a person stays."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM telemetry.watermark WHERE changed_at < %s", [now - MARKS_KEPT])
        marks = cursor.rowcount
        cursor.execute("DELETE FROM telemetry.quarantine WHERE replayed_at < %s", [now - REPLAYED_KEPT])
        return int(marks + cursor.rowcount)


def tidy_credentials(now: datetime) -> int:
    """Next passwords that no device took, and adapters that nobody claimed, are forgotten."""
    return actions.give_up(now=now) + enrolment.forget_unclaimed(now=now)
