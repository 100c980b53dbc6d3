"""A stand-in for a card company, for a laptop without internet. It keeps books of its own and takes no card numbers.

Tokens choose what happens: `tok_approved`, `tok_declined`, `tok_challenge` (the payer confirms on a page first).
Pages must say that this is a stand-in.
"""

import secrets
from collections.abc import Callable

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from .models import OfflineCall, OfflineHold
from .ports import Answer

APPROVED, DECLINED, CHALLENGE = "tok_approved", "tok_declined", "tok_challenge"
TOKENS = (APPROVED, DECLINED, CHALLENGE)
METHODS = {  # kept as they are; pages translate them
    APPROVED: gettext_noop("test card •••• 4242"),
    DECLINED: gettext_noop("test card •••• 0002"),
    CHALLENGE: gettext_noop("test card •••• 3155"),
}


class OfflineProvider:
    """Implements ports.PaymentProvider on two tables."""

    name = "offline"
    is_stand_in = True

    @transaction.atomic
    def hold(self, *, token: str, amount_minor: int, currency: str, idempotency_key: str) -> Answer:
        _one_at_a_time(idempotency_key)
        request = {"token": token, "amount_minor": amount_minor, "currency": currency}
        call = OfflineCall.objects.select_related("hold").filter(key=idempotency_key).first()
        if call is not None:
            return _again(call, request)
        state = {APPROVED: "held", CHALLENGE: "challenge"}.get(token, "declined")
        row = OfflineHold.objects.create(
            reference=f"off_{secrets.token_hex(12)}", token=token[:40], currency=currency, amount_minor=amount_minor,
            state=state,
        )  # fmt: skip
        OfflineCall.objects.create(key=idempotency_key, hold=row, request=request, answer={})
        return _answer_of(row)

    def confirm(self, *, reference: str, accept: bool) -> None:
        """The payer's answer on the bank's page."""
        OfflineHold.objects.filter(reference=reference, state="challenge").update(
            state="held" if accept else "declined"
        )

    def capture(self, *, reference: str, amount_minor: int, idempotency_key: str) -> Answer:
        def take(row: OfflineHold) -> str:
            if row.state != "held" or not 0 < amount_minor <= row.amount_minor:
                return "not held, or more than held"
            row.state, row.captured_minor = "captured", amount_minor
            return ""

        return self._once(reference, idempotency_key, {"capture": amount_minor}, take)

    def release(self, *, reference: str, idempotency_key: str) -> Answer:
        def let_go(row: OfflineHold) -> str:
            if row.state != "held":
                return "not held"
            row.state = "released"
            return ""

        return self._once(reference, idempotency_key, {"release": True}, let_go)

    def refund(self, *, reference: str, amount_minor: int, idempotency_key: str) -> Answer:
        def give_back(row: OfflineHold) -> str:
            if not 0 < amount_minor <= row.captured_minor - row.refunded_minor:
                return "more than was captured"
            row.refunded_minor += amount_minor
            return ""

        return self._once(reference, idempotency_key, {"refund": amount_minor}, give_back)

    @transaction.atomic
    def _once(
        self, reference: str, key: str, request: dict[str, object], change: Callable[[OfflineHold], str]
    ) -> Answer:
        row = OfflineHold.objects.select_for_update().filter(reference=reference).first()
        if row is None:
            return Answer("declined", reference, reason="no such hold")
        call = OfflineCall.objects.filter(key=key).first()
        if call is not None:
            same = call.request == request and call.hold_id == row.pk
            return Answer(**call.answer) if same else _key_reused(reference)
        reason = change(row)
        row.save()
        answer = Answer("declined" if reason else "done", reference, METHODS.get(row.token, ""), reason)
        OfflineCall.objects.create(key=key, hold=row, request=request, answer=answer.__dict__)
        return answer


def _one_at_a_time(key: str) -> None:
    """The same call made twice at the same moment: the second waits for the first one's answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _again(call: OfflineCall, request: dict[str, object]) -> Answer:
    return _answer_of(call.hold) if call.request == request else _key_reused(call.hold.reference)


def _key_reused(reference: str) -> Answer:
    return Answer("declined", reference, reason="idempotency key was used for another call")


def _answer_of(row: OfflineHold) -> Answer:
    outcome = {"challenge": "challenge", "declined": "declined"}.get(row.state, "done")
    reason = "card declined" if outcome == "declined" else ""
    return Answer(outcome, row.reference, METHODS.get(row.token, "unknown test card"), reason)
