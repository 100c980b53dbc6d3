"""What an EVSE was told, and so what it may draw at a moment, whatever has become of the message."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SETTLE = timedelta(seconds=8)  # a vehicle has five seconds to follow (IEC 61851-1), a station needs a moment besides
SKEW = timedelta(seconds=30)  # so far a station's clock may be off
RAISE = timedelta(seconds=300)
HOLD = timedelta(seconds=900)


@dataclass(frozen=True)
class Promise:
    """`agreed_ma`: the last value that it accepted (at `agreed_at`), which ends at `agreed_until` (None: never).

    `before_ma`: what it might have drawn before: counts until it has had the time to follow. `asked_ma`: sent (at
    `asked_at`, to end at `asked_until`) and not answered: it may hold already. `doubt_ma`: sent and never answered.
    """

    agreed_ma: int
    agreed_at: datetime | None = None
    agreed_until: datetime | None = None
    before_ma: int = 0
    asked_ma: int | None = None
    asked_at: datetime | None = None
    asked_until: datetime | None = None
    doubt_ma: int = 0

    def may_ma(self, now: datetime, fallback_ma: int) -> int:
        """The most that it may draw at this moment. Never too low: every doubt counts."""
        values = [self._agreed(now, fallback_ma), self.asked_ma or 0, self.doubt_ma]
        if self.agreed_at is not None and now < self.agreed_at + SETTLE:
            values.append(self.before_ma)
        return max(values)

    def _agreed(self, now: datetime, fallback_ma: int) -> int:
        if self.agreed_until is None or now < self.agreed_until - SKEW:
            return self.agreed_ma
        return fallback_ma if now >= self.agreed_until + SKEW else max(self.agreed_ma, fallback_ma)

    def ask(self, current_ma: int, *, now: datetime, until: datetime | None) -> "Promise":
        """Sent just now."""
        return replace(self, asked_ma=current_ma, asked_at=now, asked_until=until)

    def accepted(self, *, now: datetime, fallback_ma: int) -> "Promise":
        """It said yes; what was in doubt is overwritten."""
        if self.asked_ma is None:
            return self
        before = self.may_ma(now, fallback_ma)
        return Promise(self.asked_ma, now, self.asked_until, before_ma=before)

    def refused(self) -> "Promise":
        """It said no: what it had before holds."""
        return replace(self, asked_ma=None, asked_at=None, asked_until=None)

    def unanswered(self) -> "Promise":
        """Nobody knows whether it heard."""
        return replace(self.refused(), doubt_ma=max(self.doubt_ma, self.asked_ma or 0))

    def lapsed(self, now: datetime, fallback_ma: int) -> "Promise":
        """The same; of a lease that is over beyond doubt, what it ended in. To renew it would be to raise it."""
        if self.agreed_until is None or now < self.agreed_until + SKEW:
            return self
        return replace(self, agreed_ma=fallback_ma, agreed_until=None)

    def due(self, now: datetime, fallback_ma: int) -> bool:
        """Whether the lease should be renewed. Where it ends in the same current there is nothing to renew."""
        if self.agreed_until is None or self.agreed_ma == fallback_ma:
            return False
        return self.agreed_until - now < (HOLD * 2 / 3 if self.agreed_ma < fallback_ma else RAISE / 2)


def lease(*, now: datetime, holds: list[datetime], hold: bool) -> datetime | None:
    """When a new value is to end. What lowers (`hold`) outlives what was raised in its favour, clocks off or not.

    None when a raise would be over before it began to count.
    """
    if hold:
        return now + HOLD
    end = min([now + RAISE, *(until - 2 * SKEW for until in holds)])
    return end if end > now + SKEW else None
