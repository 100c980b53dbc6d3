"""Our side of payments. Calls to a provider are rows first (Operation), so that a crash or a retry never pays twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from saas.kit.errors import Invalid, NotFound, Refused
from saas.kit.transactions import atomic
from tenants.accounts.models import User

from .models import Operation, Payment
from .offline import OfflineProvider
from .ports import Answer, ProviderDown
from .providers import chosen, provider

if TYPE_CHECKING:
    from tenants.bookings.models import Booking

PENDING, DONE, FAILED = "pending", "done", "failed"
FIRST_RETRY, LAST_RETRY = timedelta(seconds=5), timedelta(hours=1)


class PaymentDeclined(Refused):
    """The card was declined. Use another one."""

    code = "payment_declined"
    status = 402


class ConfirmationNeeded(Refused):
    """Your bank wants you to confirm the payment. Do so, then confirm the booking again."""

    code = "payment_confirmation_needed"
    status = 402
    retry = True


class ProviderUnreachable(Refused):
    """The payment provider does not answer. Try again in a moment: nothing is paid twice."""

    code = "payment_provider_down"
    status = 503
    retry = True


class PaymentKeyReused(Refused):
    """This idempotency key belongs to another payment."""

    code = "idempotency_key_reused"


@dataclass(frozen=True)
class _Change:
    """What a finished call makes of the payment."""

    state: str
    captured: int = 0
    refunded: int = 0


@transaction.atomic
def open_payment(*, booking: "Booking", amount_minor: int, token: str, idempotency_key: str, now: datetime) -> Payment:
    """The payment and its hold as rows, before any call. The same key again returns the same payment."""
    key = f"hold:{idempotency_key}"[:120]
    held = Operation.objects.select_related("payment").filter(idempotency_key=key).first()
    if held is not None:
        if held.payment.booking_id != booking.pk or held.amount_minor != amount_minor:
            raise PaymentKeyReused()
        return held.payment
    payment = Payment.objects.create(
        booking=booking, provider=chosen(), currency=booking.currency, amount_minor=amount_minor, changed_at=now
    )
    _operation(payment, kind="hold", amount_minor=amount_minor, key=key, now=now, detail={"token": token})
    return payment


def hold(*, payment: Payment, token: str, now: datetime) -> Payment:
    """Make the call of an opened payment.

    Raises PaymentDeclined, ConfirmationNeeded (with `payment`), ProviderUnreachable.
    Outside of a transaction of its own: the answer is kept even when the caller's booking came too late.
    """
    operation = payment.operations.get(kind="hold")
    if operation.outcome == DONE:
        return payment
    answer = _ask(operation, token)
    _keep_hold(payment, operation, answer, now)
    if answer.outcome == "declined":
        raise PaymentDeclined(payment=str(payment.uid), reason=answer.reason)
    if answer.outcome == "challenge":
        raise ConfirmationNeeded(payment=str(payment.uid))
    return payment


def answer_challenge(*, payment_uid: UUID, driver: User, accept: bool, now: datetime) -> Payment:
    """The payer's answer on the stand-in's bank page. NotFound for somebody else's payment."""
    payment = Payment.objects.filter(uid=payment_uid, booking__driver=driver).first()
    if payment is None:
        raise NotFound("There is no such payment.")
    bank = provider(payment.provider)
    if isinstance(bank, OfflineProvider):
        bank.confirm(reference=payment.provider_ref, accept=accept)
    return payment


@transaction.atomic
def schedule(*, payment: Payment, kind: str, amount_minor: int, key: str, now: datetime) -> Operation:
    """Write down a capture, release or refund; `perform_due` makes the call. The same key again is the same call."""
    if kind not in _CHANGES:
        raise Invalid(f"There is no operation {kind}.")
    held = Operation.objects.filter(idempotency_key=key).first()
    return held or _operation(payment, kind=kind, amount_minor=amount_minor, key=key, now=now)


def settle(*, booking: "Booking", charge_minor: int, now: datetime) -> int:
    """Schedule taking `charge_minor` of what is held for the booking and letting the rest go. Returns what was held."""
    payments = list(booking.payments.filter(state=Payment.State.HELD).order_by("id"))
    rest = charge_minor
    for payment in payments:
        take = min(rest, payment.amount_minor)
        kind = "capture" if take else "release"
        schedule(
            payment=payment, kind=kind, amount_minor=take or payment.amount_minor, key=f"{kind}:{payment.uid}", now=now
        )
        rest -= take
    return sum(payment.amount_minor for payment in payments)


