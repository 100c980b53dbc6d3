"""What charging does at regular times: time passing, mails, the nightly proof of the books."""

from datetime import datetime

import structlog

from . import actions
from .mails import send_due
from .queries.proof import proof as find_differences

log = structlog.get_logger("wattlane.proof")


def sweep(now: datetime) -> dict[str, int]:
    """What time alone brings: holds, no-shows, silent sessions, provider calls that wait."""
    return actions.sweep(now=now)


def mails(now: datetime) -> int:
    """Tell people by mail what happened to their bookings and sessions."""
    return send_due(now=now)


def proof(now: datetime) -> int:
    """Recompute the books. Each difference is an error in the log; returns how many."""
    differences = find_differences()
    for difference in differences:
        log.error("books_differ", difference=difference)
    return len(differences)
