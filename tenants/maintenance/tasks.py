"""What maintenance does at regular times."""

from datetime import datetime

from .actions.escalating import escalate, send_due
from .actions.watching import watch as look


def watch(now: datetime) -> dict[str, int]:
    """Devices that are away, smart charging's alarms, alerts that are over; then who waits too long for somebody."""
    return {**look(now=now), "escalated": escalate(now=now)}


def mails(now: datetime) -> int:
    """Tell people of alerts and jobs."""
    return send_due(now=now)