def captures(*, booking: "Booking") -> list[Operation]:
    """The captures of a booking that were made or will be."""
    rows = Operation.objects.select_related("payment").filter(payment__booking=booking, kind="capture")
    return list(rows.filter(outcome__in=(PENDING, DONE)).order_by("id"))


def perform_due(*, now: datetime, limit: int = 100, booking: "Booking | None" = None) -> int:
    """Make the calls that wait, each claimed and finished in a transaction of its own. Returns how many succeeded."""
    waiting = Operation.objects.filter(outcome=PENDING, next_at__lte=now).exclude(kind="hold")
    if booking is not None:
        waiting = waiting.filter(payment__booking=booking)
    keys = list(waiting.order_by("id").values_list("pk", flat=True)[:limit])
    return sum(_perform(key, now) for key in keys)


@atomic
def _perform(key: int, now: datetime) -> bool:
    operation = (
        Operation.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("payment")
        .filter(pk=key, outcome=PENDING)
        .first()
    )
    if operation is None or _must_wait(operation):
        return False
    try:
        answer = _call(operation)
    except ProviderDown as error:
        return _later(operation, str(error), now)
    return _finish(operation, answer, now)


def _must_wait(operation: Operation) -> bool:
    """Calls of one payment are made in their order: no refund before its capture."""
    earlier = Operation.objects.filter(payment=operation.payment, outcome=PENDING, pk__lt=operation.pk)
    return earlier.exists()


def _call(operation: Operation) -> Answer:
    payment, bank = operation.payment, provider(operation.payment.provider)
    key, reference = operation.idempotency_key, payment.provider_ref
    if operation.kind == "release":
        return bank.release(reference=reference, idempotency_key=key)
    call = bank.capture if operation.kind == "capture" else bank.refund
    return call(reference=reference, amount_minor=operation.amount_minor, idempotency_key=key)


def _later(operation: Operation, reason: str, now: datetime) -> bool:
    operation.attempts += 1
    operation.next_at = now + min(FIRST_RETRY * 2 ** min(operation.attempts, 12), LAST_RETRY)
    operation.detail = {"error": reason[:200]}
    operation.save()
    return False


def _finish(operation: Operation, answer: Answer, now: datetime) -> bool:
    done = answer.outcome == "done"
    operation.outcome, operation.detail, operation.at = (DONE if done else FAILED), {"reason": answer.reason}, now
    operation.save()
    if done:
        payment, change = operation.payment, _CHANGES[operation.kind]
        payment.state = change.state
        payment.captured_minor += change.captured * operation.amount_minor
        payment.refunded_minor += change.refunded * operation.amount_minor
        payment.changed_at = now
        payment.save()
    return done


def _ask(operation: Operation, token: str) -> Answer:
    try:
        return provider(operation.payment.provider).hold(
            token=token,
            amount_minor=operation.amount_minor,
            currency=operation.payment.currency,
            idempotency_key=operation.idempotency_key,
        )
    except ProviderDown as error:
        raise ProviderUnreachable() from error


@transaction.atomic
def _keep_hold(payment: Payment, operation: Operation, answer: Answer, now: datetime) -> None:
    states = {"done": Payment.State.HELD, "declined": Payment.State.DECLINED}
    payment.state = states.get(answer.outcome, Payment.State.CREATED)
    payment.provider_ref, payment.method, payment.changed_at = answer.reference, answer.method, now
    payment.save()
    operation.outcome, operation.detail, operation.at = (
        answer.outcome,
        {**operation.detail, "reason": answer.reason},
        now,
    )
    operation.save()


def _operation(
    payment: Payment, *, kind: str, amount_minor: int, key: str, now: datetime, detail: dict[str, object] | None = None
) -> Operation:
    return Operation.objects.create(
        payment=payment, kind=kind, amount_minor=amount_minor, idempotency_key=key, outcome=PENDING,
        detail=detail or {}, at=now, next_at=now,
    )  # fmt: skip


_CHANGES = {
    "capture": _Change(Payment.State.CAPTURED, captured=1),
    "release": _Change(Payment.State.RELEASED),
    "refund": _Change(Payment.State.REFUNDED, refunded=1),
}
