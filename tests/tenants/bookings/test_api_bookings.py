"""The way of a booking through the API: quote, hold, confirm, look, cancel."""

import re
import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from saas.kit.tenant_context import tenant_schema
from saas.kit.time import floor_minute, iso
from tenants.bookings.actions import one_time_code
from tenants.bookings.models import Booking
from tenants.charging.actions import refund
from tenants.feed.models import IdempotentAnswer
from tenants.marketplace.models import Listing
from tenants.payments.models import Payment
from tests import builders
from tests.saas.web.conftest import visitor
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others


class Story:
    """A charger at 6.00 an hour, its host, and a driver."""

    def __init__(self, tenant: str = "ampere") -> None:
        self.host = person(tenant, "", identity="verified")
        self.driver = person(tenant, "", identity="verified")
        with tenant_schema(tenant):
            self.listing: Listing = builders.listing(host=self.host)
        self.api, self.host_api = Api(tenant, self.driver), Api(tenant, self.host)
        self.start = floor_minute(timezone.now()) + timedelta(hours=2)

    def wish(self, minutes: int = 60, start: datetime | None = None) -> dict[str, object]:
        begin = start or self.start
        end = begin + timedelta(minutes=minutes)
        return {"charger": str(self.listing.uid), "start": iso(begin), "end": iso(end)}

    def held(self) -> Any:
        answer = self.api.post("/bookings", self.wish())
        assert answer.status_code == 201, answer.content
        return said(answer)

    def confirmed(self) -> Any:
        answer = self.api.post(f"/bookings/{self.held()['uid']}/confirm", {"method": "tok_approved"})
        assert answer.status_code == 200, answer.content
        return said(answer)


@pytest.fixture
def story(db: None) -> Story:
    return Story()


@pytest.mark.req("MKT-07", "API-01")
def test_a_quote_is_whole_minor_units_and_holds_nothing(story: Story) -> None:
    answer = Api("ampere").post("/bookings/quote", story.wish())
    assert answer.status_code == 200
    assert said(answer)["amount"] == {"amount_minor": 600, "currency": "EUR"}
    assert sum(line["amount_minor"] for line in said(answer)["lines"]) == 600
    with tenant_schema("ampere"):
        assert not Booking.objects.exists()


@pytest.mark.req("MKT-08", "API-01")
def test_hold_confirm_and_look(story: Story) -> None:
    held = story.held()
    assert (held["state"], held["code"], held["session"]) == ("held", None, None)
    confirmed = said(story.api.post(f"/bookings/{held['uid']}/confirm", {"method": "tok_approved"}))
    with tenant_schema("ampere"):
        booking = Booking.objects.get(uid=held["uid"])
        assert confirmed["code"] == one_time_code(booking)
    assert confirmed["state"] == "confirmed" and confirmed["session"]
    assert said(story.api.get(f"/bookings/{held['uid']}")) == confirmed
    session = said(story.api.get(f"/sessions/{confirmed['session']}"))
    assert (session["state"], session["booking"], session["charger"]) == ("permitted", held["uid"], held["charger"])
    unknown_to_others(f"/bookings/{held['uid']}")
    unknown_to_others(f"/sessions/{confirmed['session']}")
    unknown_to_others(f"/sessions/{confirmed['session']}/receipt")


@pytest.mark.req("MKT-08", "TEN-04")
def test_the_code_is_the_drivers_alone(story: Story) -> None:
    uid = story.confirmed()["uid"]
    operator = Api("ampere", person("ampere", "", "operator"))
    for api in (story.host_api, operator):
        seen = said(api.get(f"/bookings/{uid}"))
        assert (seen["uid"], seen["code"]) == (uid, None)


@pytest.mark.req("MKT-04", "API-01")
def test_a_taken_slot_is_refused_by_name(story: Story) -> None:
    story.held()
    other = Api("ampere", person("ampere", "", identity="verified"))
    assert code(other.post("/bookings", story.wish())) == (409, "slot_taken")


@pytest.mark.req("MKT-10", "API-01")
def test_a_declined_card_leaves_the_hold(story: Story) -> None:
    uid = story.held()["uid"]
    status, name = code(story.api.post(f"/bookings/{uid}/confirm", {"method": "tok_declined"}))
    assert (status, "declined" in name) == (402, True) or (status, name) == (409, "payment_declined")
    assert said(story.api.get(f"/bookings/{uid}"))["state"] == "held"


