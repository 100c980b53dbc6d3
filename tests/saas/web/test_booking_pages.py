"""From a free time to a confirmed booking, and back out of it, page by page."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.bookings.models import Booking
from tenants.charging.calendar import event
from tenants.marketplace.models import Listing
from tests import builders
from tests.builders import NOW

from .conftest import visitor

pytestmark = pytest.mark.usefixtures("now")
START = NOW + timedelta(hours=2)


def wish(**more: str) -> dict[str, str]:
    return {"start": START.isoformat(), "minutes": "60", "day": "2026-11-20"} | more


def reserve(client: Client, listing: Listing) -> str:
    """Hold a slot; the address of its payment page."""
    answer = client.post(f"/chargers/{listing.uid}/book/", wish())
    assert answer.status_code == 302, answer.content.decode()[:500]
    return str(answer["Location"])


def key_of(page: str) -> str:
    return re.findall(r'name="key" value="([^"]+)"', page)[0]


def pay(client: Client, address: str, token: str) -> object:
    return client.post(address, {"method": token, "key": key_of(client.get(address).content.decode())})


@pytest.fixture
def story(ampere: Tenant) -> tuple[Listing, User]:
    cast = builders.cast()
    return builders.listing(host=cast.host), cast.driver


@pytest.mark.req("MKT-08")
def test_book_pay_and_read_the_confirmation(story: tuple[Listing, User]) -> None:
    listing, driver = story
    client = visitor(user=driver)
    address = reserve(client, listing)
    checkout = client.get(address).content.decode()
    assert "Test payment — no real card" in checkout
    assert "€6.00" in checkout
    answer = pay(client, address, "tok_approved")
    page = client.get(answer["Location"]).content.decode()  # type: ignore[index]
    assert "Confirmed" in page
    assert "Secret street 7" in page
    assert len(re.findall(r'<b aria-hidden="true">\d</b>', page)) == 6


def test_the_price_is_shown_before_anything_is_reserved(story: tuple[Listing, User]) -> None:
    listing, _ = story
    page = visitor().get(f"/chargers/{listing.uid}/quote/", wish()).content.decode()
    assert "€6.00" in page
    assert Booking.objects.count() == 0


@pytest.mark.parametrize(
    "bad",
    [{"start": "tomorrow"}, {"minutes": "0"}, {"minutes": "x"}, {"start": "2026-11-20T10:00:00"}, {"energy": "-1"}],
)
def test_a_wish_that_does_not_fit_is_said_and_kept(story: tuple[Listing, User], bad: dict[str, str]) -> None:
    listing, driver = story
    page = visitor(user=driver).post(f"/chargers/{listing.uid}/book/", wish(**bad))
    assert page.status_code == 422
    assert "Choose when to start and for how long." in page.content.decode()
    assert Booking.objects.count() == 0


@pytest.mark.req("MKT-08")
def test_who_comes_second_is_told_so(story: tuple[Listing, User]) -> None:
    listing, driver = story
    reserve(visitor(user=driver), listing)
    page = visitor(user=builders.person("second")).post(f"/chargers/{listing.uid}/book/", wish(minutes="30"))
    assert page.status_code == 409
    assert "Somebody else has just taken this time" in page.content.decode()
    assert '<option value="30" selected>' in page.content.decode()


def test_strangers_log_in_first_and_keep_their_choice(story: tuple[Listing, User]) -> None:
    listing, _ = story
    answer = visitor().post(f"/chargers/{listing.uid}/book/", wish())
    assert answer["Location"].startswith("/accounts/login/")
    assert "minutes%3D60" in answer["Location"]


def test_who_was_not_checked_goes_to_the_identity_check(story: tuple[Listing, User]) -> None:
    listing, _ = story
    answer = visitor(user=builders.person("new", verified=False)).post(f"/chargers/{listing.uid}/book/", wish())
    assert answer["Location"].startswith("/account/identity/?next=")


def test_a_declined_card_can_be_followed_by_another(story: tuple[Listing, User]) -> None:
    listing, driver = story
    client = visitor(user=driver)
    address = reserve(client, listing)
    page = pay(client, address, "tok_declined")
    assert page.status_code == 402  # type: ignore[attr-defined]
    assert "The card was declined" in page.content.decode()  # type: ignore[attr-defined]
    assert pay(client, address, "tok_approved").status_code == 302  # type: ignore[attr-defined]


@pytest.mark.parametrize(("answer", "state"), [("yes", "confirmed"), ("no", "held")])
def test_the_bank_asks_and_the_payer_answers(story: tuple[Listing, User], answer: str, state: str) -> None:
    listing, driver = story
    client = visitor(user=driver)
    address = reserve(client, listing)
    page = pay(client, address, "tok_challenge").content.decode()  # type: ignore[attr-defined]
    hidden = dict(re.findall(r'name="(payment|method|key)" value="([^"]+)"', page))
    client.post(address.replace("/pay/", "/bank/"), hidden | {"answer": answer})
    assert Booking.objects.get().state == state


@pytest.mark.parametrize("payment", ["", "not-a-uid"])
def test_a_broken_answer_of_the_bank_page_is_no_error_of_ours(story: tuple[Listing, User], payment: str) -> None:
    listing, driver = story
    client = visitor(user=driver)
    address = reserve(client, listing)
    assert client.post(address.replace("/pay/", "/bank/"), {"payment": payment, "answer": "yes"}).status_code == 404


def test_too_late_to_pay_is_said_on_the_page(story: tuple[Listing, User], now: object) -> None:
    listing, driver = story
    client = visitor(user=driver)
    address = reserve(client, listing)
    now.move_to(NOW + timedelta(minutes=11))  # type: ignore[attr-defined]
    assert "The time to pay has passed" in client.get(address).content.decode()


@pytest.mark.req("MKT-09")
def test_the_refund_is_shown_before_cancelling(story: tuple[Listing, User], now: object) -> None:
    listing, driver = story
    booking, _ = builders.confirmed(of=listing, by=driver, start=START)
    client = visitor(user=driver)
    assert "€5.70" in client.get(f"/bookings/{booking.uid}/").content.decode()
    now.move_to(START - timedelta(minutes=9))  # type: ignore[attr-defined]
    assert "cancelling gives nothing back now" in client.get(f"/bookings/{booking.uid}/").content.decode()


@pytest.mark.req("MKT-09")
def test_cancelling(story: tuple[Listing, User]) -> None:
    listing, driver = story
    booking, session = builders.confirmed(of=listing, by=driver, start=START)
    client = visitor(user=driver)
    assert client.post(f"/bookings/{booking.uid}/cancel/").status_code == 302
    booking.refresh_from_db()
    assert booking.state == "cancelled_by_driver"
    receipt = client.get(f"/sessions/{session.uid}/receipt/").content.decode()
    assert "Cancellation fee" in receipt
    assert "€5.70" in receipt


@pytest.mark.req("TEN-03")
@pytest.mark.parametrize("path", ["", "pay/", "calendar.ics"])
def test_bookings_of_others_are_not_there(story: tuple[Listing, User], path: str) -> None:
    listing, driver = story
    booking, _ = builders.confirmed(of=listing, by=driver, start=START)
    outsider = visitor(user=builders.person("outsider"))
    assert outsider.get(f"/bookings/{booking.uid}/{path}").status_code == 404
    assert outsider.post(f"/bookings/{booking.uid}/cancel/").status_code == 302
    booking.refresh_from_db()
    assert booking.state == "confirmed"


def test_the_code_is_for_the_driver_alone(story: tuple[Listing, User]) -> None:
    listing, driver = story
    booking, _ = builders.confirmed(of=listing, by=driver, start=START)
    page = visitor(user=listing.host).get(f"/bookings/{booking.uid}/").content.decode()
    assert "One-time code" not in page
    assert 'class="code"' not in page


def test_the_calendar_holds_the_times(story: tuple[Listing, User]) -> None:
    listing, driver = story
    booking, _ = builders.confirmed(of=listing, by=driver, start=START)
    answer = visitor(user=driver).get(f"/bookings/{booking.uid}/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert "DTSTART:20261120T100000Z" in answer.content.decode()


def test_calendar_lines_are_short_and_escaped() -> None:
    text = event(uid="1", start=NOW, end=NOW, title="A, b; c " * 20, place="شارع " * 30, address="http://x/", now=NOW)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "A\\, b\\; c" in text.replace("\r\n ", "")


def test_the_list_says_so_when_it_is_empty(story: tuple[Listing, User]) -> None:
    assert "No booking yet" in visitor(user=story[1]).get("/bookings/").content.decode()


def test_after_a_refusal_at_the_bank_another_card_can_be_tried(story: tuple[Listing, User]) -> None:
    listing, driver = story
    client = visitor(user=driver)
    address = reserve(client, listing)
    page = pay(client, address, "tok_challenge").content.decode()  # type: ignore[attr-defined]
    hidden = dict(re.findall(r'name="(payment|method|key)" value="([^"]+)"', page))
    refused = client.post(address.replace("/pay/", "/bank/"), hidden | {"answer": "no"})
    assert refused.status_code == 402
    assert f'action="{address}"' in refused.content.decode()
    assert client.get(address.replace("/pay/", "/bank/"))["Location"] == address
    assert pay(client, address, "tok_approved").status_code == 302  # type: ignore[attr-defined]


def test_the_way_to_the_identity_check_keeps_the_choice(story: tuple[Listing, User]) -> None:
    listing, _ = story
    client = visitor(user=builders.person("newer", verified=False))
    asked = client.post(f"/chargers/{listing.uid}/book/", wish(minutes="45"))["Location"]
    assert "minutes%3D45" in asked
    sent = {
        "name": "Nea",
        "licence_plate": "abc-1",
        "vehicle_type": "Kia",
        "next": f"/chargers/{listing.uid}/?minutes=45",
    }
    waiting = client.post("/account/identity/", sent, follow=True).content.decode()
    assert "We are checking" in waiting and f"/chargers/{listing.uid}/?minutes=45" in waiting


def test_paying_again_in_another_tab_leads_to_the_booking(story: tuple[Listing, User]) -> None:
    listing, driver = story
    client = visitor(user=driver)
    address = reserve(client, listing)
    other = key_of(client.get(address).content.decode())
    pay(client, address, "tok_approved")
    page = client.post(address, {"method": "tok_approved", "key": other}, follow=True).content.decode()
    assert "This is booked and paid already." in page and "Confirmed" in page
    assert Booking.objects.get().payments.count() == 1
