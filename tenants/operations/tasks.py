"""What operations do at regular times: the next step of everything that is under way; the nightly comparison."""

from datetime import datetime

from .actions.driving import drive_rollouts
from .actions.running import drive_actions
from .actions.templates import drive_checks, due_all


def drive(now: datetime) -> dict[str, int]:
    """Group actions, roll-outs and comparisons, each a step further."""
    return {
        "actions": drive_actions(now=now), "rollouts": drive_rollouts(now=now), "checks": drive_checks(now=now),
    }  # fmt: skip


def compare(now: datetime) -> int:
    """All stations are asked for their configuration, to be compared with their templates."""
    return due_all(now=now)