@pytest.mark.req("MKT-11", "API-01")
def test_cancelling_gives_back_and_may_be_repeated(story: Story) -> None:
    uid = story.confirmed()["uid"]
    for _ in range(2):
        answer = story.api.post(f"/bookings/{uid}/cancel", {})
        assert said(answer)["state"] == "cancelled_by_driver"
    with tenant_schema("ampere"):
        payment = Payment.objects.get(booking__uid=uid)
        assert payment.captured_minor - payment.refunded_minor == 30  # the 5 % that the tenant keeps


@pytest.mark.req("MKT-09", "API-01")
@pytest.mark.parametrize(
    ("by", "minutes", "back"),
    [("driver", 120, 570), ("driver", 5, 0), ("host", 240, 600), ("operator", 5, 600), ("unpaid", 120, 0)],
)
def test_a_cancelled_booking_says_what_went_back(story: Story, by: str, minutes: int, back: int) -> None:
    story.start = floor_minute(timezone.now()) + timedelta(minutes=minutes)
    uid = (story.held() if by == "unpaid" else story.confirmed())["uid"]
    assert said(story.api.get(f"/bookings/{uid}"))["refunded"] is None
    operator = Api("ampere", person("ampere", "", "operator", "finance"))
    api = {"host": story.host_api, "operator": operator}.get(by, story.api)
    cancelled = said(api.post(f"/bookings/{uid}/cancel", {}))
    assert cancelled["refunded"] == {"amount_minor": back, "currency": "EUR"}
    [listed] = said(story.api.get("/bookings"))["items"]
    assert listed["refunded"] == cancelled["refunded"]
    with tenant_schema("ampere"):
        browser = visitor(user=story.driver)
    page = browser.get(f"/bookings/{uid}/").content.decode()
    shown = re.search(r'id="refunded">.*?<dd[^>]*>([^<]+)<', page)
    assert shown and shown[1] == f"€{back / 100:.2f}"


@pytest.mark.req("MKT-09", "BIL-06")
def test_what_support_gives_back_later_counts_too(story: Story) -> None:
    story.start = floor_minute(timezone.now()) + timedelta(minutes=5)
    booking = story.confirmed()
    assert said(story.api.post(f"/bookings/{booking['uid']}/cancel", {}))["refunded"]["amount_minor"] == 0
    finance = person("ampere", "", "finance")
    with tenant_schema("ampere"):
        refund(session_uid=UUID(booking["session"]), by=finance, reason="goodwill", now=timezone.now())
    assert said(story.api.get(f"/bookings/{booking['uid']}"))["refunded"]["amount_minor"] == 600


@pytest.mark.req("TEN-03", "TEN-04")
@pytest.mark.parametrize(("path", "body"), [("confirm", {"method": "tok_approved"}), ("cancel", {})])
def test_others_can_neither_pay_nor_cancel(story: Story, path: str, body: dict[str, str]) -> None:
    uid = story.held()["uid"]
    for api in (Api("ampere", person("ampere")), Api("barq", person("barq", "", "owner"))):
        assert code(api.post(f"/bookings/{uid}/{path}", body)) == (404, "not_found")


@pytest.mark.req("TEN-03", "TEN-04")
def test_lists_show_each_side_its_own(story: Story) -> None:
    uid = story.confirmed()["uid"]
    assert [b["uid"] for b in said(story.api.get("/bookings"))["items"]] == [uid]
    assert [b["uid"] for b in said(story.host_api.get("/bookings?side=host"))["items"]] == [uid]
    assert said(story.host_api.get("/bookings"))["items"] == []
    operator = Api("ampere", person("ampere", "", "operator"))
    assert uid in [b["uid"] for b in said(operator.get("/bookings?side=all"))["items"]]
    assert code(story.api.get("/bookings?side=all")) == (403, "forbidden")
    assert said(Api("ampere", person("ampere")).get("/bookings"))["items"] == []
    assert said(Api("barq", person("barq", "", "owner")).get("/bookings?side=all"))["items"] == []


