"""What stations need at regular times."""

from datetime import datetime

from . import actions


def sweep(now: datetime) -> dict[str, int]:
    """Calls and reservations whose time is over."""
    return actions.sweep(now=now)


def sync_lists(now: datetime) -> int:
    """Cards on stations' local lists."""
    return actions.sync_lists(now=now)


def forget(now: datetime) -> int:
    """Old notices, and addresses of files that never came."""
    return actions.forget(now=now)
