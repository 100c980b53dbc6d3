"""What prices need at regular times."""

from datetime import datetime

from . import actions, searches


def forget(now: datetime) -> int:
    """Offers that are over, and counts of searches that are too old."""
    return actions.expire(now=now) + searches.forget(now=now)
