from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from saas.devices import actions as registry
from saas.kit.errors import Invalid
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.marketplace.queries import search
from tenants.sites.geography import public_position
from tests.builders import HELSINKI, NOW, Cast, cast, device, evse, held, listing, minutes

NORTH = (60.30, 25.04)  # the airport, 15 km away


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


def titles(**asked: object) -> list[str]:
    return [card.title for card in search(viewer=None, now=NOW, **asked).items]  # type: ignore[arg-type]


@pytest.mark.req("MKT-06")
def test_by_box_and_by_circle(people: Cast) -> None:
    listing(host=people.host, title="Near")
    listing(host=people.host, title="Far", on=evse(at=NORTH))
    assert titles(bbox=(60.1, 24.8, 60.2, 25.1)) == ["Near"]
    assert titles(bbox=(60.1, 24.8, 60.4, 25.1)) == ["Near", "Far"]
    assert titles(near=NORTH, radius_m=5_000) == ["Far"]
    assert titles(near=NORTH) == ["Far", "Near"]
    assert titles(bbox=(-10.0, 170.0, 10.0, -170.0)) == []


@pytest.mark.req("MKT-06", "MKT-07")
def test_distance_is_the_public_positions(people: Cast) -> None:
    listing(host=people.host)
    public = public_position(*HELSINKI)
    (card,) = search(viewer=people.host, now=NOW, near=(public.latitude, public.longitude)).items
    assert card.distance_m == 0 and (card.latitude, card.longitude) == (public.latitude, public.longitude)
    (card,) = search(viewer=people.host, now=NOW, near=HELSINKI, order="price").items
    assert card.distance_m is not None and card.distance_m > 0


@pytest.mark.req("MKT-06")
def test_filters(people: Cast) -> None:
    listing(host=people.host, title="Slow", per_hour="2.00", amenities=["wifi"], on=evse(power_w=3_700))
    listing(host=people.host, title="Fast", per_hour="9.00", amenities=["wifi", "toilet"], on=evse(power_w=22_000))
    assert titles(power_w=11_000) == ["Fast"]
    assert titles(connector="IEC_62196_T2") == ["Slow", "Fast"] and titles(connector="CHADEMO") == []
    assert titles(max_price_minor=200) == ["Slow"] and titles(max_price_minor=199) == []
    assert titles(amenities=["toilet", "wifi"]) == ["Fast"]
    assert titles(order="price") == ["Slow", "Fast"]
    for wrong in (
        {"order": "age"}, {"connector": "Schuko"}, {"connector": "\0"}, {"amenities": ["\0"]}, {"free_minutes": 10**12},
        {"free_minutes": 0}, {"free_from": NOW.replace(year=9999)},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            titles(**wrong)


@pytest.mark.req("MKT-06", "MKT-04")
def test_prices_per_hour_and_per_kwh_are_comparable(people: Cast) -> None:
    listing(host=people.host, title="kWh", per_kwh="0.30")  # an hour at 11 kW: 3.30
    listing(host=people.host, title="Hour", per_hour="3.00")
    assert titles(order="price") == ["Hour", "kWh"] and titles(max_price_minor=300) == ["Hour"]


@pytest.mark.req("MKT-06")
def test_best_rated_first(people: Cast) -> None:
    for title, total, count in (("Good", 9, 2), ("Best", 5, 1), ("New", 0, 0)):
        charger = listing(host=people.host, title=title)
        charger.rating_sum, charger.rating_count = total, count
        charger.save()
    assert titles(order="rating") == ["Best", "Good", "New"]


@pytest.mark.req("MKT-06")
@pytest.mark.parametrize("order", ["distance", "price", "rating"])
def test_pages_join_without_gap_or_repeat(people: Cast, order: str) -> None:
    for i in range(7):
        listing(host=people.host, title=f"Charger {i}", per_hour=f"{i % 3 + 1}.00")
    seen, after = [], None
    for _ in range(4):
        page = search(viewer=None, now=NOW, near=HELSINKI, order=order, limit=2, after=after)
        seen += [card.uid for card in page.items]
        after = page.next
    assert len(seen) == len(set(seen)) == 7 and after is None
    with pytest.raises(Invalid):
        search(viewer=None, now=NOW, after="not a cursor")


@pytest.mark.req("MKT-06", "MKT-03")
def test_only_what_is_free_in_the_wished_period_and_pages_stay_full(people: Cast) -> None:
    start = NOW + timedelta(hours=1)
    for i in range(6):
        charger = listing(host=people.host, title=f"Charger {i}")
        if i % 2:
            held(of=charger, by=people.driver, start=start)
    wish = {"free_from": start + minutes(30), "free_minutes": 60}
    assert titles(**wish) == ["Charger 0", "Charger 2", "Charger 4"]
    first = search(viewer=None, now=NOW, limit=2, **wish)  # type: ignore[arg-type]
    assert [card.title for card in first.items] == ["Charger 0", "Charger 2"] and first.next
    assert titles(after=first.next, limit=2, **wish) == ["Charger 4"]


@pytest.mark.req("MKT-02", "MKT-06")
def test_available_now_means_open_free_online_and_unbroken(people: Cast) -> None:
    def state() -> tuple[bool, bool]:
        (card,) = search(viewer=None, now=NOW).items
        return card.available_now, card.bookable

    plug = device()
    charger = listing(host=people.host, on=evse(of=plug), least_minutes=15)
    assert state() == (True, True)
    booking = held(of=charger, by=people.driver, start=NOW)
    assert state() == (False, True)
    booking.state = "expired"
    booking.save()
    registry.seen(device_id=plug.device_id, now=NOW, online=False)
    assert state() == (False, False)


@pytest.mark.req("MKT-06")
def test_the_number_of_queries_does_not_grow_with_the_page(people: Cast) -> None:
    from django.db import connection

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            search(viewer=None, now=NOW, near=HELSINKI)
        return sum(query["sql"].startswith("SELECT") for query in captured)

    listing(host=people.host)
    one = queries()
    for _ in range(5):
        listing(host=people.host)
    assert queries() == one <= 8


@pytest.mark.req("TEN-03", "MKT-06")
def test_the_other_tenants_map_is_empty(people: Cast) -> None:
    listing(host=people.host)
    with tenant_schema("barq"):
        assert titles() == []
