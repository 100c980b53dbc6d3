"""What reports need at regular times."""

from datetime import datetime

from . import actions


def requeue_reports(now: datetime) -> int:
    """Reports whose run died are made by another."""
    return actions.requeue_lost_reports(now=now)
