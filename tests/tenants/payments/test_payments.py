"""Payments behind their port: every call once, whatever is repeated, and a stand-in with books of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from saas.kit.errors import NotFound
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.bookings.actions import HoldExpired, WrongState
from tenants.bookings.models import Booking
from tenants.charging.actions import confirm_booking, sweep
from tenants.charging.models import DeviceCommand, Session
from tenants.charging.queries import proof
from tenants.ledger.models import Posting
from tenants.payments import actions, providers
from tenants.payments.models import OfflineHold, Operation, Payment
from tenants.payments.offline import OfflineProvider
from tenants.payments.ports import Answer, ProviderDown
from tests.builders import NOW, Cast, cast, confirmed, held, listing, minutes
from tests.tenants.charging.story import START, Story


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


def confirm(booking: Booking, people: Cast, **more: Any) -> Booking:
    call = {"driver": people.driver, "method": "tok_approved", "idempotency_key": "key", "now": NOW, **more}
    return confirm_booking(booking_uid=booking.uid, **call)


class Unreachable(OfflineProvider):
    """The stand-in behind a line that fails: `calls` left of it come through and lose their answer."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def capture(self, **call: Any) -> Answer:
        answer = super().capture(**call)
        if self.failures:
            self.failures -= 1
            raise ProviderDown("time-out")
        return answer


@pytest.mark.req("MKT-08", "BIL-06")
def test_confirming_again_with_the_same_key_is_the_same_call(people: Cast) -> None:
    booking = held(of=listing(host=people.host), by=people.driver)
    for _ in range(3):
        assert confirm(booking, people).state == "confirmed"
    counts = [model.objects.count() for model in (Payment, Operation, OfflineHold, Posting, Session, DeviceCommand)]
    assert counts == [1, 1, 1, 1, 1, 1]
    with pytest.raises(WrongState):
        confirm(booking, people, idempotency_key="another")


@pytest.mark.req("MKT-08", "BIL-06")
def test_impatient_clicks_at_the_same_moment_pay_once(committed: Tenant) -> None:
    people = cast()
    booking = held(of=listing(host=people.host), by=people.driver)
    ready = threading.Barrier(8)

    def click(_: int) -> str:
        try:
            with tenant_schema(committed.schema_name):
                ready.wait(timeout=30)
                return confirm(booking, people).state
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(click, range(8))) == {"confirmed"}
    assert [model.objects.count() for model in (Payment, OfflineHold, Posting, Session)] == [1, 1, 1, 1]
    assert proof() == []


@pytest.mark.req("MKT-08")
def test_a_declined_card_leaves_the_hold_for_another_one(people: Cast) -> None:
    booking = held(of=listing(host=people.host), by=people.driver)
    with pytest.raises(actions.PaymentDeclined):
        confirm(booking, people, method="tok_declined")
    with pytest.raises(actions.PaymentDeclined):
        confirm(booking, people, method="tok_declined")
    assert not Posting.objects.exists() and not Session.objects.exists()
    assert confirm(booking, people, idempotency_key="second").state == "confirmed"
    assert proof() == []


@pytest.mark.req("MKT-08", "TEN-03")
@pytest.mark.parametrize("accept", [True, False])
def test_a_bank_may_ask_the_payer_first(people: Cast, accept: bool) -> None:
    booking = held(of=listing(host=people.host), by=people.driver)
    with pytest.raises(actions.ConfirmationNeeded) as asked:
        confirm(booking, people, method="tok_challenge")
    payment = asked.value.details["payment"]
    with pytest.raises(NotFound):
        actions.answer_challenge(payment_uid=payment, driver=people.outsider, accept=True, now=NOW)  # type: ignore[arg-type]
    with pytest.raises(actions.ConfirmationNeeded):
        confirm(booking, people, method="tok_challenge")
    actions.answer_challenge(payment_uid=payment, driver=people.driver, accept=accept, now=NOW)  # type: ignore[arg-type]
    if accept:
        assert confirm(booking, people, method="tok_challenge").state == "confirmed"
    else:
        with pytest.raises(actions.PaymentDeclined):
            confirm(booking, people, method="tok_challenge")
    assert proof() == []


