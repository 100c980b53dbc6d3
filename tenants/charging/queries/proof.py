"""The nightly proof: payments, sessions and ledger agree, recomputed from their rows."""

from collections import Counter

from tenants.bookings.models import Booking
from tenants.ledger import queries as ledger
from tenants.ledger.models import Account, Entry, Posting
from tenants.payments import queries as payments
from tenants.payments.models import Payment

from ..models import Session

EARNED = (
    Account.Kind.HOST_PAYABLE,
    Account.Kind.COMMISSION,
    Account.Kind.TAX_PAYABLE,
    Account.Kind.CANCELLATION_FEE,
)


def proof() -> list[str]:
    """What does not agree, in words; empty when everything does."""
    return [*ledger.differences(), *payments.differences(), *_provider(), *_holds(), *_sessions()]


def _provider() -> list[str]:
    """Money at the provider: what the books say, what the payments say."""
    booked = Counter({a.currency: a.balance_minor for a in Account.objects.filter(kind=Account.Kind.PROVIDER)})
    due: Counter[str] = Counter()
    for payment in _booked_payments():
        due[payment.currency] += payments.due_from_provider(payment)
    return [
        f"provider, {code}: books say {booked[code]}, payments say {due[code]}"
        for code in booked.keys() | due.keys()
        if booked[code] != due[code]
    ]


def _holds() -> list[str]:
    """What is owed to drivers is exactly what is held for bookings that are not settled."""
    owed = -sum(a.balance_minor for a in Account.objects.filter(kind=Account.Kind.DRIVER_HOLD))
    settled = set(Posting.objects.filter(key__startswith="settle:").values_list("reference", flat=True))
    open_holds = sum(p.amount_minor for p in _booked_payments() if f"booking:{p.booking.uid}" not in settled)
    return [f"held for drivers: books say {owed}, payments say {open_holds}"] if owed != open_holds else []


def _sessions() -> list[str]:
    """Every bill was booked, line for line to the same sum."""
    found = []
    rows = Session.objects.select_related("booking").filter(booking__isnull=False, bill__isnull=False)
    for session in rows:
        booking = session.booking
        assert booking is not None
        earned = Entry.objects.filter(posting__key=f"settle:{booking.uid}", account__kind__in=EARNED)
        booked = -sum(earned.values_list("amount_minor", flat=True))
        if booked != session.cost_minor or (session.bill or {})["total_minor"] != session.cost_minor:
            found.append(f"session {session.uid}: cost {session.cost_minor}, booked {booked}")
    over = (Booking.State.COMPLETED, Booking.State.NO_SHOW)
    unbilled = Booking.objects.filter(state__in=over).exclude(session__bill__isnull=False)
    return found + [f"booking {booking.uid} is over and has no bill" for booking in unbilled]


def _booked_payments() -> list[Payment]:
    """Payments whose hold is in the books; one whose booking was lost meanwhile goes back without having entered."""
    keys = Posting.objects.filter(name__in=("payment_held", "hold_added")).values_list("key", flat=True)
    uids = [key.split(":", 1)[1] for key in keys]
    return list(Payment.objects.select_related("booking").filter(uid__in=uids).prefetch_related("operations"))
