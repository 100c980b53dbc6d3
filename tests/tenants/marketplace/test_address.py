"""Whom the exact address is shown to: MKT-07, person by person."""

import pytest

from saas.kit.errors import NotFound
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.marketplace.models import AddressLook
from tenants.marketplace.queries import charger, of_host, search
from tests.builders import HELSINKI, NOW, Cast, cast, confirmed, evse, listing, person


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


def exact(offer: object, viewer: object) -> bool:
    view = charger(uid=offer.uid, viewer=viewer, now=NOW)  # type: ignore[attr-defined,arg-type]
    shown = (view.latitude, view.longitude) == HELSINKI
    assert shown == view.exact == (view.address == "Secret street 7") == (view.postal_code == "00100")
    return shown


@pytest.mark.req("MKT-07")
def test_by_default_verified_drivers_and_the_host_see_it_at_once(people: Cast) -> None:
    offer = listing(host=people.host)
    assert exact(offer, people.host) and exact(offer, people.driver)
    assert not exact(offer, people.outsider) and not exact(offer, None)
    people.driver.is_active = False
    assert not exact(offer, people.driver)


@pytest.mark.req("MKT-07")
def test_a_tenant_may_ask_for_a_booking_first(people: Cast, ampere: Tenant) -> None:
    Tenant.objects.filter(pk=ampere.pk).update(address_policy="booked")
    offer = listing(host=people.host)
    assert not exact(offer, people.driver)
    booking, _ = confirmed(of=offer, by=people.driver)
    assert exact(offer, people.driver) and not exact(offer, person("other"))
    booking.state = "completed"
    booking.save()
    assert not exact(offer, people.driver)


@pytest.mark.req("MKT-07", "TEN-04")
def test_each_look_of_staff_is_written_down_and_nobody_elses(people: Cast) -> None:
    offer = listing(host=people.host)
    for viewer in (people.host, people.driver, people.outsider, None):
        charger(uid=offer.uid, viewer=viewer, now=NOW)
    assert not AddressLook.objects.exists()
    operator = person("operator", "operator", verified=False)
    assert exact(offer, operator)
    assert [(look.user, look.listing, look.at) for look in AddressLook.objects.all()] == [(operator, offer, NOW)]
    assert not exact(offer, person("auditor", "auditor", verified=False))


@pytest.mark.req("MKT-07")
def test_a_public_site_shows_its_address_to_everybody(people: Cast) -> None:
    assert exact(listing(host=people.host, on=evse(private=False)), None)
    assert not AddressLook.objects.exists()


@pytest.mark.req("MKT-07")
def test_no_list_ever_holds_the_exact_position(people: Cast) -> None:
    listing(host=people.host)
    for viewer in (people.host, people.driver, people.owner, None):
        assert str(HELSINKI[0]) not in repr(search(viewer=viewer, now=NOW, near=HELSINKI))
    assert of_host(host=people.host, now=NOW)[0].exact


@pytest.mark.req("MKT-01", "TEN-03")
def test_what_is_not_live_is_there_for_its_host_and_staff_only(people: Cast) -> None:
    offer = listing(host=people.host, live=False)
    assert charger(uid=offer.uid, viewer=people.host, now=NOW).state == "draft"
    assert charger(uid=offer.uid, viewer=people.operator, now=NOW).state == "draft"
    for viewer in (people.driver, people.outsider, None):
        with pytest.raises(NotFound):
            charger(uid=offer.uid, viewer=viewer, now=NOW)
    with tenant_schema("barq"), pytest.raises(NotFound):
        charger(uid=offer.uid, viewer=cast().owner, now=NOW)
