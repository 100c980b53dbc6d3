from datetime import timedelta
from typing import Any

import msgspec
import pytest

from saas.contracts.pricerule import NEWEST, Decision, Inputs, decide
from saas.contracts.pricing import Suggested, Taken
from saas.kit.errors import Forbidden, Invalid
from tenants.bookings.models import Booking
from tenants.charging.models import Session
from tenants.marketplace.actions import set_price
from tenants.marketplace.models import Listing
from tenants.pricing import actions, exports, queries
from tenants.pricing.models import Suggestion
from tenants.tariffs.queries import component
from tests import builders
from tests.builders import NOW, Cast
from tests.tenants.apiclient import Api, person

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
INPUTS = Inputs(
    current_micro=400_000, energy_cost_micro=200_000, losses_bp=1000, wear_micro=10_000, profit_micro=50_000,
    fee_bp=1500, neighbours_micro=(500_000, 520_000, 610_000),
)  # fmt: skip


@pytest.fixture
def people(ampere: object) -> Cast:
    return builders.cast()


@pytest.fixture
def listing(people: Cast) -> Listing:
    return builders.listing(host=people.host, per_kwh="0.40", per_hour="1.50")


def suggested(listing: Listing, **changes: Any) -> Suggested:
    inputs = msgspec.structs.replace(INPUTS, **changes)
    return Suggested(
        listing=str(listing.uid), kind="kwh", currency="EUR", inputs=inputs, decision=decide(NEWEST, inputs)
    )


def offer(listing: Listing, **changes: Any) -> Suggestion:
    assert actions.receive(items=[suggested(listing, **changes)], now=NOW).stored == 1
    return queries.offered(listing=listing, now=NOW)[0]


@pytest.mark.req("MKT-04", "ANA-05")
def test_taken_becomes_a_new_tariff_and_bookings_keep_theirs(people: Cast, listing: Listing) -> None:
    booking, session = builders.confirmed(of=listing, by=people.driver)
    before = booking.quote, listing.tariff_id
    row = actions.accept(suggestion=offer(listing), by=people.host, now=LATER)
    listing.refresh_from_db()
    assert row.state == "accepted" and row.tariff_id == listing.tariff_id != before[1]
    assert (
        component(listing.tariff.elements, "ENERGY") == "0.44" and component(listing.tariff.elements, "TIME") == "1.50"
    )
    assert listing.tariff.valid_from == LATER
    assert Booking.objects.get(pk=booking.pk).quote == before[0]
    assert Session.objects.get(pk=session.pk).booking.quote == before[0]
    with pytest.raises(actions.SuggestionOver):
        actions.accept(suggestion=row, by=people.host, now=LATER)


@pytest.mark.req("ANA-05")
def test_each_stored_suggestion_can_be_rebuilt(people: Cast, listing: Listing) -> None:
    for cost in range(100_000, 400_000, 40_000):
        actions.receive(items=[suggested(listing, energy_cost_micro=cost)], now=NOW)
    rows = list(Suggestion.objects.all())
    assert len(rows) > 2 and queries.unlike() == []
    encode = msgspec.json.encode
    assert all(encode(queries.rebuilt(row)) == encode(msgspec.convert(row.decision, Decision)) for row in rows)
    Suggestion.objects.filter(pk=rows[0].pk).update(inputs=rows[0].inputs | {"energy_cost_micro": 390_000})
    assert queries.unlike() == [rows[0].uid]


@pytest.mark.req("ANA-05")
def test_only_one_is_on_offer_and_the_same_is_not_stored_twice(listing: Listing) -> None:
    first = offer(listing)
    assert actions.receive(items=[suggested(listing)], now=LATER) == Taken(stored=0, known=1, refused=0)
    second = offer(listing, profit_micro=90_000)
    first.refresh_from_db()
    assert first.state == "expired" and queries.offered(listing=listing, now=NOW) == [second]
    assert queries.offered(listing=listing, now=NOW + timedelta(days=15)) == []
    assert actions.expire(now=NOW + timedelta(days=15)) == 1