@pytest.mark.req("API-01")
def test_pages_follow_each_other_without_gaps(story: Story) -> None:
    for number in range(5):
        answer = story.api.post("/bookings", story.wish(10, story.start + timedelta(minutes=10 * number)))
        assert answer.status_code == 201
    seen: list[str] = []
    path = "/bookings?limit=2&state=held"
    while True:
        answer = story.api.get(path)
        page = said(answer)
        seen += [booking["start"] for booking in page["items"]]
        if page["next"] is None:
            assert "Link" not in answer.headers
            break
        assert f"after={page['next']}" in answer.headers["Link"] and 'rel="next"' in answer.headers["Link"]
        path = f"/bookings?limit=2&state=held&after={page['next']}"
    assert len(seen) == 5 and seen == sorted(seen, reverse=True)
    assert code(story.api.get("/bookings?after=nonsense")) == (422, "invalid")


@pytest.mark.req("API-01")
def test_the_same_key_gets_the_same_bytes_and_holds_once(story: Story) -> None:
    first = story.api.post("/bookings", story.wish(), Idempotency_Key="k-1")
    again = story.api.post("/bookings", story.wish(), Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content and again.headers["Idempotency-Replayed"] == "true"
    with tenant_schema("ampere"):
        assert Booking.objects.count() == 1


@pytest.mark.req("API-01")
def test_a_refusal_is_repeated_too(story: Story) -> None:
    Api("ampere", person("ampere", "", identity="verified")).post("/bookings", story.wish())
    first = story.api.post("/bookings", story.wish(), Idempotency_Key="k-1")
    with tenant_schema("ampere"):
        Booking.objects.all().delete()
    again = story.api.post("/bookings", story.wish(), Idempotency_Key="k-1")
    assert code(first) == code(again) == (409, "slot_taken")
    assert first.content == again.content


@pytest.mark.req("API-01")
def test_the_same_key_with_another_body_is_refused(story: Story) -> None:
    story.api.post("/bookings", story.wish(), Idempotency_Key="k-1")
    other = story.api.post("/bookings", story.wish(30), Idempotency_Key="k-1")
    assert code(other) == (422, "idempotency_key_reused")


@pytest.mark.req("API-01", "TEN-03")
def test_keys_of_two_people_do_not_meet(story: Story) -> None:
    other = Api("ampere", person("ampere", "", identity="verified"))
    story.api.post("/bookings", story.wish(), Idempotency_Key="k-1")
    assert code(other.post("/bookings", story.wish(), Idempotency_Key="k-1")) == (409, "slot_taken")


@pytest.mark.req("API-01")
@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "\xe4", "schl\xfcssel", "a\tb", "k\x7f"])
def test_a_key_has_bounds(story: Story, key: str) -> None:
    answer = story.api.post("/bookings", story.wish(), Idempotency_Key=key)
    assert code(answer) == (422, "idempotency_key_invalid")


@pytest.mark.req("API-01")
def test_a_crash_between_effect_and_answer_leaves_neither(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr("tenants.bookings.api.shown", crash)
        assert story.api.post("/bookings", story.wish(), Idempotency_Key="k-1").status_code == 500
    with tenant_schema("ampere"):
        assert not Booking.objects.exists() and not IdempotentAnswer.objects.exists()
    assert story.api.post("/bookings", story.wish(), Idempotency_Key="k-1").status_code == 201


@pytest.mark.req("API-01")
@pytest.mark.parametrize(
    "change",
    [
        {"start": "2026-01-01T00:00:00"},
        {"start": "tomorrow"},
        {"end": "9999-12-31T23:59:59-12:00"},
        {"energy_wh": -1},
        {"energy_wh": 10**30},
        {"charger": "x"},
        {"vehicle": 5},
    ],
)
def test_a_wish_that_does_not_fit_names_the_field(story: Story, change: dict[str, object]) -> None:
    answer = story.api.post("/bookings", {**story.wish(), **change})
    assert code(answer) == (422, "invalid")
    assert next(iter(change)) in said(answer)["errors"][0]["field"]


@pytest.mark.req("API-01")
def test_of_concurrent_duplicates_one_executes(spare: str) -> None:
    story = Story(spare)
    apis = [Api(spare, story.driver) for _ in range(6)]
    answers: list[tuple[int, bytes]] = []

    def send(api: Api) -> None:
        answer = api.post("/bookings", story.wish(), Idempotency_Key="k-1")
        answers.append((answer.status_code, answer.content))
        connection.close()

    threads = [threading.Thread(target=send, args=(api,)) for api in apis]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_schema(spare):
        assert Booking.objects.count() == 1
    assert len(answers) == 6 and len(set(answers)) == 1 and answers[0][0] == 201
