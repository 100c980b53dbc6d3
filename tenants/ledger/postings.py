"""The named movements of money. Each is a list of lines that sums to zero; later work adds names and changes none.

How a card payment runs through the books: `payment_held` takes the held amount as money at the provider that is owed
back to the driver; one settlement per booking turns it into what the outcome says; `payment_refunded` gives it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from saas.kit.money import round_minor

from .models import Account

Kind = Account.Kind
PAYMENT_HELD, HOLD_ADDED, PAYMENT_REFUNDED = "payment_held", "hold_added", "payment_refunded"
GREEN_CREDIT, GREEN_CREDIT_REVERSED, GREEN_PAID_OUT = "green_credit", "green_credit_reversed", "green_paid_out"


@dataclass(frozen=True)
class Line:
    """Positive is debit, negative is credit. `owner` empty: the tenant's own account."""

    kind: str
    owner: str
    amount_minor: int
    currency: str
    memo: str = ""


@dataclass(frozen=True)
class Earning:
    """How a price before tax is shared. `net_minor` = commission + host; the tax is the tenant's to hand on."""

    net_minor: int
    tax_minor: int
    commission_minor: int

    @property
    def host_minor(self) -> int:
        return self.net_minor - self.commission_minor

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.tax_minor


def earning(*, net_minor: int, tax_minor: int, commission_bp: int) -> Earning:
    """The commission is rounded half to even; the host gets the rest."""
    return Earning(net_minor, tax_minor, round_minor(Fraction(net_minor * commission_bp, 10_000)))


def held(*, driver: str, amount_minor: int, currency: str) -> list[Line]:
    """The card holds the amount for us."""
    return [
        Line(Kind.PROVIDER, "", amount_minor, currency, "held on the card"),
        Line(Kind.DRIVER_HOLD, driver, -amount_minor, currency, "held on the card"),
    ]


def settled(*, driver: str, host: str, held_minor: int, earned: Earning, fee_minor: int, currency: str) -> list[Line]:
    """The end of a booking: the held money goes to host, commission, tax and fee; the rest back to the card."""
    back = held_minor - earned.gross_minor - fee_minor
    lines = [
        Line(Kind.DRIVER_HOLD, driver, held_minor, currency, "booking settled"),
        Line(Kind.PROVIDER, "", -back, currency, "back to the card"),
        Line(Kind.HOST_PAYABLE, host, -earned.host_minor, currency, "price less commission"),
        Line(Kind.COMMISSION, "", -earned.commission_minor, currency, "commission"),
        Line(Kind.TAX_PAYABLE, "", -earned.tax_minor, currency, "tax"),
        Line(Kind.CANCELLATION_FEE, "", -fee_minor, currency, "cancellation fee"),
    ]
    return _without_zeros(lines)


def refunded(*, host: str, earned: Earning, currency: str) -> list[Line]:
    """Earned money goes back to the driver: everybody gives their part."""
    lines = [
        Line(Kind.HOST_PAYABLE, host, earned.host_minor, currency, "refund to the driver"),
        Line(Kind.COMMISSION, "", earned.commission_minor, currency, "refund to the driver"),
        Line(Kind.TAX_PAYABLE, "", earned.tax_minor, currency, "refund to the driver"),
        Line(Kind.PROVIDER, "", -earned.gross_minor, currency, "back to the card"),
    ]
    return _without_zeros(lines)


def green_credit(*, driver: str, amount_minor: int, currency: str) -> list[Line]:
    """A reward that the tenant owes the driver from now on; a negative amount takes it back."""
    return [
        Line(Kind.GREEN_REWARD, "", amount_minor, currency, "green charging"),
        Line(Kind.DRIVER_CREDIT, driver, -amount_minor, currency, "green charging"),
    ]


def green_paid_out(*, driver: str, amount_minor: int, currency: str) -> list[Line]:
    """The balance left the house by a transfer of its own."""
    return [
        Line(Kind.DRIVER_CREDIT, driver, amount_minor, currency, "paid out"),
        Line(Kind.PAYOUT, driver, -amount_minor, currency, "paid out"),
    ]


def _without_zeros(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.amount_minor]
