"""Finding a charger: the list and the map agree, and private places stay private."""

import re
from datetime import timedelta

import pytest

from saas.tenancy.models import Tenant
from tests import builders
from tests.builders import NOW

from .conftest import visitor

pytestmark = pytest.mark.usefixtures("now")
SECRET = "Secret street 7"


@pytest.mark.req("MKT-07")
def test_the_private_address_is_in_no_source_of_an_outsider(ampere: Tenant) -> None:
    cast = builders.cast()
    listing = builders.listing(host=cast.host)
    place = listing.evse.location
    for user in (None, cast.outsider):
        for path in ("/", "/chargers/", f"/chargers/{listing.uid}/"):
            text = visitor(user=user).get(path).content.decode()
            assert SECRET not in text
            assert f"{place.latitude:.4f}" not in text
            assert f"{place.longitude:.4f}" not in text


@pytest.mark.req("MKT-07")
def test_a_verified_driver_reads_the_address(ampere: Tenant) -> None:
    cast = builders.cast()
    listing = builders.listing(host=cast.host)
    assert SECRET in visitor(user=cast.driver).get(f"/chargers/{listing.uid}/").content.decode()


@pytest.mark.req("TEN-03")
def test_the_other_brand_does_not_have_the_charger(ampere: Tenant) -> None:
    listing = builders.listing(host=builders.cast().host)
    assert visitor("barq.localhost").get(f"/chargers/{listing.uid}/").status_code == 404


@pytest.mark.req("MKT-06")
def test_markers_stand_at_the_public_position(ampere: Tenant) -> None:
    listing = builders.listing(host=builders.cast().host)
    text = visitor().get("/chargers/").content.decode()
    place = listing.evse.location
    shown = re.findall(r'data-lat="([^"]+)" data-lng="([^"]+)"', text)
    assert shown == [(repr(place.public_latitude), repr(place.public_longitude))]


@pytest.mark.req("MKT-06")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("connector=IEC_62196_T2", True), ("connector=CHADEMO", False), ("power=11", True), ("power=22", False),
        ("price=100", True), ("price=1", False), ("bbox=60,24,61,26", True), ("bbox=50,8,51,9", False),
        ("minutes=60", True),
    ],
)  # fmt: skip
def test_filters(ampere: Tenant, query: str, found: bool) -> None:
    listing = builders.listing(host=builders.cast().host)
    assert (str(listing.uid) in visitor().get(f"/chargers/?{query}").content.decode()) is found


def test_an_empty_result_says_what_to_do(ampere: Tenant) -> None:
    assert "take a filter away" in visitor().get("/chargers/?connector=CHADEMO").content.decode()


@pytest.mark.parametrize("query", ["bbox=1,2,3", "bbox=a,b,c,d"])
def test_a_box_that_is_none_is_refused(ampere: Tenant, query: str) -> None:
    assert visitor().get(f"/chargers/?{query}").status_code == 422


@pytest.mark.req("MKT-02")
def test_an_offline_charger_offers_no_booking(ampere: Tenant) -> None:
    listing = builders.listing(host=builders.cast().host, on=builders.evse(of=builders.device(online=False)))
    text = visitor().get(f"/chargers/{listing.uid}/").content.decode()
    assert "cannot be booked" in text
    assert 'name="start"' not in text


@pytest.mark.req("MKT-08")
def test_booked_time_is_not_offered_to_others(ampere: Tenant) -> None:
    cast = builders.cast()
    listing = builders.listing(host=cast.host)
    start = NOW + timedelta(hours=2)
    builders.confirmed(of=listing, by=cast.driver, start=start, length=60)
    text = visitor().get(f"/chargers/{listing.uid}/").content.decode()
    assert f'value="{start.isoformat()}"' not in text
    assert f'value="{(start + timedelta(hours=1)).isoformat()}"' in text


def test_the_map_of_helsinki_has_its_streets_and_credit(ampere: Tenant) -> None:
    Tenant.objects.filter(pk=ampere.pk).update(map_latitude=60.17, map_longitude=24.94)
    from saas.tenancy.middleware import forget

    forget()
    text = visitor().get("/").content.decode()
    assert "helsinki-streets" in text
    assert "OpenStreetMap" in text
    forget()
