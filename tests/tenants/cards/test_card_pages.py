"""The pages of cards, for their driver and for staff."""

import pytest
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import User
from tenants.cards.models import Card, CardGroup
from tests.saas.web.conftest import visitor
from tests.tenants.apiclient import person

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-10")]


def browser(user: User, tenant: str = "ampere") -> Client:
    with tenant_schema(tenant):
        return visitor(f"{tenant}.localhost", user)


def test_a_driver_registers_blocks_and_forgets_a_card() -> None:
    user = person("ampere", "dana")
    page = browser(user)
    assert b"No card yet" in page.get("/account/cards/").content
    assert page.post("/account/cards/", {"id_tag": "?", "name": ""}).status_code == 422
    assert page.post("/account/cards/", {"id_tag": "04A1B2C3", "name": "Key ring"}).status_code == 302
    again = page.post("/account/cards/", {"id_tag": "04a1b2c3", "name": ""})
    assert again.status_code == 422 and b"registered already" in again.content
    with tenant_schema("ampere"):
        card = Card.objects.get(driver=user)
    assert page.post(f"/account/cards/{card.uid}/block/").status_code == 302
    assert b"Blocked" in page.get("/account/cards/").content
    assert browser(person("ampere")).post(f"/account/cards/{card.uid}/unblock/").status_code == 404
    assert browser(person("barq", "", "owner"), "barq").post(f"/account/cards/{card.uid}/unblock/").status_code == 404
    assert page.post(f"/account/cards/{card.uid}/explode/").status_code == 404
    assert page.post(f"/account/cards/{card.uid}/remove/").status_code == 302
    assert b"No card yet" in page.get("/account/cards/").content


def test_staff_find_a_card_and_set_its_terms() -> None:
    page, driver = browser(person("ampere", "", "operator")), person("ampere", "emil")
    assert page.post("/console/cards/groups/", {"name": "Vans", "parent_id": "VANS"}).status_code == 302
    assert page.post("/console/cards/groups/", {"name": "Vans", "parent_id": "VANS"}).status_code == 422
    nobody = page.post("/console/cards/", {"id_tag": "VAN00001", "driver_email": "x@nowhere.example"})
    assert nobody.status_code == 422 and b"Nobody has an account" in nobody.content
    assert page.post("/console/cards/", {"id_tag": "VAN00001", "driver_email": driver.email}).status_code == 302
    assert b"VAN00001" in page.get("/console/cards/?q=emil").content
    assert b"No card fits" in page.get("/console/cards/?q=zz").content
    with tenant_schema("ampere"):
        card = Card.objects.get(driver=driver)
        group = CardGroup.objects.get()
    terms = {"group": str(group.uid), "expires_on": "2027-01-31", "month_limit_kwh": "90"}
    assert page.post(f"/console/cards/{card.uid}/", terms).status_code == 302
    with tenant_schema("ampere"):
        card = Card.objects.get(driver=driver)
    assert (card.month_limit_wh, card.group_id) == (90_000, group.pk)
    assert card.expires_at is not None and card.expires_at.isoformat() == "2027-01-31T22:00:00+00:00"
    assert b'value="2027-01-31"' in page.get(f"/console/cards/{card.uid}/").content
    assert browser(driver).get("/console/cards/").status_code == 403