@pytest.mark.req("ANA-05", "MKT-04")
def test_declined_is_not_asked_again_for_two_weeks(people: Cast, listing: Listing) -> None:
    actions.decline(suggestion=offer(listing), by=people.host, now=LATER)
    assert actions.receive(items=[suggested(listing)], now=NOW + timedelta(days=1)).known == 1
    assert actions.receive(items=[suggested(listing)], now=NOW + timedelta(days=15)).stored == 1


@pytest.mark.req("ANA-05")
def test_what_does_not_fit_is_refused(people: Cast, listing: Listing) -> None:
    told = suggested(listing)
    invented = msgspec.structs.replace(told, decision=msgspec.structs.replace(told.decision, price_micro=9_000_000))
    unknown = msgspec.structs.replace(told, decision=msgspec.structs.replace(told.decision, rule="99"))
    moved = suggested(listing, current_micro=410_000)
    gone = msgspec.structs.replace(told, listing="00000000-0000-0000-0000-000000000000")
    other = msgspec.structs.replace(told, currency="USD")
    assert actions.receive(items=[invented, unknown, moved, gone, other], now=NOW).refused == 5
    row = offer(listing)
    set_price(listing=listing, now=NOW, per_kwh="0.41")
    assert queries.offered(listing=listing, now=NOW) == []
    with pytest.raises(actions.PriceMoved):
        actions.accept(suggestion=row, by=people.host, now=LATER)


@pytest.mark.req("ANA-05")
def test_policy_clips_and_switches_off(people: Cast, listing: Listing) -> None:
    actions.set_policy(by=people.owner, most_change_bp=500, most_kwh_micro=410_000)
    row = offer(listing)
    assert row.price_micro == 410_000 and row.clipped and row.decision["price_micro"] == 440_000
    actions.set_policy(by=people.owner, offered=False)
    assert actions.receive(items=[suggested(listing, profit_micro=80_000)], now=NOW).refused == 1
    with pytest.raises(Invalid):
        actions.set_policy(by=people.owner, least_kwh_micro=500_000)
    with pytest.raises(Forbidden):
        actions.set_policy(by=people.host, offered=True)


@pytest.mark.req("ANA-05", "MKT-04")
def test_wish_and_price_history_go_out(people: Cast, listing: Listing) -> None:
    set_price(listing=listing, now=LATER, per_kwh="0.45")
    actions.set_wish(listing=listing, now=NOW, energy_cost_micro=210_000, profit_micro=60_000)
    with pytest.raises(Invalid):
        actions.set_wish(listing=listing, now=NOW, energy_cost_micro=-1)
    (told,) = exports.offers(after=None, limit=10).items
    assert [(p.kwh_micro, p.hour_micro) for p in told.prices] == [(400_000, 1_500_000), (450_000, None)]
    assert (told.energy_cost_micro, told.profit_micro, told.fee_bp) == (210_000, 60_000, 1500)


@pytest.mark.req("MKT-04")
def test_pages_of_the_host(people: Cast, listing: Listing, client: Any) -> None:
    offer(listing)
    client.force_login(people.host)
    here = {"headers": {"host": "ampere.localhost"}}
    page = client.get(f"/host/chargers/{listing.uid}/", **here).content.decode()
    assert "0.44" in page and "Chargers nearby ask about this much." in page and "Take this price" in page
    wish = {"energy_cost": "0.21", "profit": "0.06", "wear": "0"}
    assert client.post(f"/host/costs/{listing.uid}/", wish, **here).status_code == 302
    assert client.post(f"/host/costs/{listing.uid}/", wish | {"wear": "-1"}, **here).status_code == 422
    assert "0.21" in client.get(f"/host/costs/{listing.uid}/", **here).content.decode()


