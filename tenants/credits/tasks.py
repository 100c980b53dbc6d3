"""What rewards need at regular times."""

from datetime import datetime

from . import actions


def rewards(now: datetime) -> int:
    """Sessions that closed are rewarded, and refunded ones lose it."""
    return actions.grant_due(now=now) + actions.reverse_refunded(now=now)
