"""Attempts at the broker that were refused: each is counted, the log tells of some."""

from collections import Counter

import structlog

from . import metrics

MOST_USERS = 10_000  # names that strangers make up must not fill the memory


class Tally:
    """Counts by user and reason. The metric has the reason only; the log line names the user."""

    def __init__(self, process: str) -> None:
        self._log = structlog.get_logger(process)
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, user: str, reason: str, **details: object) -> None:
        """Logs the 1st, 2nd, 4th, 8th … of a user and reason: a flood must not fill the log."""
        metrics.REFUSED.labels(reason).inc()
        if len(self._counts) >= MOST_USERS:
            self._counts.clear()
        self._counts[user, reason] += 1
        count = self._counts[user, reason]
        if count & (count - 1) == 0:
            self._log.warning("refused", user=user, reason=reason, count=count, **details)