@pytest.mark.req("MKT-04")
def test_one_press_takes_the_price(people: Cast, listing: Listing, client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(actions, "VALID", timedelta(days=3650))
    row = offer(listing)
    client.force_login(people.host)
    here = {"headers": {"host": "ampere.localhost"}}
    assert client.post(f"/host/suggestions/{row.uid}/accept/", **here).status_code == 302
    listing.refresh_from_db()
    assert component(listing.tariff.elements, "ENERGY") == "0.44"
    client.force_login(people.outsider)
    for act in ("accept", "decline"):
        assert client.post(f"/host/suggestions/{row.uid}/{act}/", **here).status_code == 404
    assert client.get(f"/host/costs/{listing.uid}/", **here).status_code == 404
    assert client.get("/settings/prices/", **here).status_code == 404
    client.force_login(people.owner)
    assert "Charger in the yard" in client.get("/settings/prices/", **here).content.decode()


@pytest.mark.req("MKT-04")
def test_a_price_within_the_limits_is_one_that_can_be_paid(people: Cast) -> None:
    listing = builders.listing(host=people.host, per_kwh="0.29", per_hour="")
    row = offer(listing, current_micro=290_000, energy_cost_micro=100_000, profit_micro=0)
    assert row.price_micro == 310_000 and row.price_micro % row.inputs["step_micro"] == 0


@pytest.mark.req("ANA-05")
def test_who_manages_prices_finds_them_and_only_them_in_the_settings(people: Cast, client: Any) -> None:
    client.force_login(builders.person("finance", "finance"))
    here = {"headers": {"host": "ampere.localhost"}}
    assert 'href="/settings/"' in client.get("/settings/prices/", **here).content.decode()
    page = client.get("/settings/", **here).content.decode()
    assert 'href="/settings/prices/"' in page
    assert not any(f'href="/settings/{part}/"' in page for part in ("audit", "brand", "team"))
    client.force_login(people.outsider)
    assert client.get("/settings/", **here).status_code == 403


@pytest.mark.req("ANA-05", "API-01")
def test_api_and_its_outsiders(people: Cast, listing: Listing) -> None:
    row = offer(listing)
    host, outsider, owner = (Api("ampere", who) for who in (people.host, people.outsider, people.owner))
    stranger = Api("barq", person("barq", "", "owner", identity="verified"))
    body = host.get(f"/pricing/suggestions/{row.uid}").json()
    assert body["price_micro"] == 440_000 and body["inputs"]["neighbours_micro"] == [500_000, 520_000, 610_000]
    assert [one["uid"] for one in host.get("/pricing/suggestions").json()["items"]] == [str(row.uid)]
    assert (
        owner.get("/pricing/suggestions").json()["items"] and outsider.get("/pricing/suggestions").json()["items"] == []
    )
    costs = {"energy_cost_micro": 210_000, "profit_micro": 60_000}
    assert host("PUT", f"/chargers/{listing.uid}/costs", costs).json()["own"] is True
    assert host("POST", f"/pricing/suggestions/{row.uid}/decline").json()["state"] == "declined"
    assert host("POST", f"/pricing/suggestions/{row.uid}/accept").status_code == 409
    assert owner("PUT", "/pricing/policy", {"most_change_bp": 700}).json()["most_change_bp"] == 700
    for who in (outsider, stranger):
        for verb, path, sent in (
            ("GET", f"/pricing/suggestions/{row.uid}", None), ("POST", f"/pricing/suggestions/{row.uid}/accept", None),
            ("POST", f"/pricing/suggestions/{row.uid}/decline", None),
            ("PUT", f"/chargers/{listing.uid}/costs", costs), ("GET", f"/chargers/{listing.uid}/costs", None),
        ):  # fmt: skip
            assert who(verb, path, sent).status_code == 404, (verb, path)
    assert host.get("/pricing/policy").status_code == outsider.get("/pricing/policy").status_code == 404
