"""Reading payments, and proving them against the provider's calls."""

from django.db.models import Sum

from .models import OfflineHold, Operation, Payment


def due_from_provider(payment: Payment) -> int:
    """What the provider holds or has taken for us, once every call that was written down is made."""
    calls: dict[str, int] = {}
    for operation in payment.operations.exclude(outcome__in=("failed", "declined", "challenge")):
        calls[operation.kind] = calls.get(operation.kind, 0) + operation.amount_minor
    if "hold" not in calls or payment.state in (Payment.State.CREATED, Payment.State.DECLINED):
        return 0
    if "release" in calls:
        return 0
    return calls.get("capture", calls["hold"]) - calls.get("refund", 0)


def differences() -> list[str]:
    """Payments that disagree with their calls, with the stand-in's own books, or whose calls failed."""
    found = [
        f"payment {op.payment.uid}: {op.kind} of {op.amount_minor} failed: {op.detail.get('reason', '')}"
        for op in Operation.objects.select_related("payment").filter(outcome="failed")
    ]
    for payment in Payment.objects.all():
        done = payment.operations.filter(outcome="done").values("kind").annotate(sum=Sum("amount_minor"))
        sums = {row["kind"]: row["sum"] for row in done}
        ours = (payment.captured_minor, payment.refunded_minor)
        if ours != (sums.get("capture", 0), sums.get("refund", 0)):
            found.append(f"payment {payment.uid}: captured, refunded are {ours}, its calls say {sums}")
        theirs = OfflineHold.objects.filter(reference=payment.provider_ref).first() if payment.provider_ref else None
        if theirs is not None and ours != (theirs.captured_minor, theirs.refunded_minor):
            found.append(f"payment {payment.uid}: captured, refunded are {ours}, the provider says otherwise")
    return found
