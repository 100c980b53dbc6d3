from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core import mail

from tenants.accounts.models import User
from tenants.bookings.actions import one_time_code
from tenants.charging.actions import cancel_booking
from tenants.charging.mails import send_due
from tenants.feed.models import Reader
from tests import builders

LATER = builders.NOW + timedelta(seconds=5)


def confirmed(**people: object) -> tuple[builders.Cast, object]:
    cast = builders.cast()
    listing = builders.listing(host=cast.host, title="Yard <b>7")
    booking, _ = builders.confirmed(of=listing, by=cast.driver)
    return cast, booking


@pytest.mark.req("MKT-08", "TEN-02")
def test_a_confirmed_booking_is_told_to_driver_and_host_once(ampere: object) -> None:
    cast, booking = confirmed()
    assert send_due(now=LATER) == 2
    to = {message.to[0]: message for message in mail.outbox}
    assert set(to) == {cast.driver.email, cast.host.email}
    code = one_time_code(booking)  # type: ignore[arg-type]
    assert code in to[cast.driver.email].body and code not in to[cast.host.email].body
    assert to[cast.driver.email].from_email == "=?utf-8?q?Amp=C3=A8re?= <no-reply@ampere.localhost>"
    assert send_due(now=LATER) == 0 and len(mail.outbox) == 2


@pytest.mark.req("TEN-07")
def test_a_mail_speaks_the_persons_language_else_the_tenants(barq: object) -> None:
    cast = builders.cast()
    User.objects.filter(pk=cast.driver.pk).update(language="de")
    builders.confirmed(of=builders.listing(host=cast.host), by=cast.driver)
    send_due(now=LATER)
    to = {message.to[0]: message for message in mail.outbox}
    assert to[cast.driver.email].subject.startswith("Gebucht")
    assert to[cast.host.email].subject.startswith("حجز جديد")
    page = message_from_bytes(to[cast.host.email].message().as_bytes(), policy=policy.default).get_body(("html",))
    assert page is not None and 'dir="rtl"' in page.get_content()


@pytest.mark.req("OPS-05")
def test_what_people_typed_is_escaped_in_the_page(ampere: object) -> None:
    confirmed()
    send_due(now=LATER)
    page = str(mail.outbox[0].alternatives[0][0])  # type: ignore[attr-defined]
    assert "<b>7" not in page and "&lt;b&gt;7" in page


@pytest.mark.req("MKT-11")
def test_a_cancellation_is_told_to_the_driver(ampere: object) -> None:
    cast, booking = confirmed()
    send_due(now=LATER)
    cancel_booking(booking_uid=booking.uid, by=cast.driver, now=LATER)  # type: ignore[attr-defined]
    mail.outbox.clear()
    assert send_due(now=LATER + timedelta(seconds=5)) == 1
    assert mail.outbox[0].subject.startswith("Cancelled")


def test_a_mail_server_that_is_down_loses_nothing(ampere: object, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed()
    with monkeypatch.context() as down:
        down.setattr("django.core.mail.EmailMultiAlternatives.send", _refuse)
        with pytest.raises(ConnectionRefusedError):
            send_due(now=LATER)
    assert send_due(now=LATER) == 2
    assert Reader.objects.get(name="mail").event_id > 0


def _refuse(*_: object, **__: object) -> int:
    raise ConnectionRefusedError
