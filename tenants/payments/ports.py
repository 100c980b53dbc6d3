"""What every payment provider can do for us. Each call carries an idempotency key: a retry is the same call."""

from dataclasses import dataclass
from typing import Protocol


class ProviderDown(Exception):
    """The provider gave no answer. Nothing is known; the same call with the same key may be made again."""


@dataclass(frozen=True)
class Answer:
    """`outcome`: done, declined, or challenge: the payer confirms with their bank, then the call is repeated."""

    outcome: str
    reference: str = ""
    method: str = ""
    reason: str = ""


class PaymentProvider(Protocol):
    """Amounts are minor units. Raises ProviderDown, and nothing else that a caller should expect."""

    name: str
    is_stand_in: bool

    def hold(self, *, token: str, amount_minor: int, currency: str, idempotency_key: str) -> Answer:
        """Reserve the amount on the payer's card. `reference` names the hold from then on."""
        ...

    def capture(self, *, reference: str, amount_minor: int, idempotency_key: str) -> Answer:
        """Take at most what is held, once; the provider lets the rest go."""
        ...

    def release(self, *, reference: str, idempotency_key: str) -> Answer:
        """Let the whole hold go."""
        ...

    def refund(self, *, reference: str, amount_minor: int, idempotency_key: str) -> Answer:
        """Give back of what was captured."""
        ...