@pytest.mark.req("MKT-08")
def test_only_the_driver_pays_and_only_while_the_hold_lasts(people: Cast) -> None:
    booking = held(of=listing(host=people.host), by=people.driver)
    with pytest.raises(NotFound):
        confirm(booking, people, driver=people.outsider)
    with pytest.raises(HoldExpired):
        confirm(booking, people, now=NOW + minutes(10))
    assert not Payment.objects.exists()


@pytest.mark.req("MKT-08", "BIL-06")
def test_a_slot_lost_while_the_card_was_asked_gives_the_money_back(people: Cast, monkeypatch: Any) -> None:
    booking = held(of=listing(host=people.host), by=people.driver)

    class Slow(OfflineProvider):
        def hold(self, **call: Any) -> Answer:
            Booking.objects.filter(pk=booking.pk).update(state="expired")
            return super().hold(**call)

    monkeypatch.setitem(providers.PROVIDERS, "offline", Slow())
    with pytest.raises(HoldExpired):
        confirm(booking, people)
    assert Payment.objects.get().state == "released" and OfflineHold.objects.get().state == "released"
    assert not Session.objects.exists() and proof() == []


@pytest.mark.req("BIL-06")
def test_a_capture_whose_answer_was_lost_is_made_again_and_taken_once(people: Cast, monkeypatch: Any) -> None:
    booking, session = confirmed(of=listing(host=people.host), by=people.driver)
    Story(session).tell(*Story(session).whole(), now=START)
    monkeypatch.setitem(providers.PROVIDERS, "offline", Unreachable(failures=2))
    done = [sweep(now=START + minutes(minute))["payments"] for minute in (0, 0, 1, 2)]
    assert done == [0, 0, 0, 1]
    payment = booking.payments.get()
    assert (payment.state, payment.captured_minor, OfflineHold.objects.get().captured_minor) == ("captured", 600, 600)
    assert proof() == []


@pytest.mark.req("BIL-06")
def test_the_proof_notices_what_does_not_agree(people: Cast) -> None:
    _, session = confirmed(of=listing(host=people.host), by=people.driver)
    told = Story(session)
    told.tell(*told.whole())
    sweep(now=told.at(130))
    assert proof() == []
    Payment.objects.update(captured_minor=599)
    OfflineHold.objects.update(captured_minor=598)
    Session.objects.update(cost_minor=601)
    words = " ".join(proof())
    assert "captured, refunded are" in words and "the provider says otherwise" in words and "cost 601" in words


@pytest.mark.req("BIL-06")
def test_the_stand_in_never_takes_more_than_was_held_nor_gives_more_than_was_taken(ampere: Tenant) -> None:
    bank = OfflineProvider()
    call = {"token": "tok_approved", "amount_minor": 500, "currency": "EUR"}
    first = bank.hold(**call, idempotency_key="a")
    assert first.outcome == "done" and bank.hold(**call, idempotency_key="a") == first
    assert bank.hold(**{**call, "amount_minor": 1}, idempotency_key="a").outcome == "declined"
    assert bank.capture(reference=first.reference, amount_minor=501, idempotency_key="b").outcome == "declined"
    assert bank.capture(reference=first.reference, amount_minor=300, idempotency_key="c").outcome == "done"
    assert bank.capture(reference=first.reference, amount_minor=300, idempotency_key="c").outcome == "done"
    assert bank.release(reference=first.reference, idempotency_key="d").outcome == "declined"
    assert bank.refund(reference=first.reference, amount_minor=301, idempotency_key="e").outcome == "declined"
    assert bank.refund(reference=first.reference, amount_minor=300, idempotency_key="f").outcome == "done"
    assert bank.refund(reference=first.reference, amount_minor=1, idempotency_key="f").outcome == "declined"
    assert bank.refund(reference="off_nothing", amount_minor=1, idempotency_key="g").outcome == "declined"
    row = OfflineHold.objects.get()
    assert (row.captured_minor, row.refunded_minor) == (300, 300)
    assert (
        bank.hold(token="4242424242424242", amount_minor=1, currency="EUR", idempotency_key="h").outcome == "declined"
    )
