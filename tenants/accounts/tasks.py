"""What accounts does at regular times. Each works in the current schema and may be run twice."""

from datetime import datetime

from saas.kit import ratelimit

from . import actions


def forget_tokens(now: datetime) -> int:
    """Delete refresh tokens that expired."""
    return actions.forget_old_tokens(now=now)


def forget_windows(now: datetime) -> int:
    """Delete counts of rate limits that nobody reads any more. Public schema."""
    return ratelimit.forget_old(now=now)
