"""Cards: what is accepted, who may change them, and how the API shows them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.kit.errors import Forbidden
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import AuditEntry
from tenants.cards import actions, queries
from tenants.cards.errors import BadIdTag, CardTaken, GroupTaken
from tenants.cards.models import Card, CardGroup
from tests.builders import NOW
from tests.builders import person as somebody
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-10")]


def usage(running: int = 0, month_wh: int = 0) -> queries.Usage:
    def count(_tags: Sequence[str]) -> int:
        return running

    def energy(_tags: Sequence[str]) -> int:
        return month_wh

    return queries.Usage(running=count, month_wh=energy)


def verdict(tag: str, **given_usage: int) -> tuple[str, str]:
    found = queries.authorise(id_tag=tag, now=NOW, usage=usage(**given_usage))
    return found.status, found.reason


@pytest.fixture
def card(ampere: Tenant) -> Card:
    driver = somebody("anna")
    return actions.register(id_tag="04 a1 b2 c3", name="Key ring", driver=driver, by=driver, now=NOW)


def test_a_card_is_known_however_its_number_is_written(card: Card) -> None:
    assert card.id_tag == "04a1b2c3"
    assert verdict("04A1B2C3") == ("Accepted", "card")
    assert verdict("04A1B2C4") == ("Invalid", "unknown card")
    assert verdict("") == ("Invalid", "unknown card")


def test_each_reason_to_refuse_has_its_name(card: Card) -> None:
    group = CardGroup.objects.create(name="Vans", parent_id="VANS", most_at_once=2)
    Card.objects.filter(pk=card.pk).update(group=group, month_limit_wh=50_000, expires_at=NOW + timedelta(seconds=1))
    assert verdict("04A1B2C3", month_wh=49_999) == ("Accepted", "card")
    assert verdict("04A1B2C3", month_wh=50_000) == ("NoCredit", "energy of this month is used up")
    assert verdict("04A1B2C3", running=1) == ("ConcurrentTx", "card charges elsewhere")
    Card.objects.filter(pk=card.pk).update(most_at_once=2)
    assert verdict("04A1B2C3", running=1) == ("Accepted", "card")
    Card.objects.filter(pk=card.pk).update(most_at_once=None, group=None)
    assert verdict("04A1B2C3", running=99) == ("Accepted", "card")
    Card.objects.filter(pk=card.pk).update(expires_at=NOW)
    assert verdict("04A1B2C3") == ("Expired", "card has expired")
    Card.objects.filter(pk=card.pk).update(expires_at=None, state="blocked")
    assert verdict("04A1B2C3") == ("Blocked", "card is blocked")
    Card.objects.filter(pk=card.pk).update(state="active")
    type(card.driver).objects.filter(pk=card.driver_id).update(is_active=False)
    assert verdict("04A1B2C3") == ("Blocked", "its owner's account is closed")


def test_a_full_group_lets_nobody_more_in(ampere: Tenant) -> None:
    operator = somebody("olga", "operator")
    group = actions.add_group(name="Vans", parent_id="VANS", most_at_once=1, by=operator, now=NOW)
    for tag in ("VAN00001", "VAN00002"):
        actions.register(id_tag=tag, by=operator, terms=actions.Terms(group=group), now=NOW)
    asked: list[list[str]] = []

    def running(tags: Sequence[str]) -> int:
        asked.append(sorted(tags))
        return len(tags) - 1

    found = queries.authorise(id_tag="van00001", now=NOW, usage=queries.Usage(running=running, month_wh=lambda _: 0))
    assert (found.status, found.parent) == ("ConcurrentTx", "VANS")
    assert asked == [["VAN00001"], ["VAN00001", "VAN00002"]]


def test_a_number_belongs_to_one_card(card: Card) -> None:
    other = somebody("bert")
    with pytest.raises(CardTaken):
        actions.register(id_tag="04A1B2C3", driver=other, by=other, now=NOW)
    actions.remove(card=card, by=card.driver, now=NOW)  # type: ignore[arg-type]
    assert actions.register(id_tag="04A1B2C3", driver=other, by=other, now=NOW).driver == other


def test_drivers_change_their_own_cards_and_no_limits(card: Card) -> None:
    other, driver = somebody("bert"), card.driver
    assert driver is not None
    for forbidden in (
        lambda: actions.block(card=card, by=other, now=NOW),
        lambda: actions.rename(card=card, by=other, name="Mine", now=NOW),
        lambda: actions.remove(card=card, by=other, now=NOW),
        lambda: actions.set_terms(card=card, by=driver, terms=actions.Terms(), now=NOW),
        lambda: actions.register(id_tag="AAAA", by=driver, driver=other, now=NOW),
        lambda: actions.register(id_tag="AAAA", by=driver, driver=driver, terms=actions.Terms(), now=NOW),
        lambda: actions.add_group(name="G", parent_id="G", by=driver, now=NOW),
    ):
        with pytest.raises(Forbidden):
            forbidden()
    actions.block(card=card, by=driver, now=NOW)
    actions.block(card=card, by=driver, now=NOW)
    assert AuditEntry.objects.filter(act="card.blocked").count() == 1
    assert actions.unblock(card=card, by=driver, now=NOW).state == "active"


def test_groups_have_an_id_of_their_own_that_a_station_can_hold(ampere: Tenant) -> None:
    operator = somebody("olga", "operator")
    actions.add_group(name="Vans", parent_id="VANS", by=operator, now=NOW)
    with pytest.raises(GroupTaken):
        actions.add_group(name="Other", parent_id="vans", by=operator, now=NOW)
    for bad in ("", "a b", "x" * 21):
        with pytest.raises(BadIdTag):
            actions.add_group(name="Other", parent_id=bad, by=operator, now=NOW)


@given(st.text(max_size=60))
def test_a_cleaned_number_is_one_that_a_station_can_show(text: str) -> None:
    try:
        kept = actions.clean(text)
    except BadIdTag:
        return
    assert 4 <= len(kept) <= 36 and kept.isascii() and kept.isprintable() and " " not in kept
    assert actions.clean(kept) == kept or ":" in kept or "-" in kept


def test_readers_show_numbers_in_many_ways() -> None:
    assert {actions.clean(t) for t in ("04:A1:B2:C3", "04-A1-B2-C3", "04 A1 B2 C3", " 04A1B2C3 ")} == {"04A1B2C3"}
    assert actions.clean("NL-ABC-12345") == "NL-ABC-12345"


@pytest.mark.req("API-01", "TEN-03")
def test_a_driver_keeps_cards_through_the_api() -> None:
    api = Api("ampere", person("ampere"))
    made = api.post("/cards", {"id_tag": "04A1B2C3D4", "name": "Van"})
    assert (made.status_code, said(made)["state"]) == (201, "active")
    path = f"/cards/{said(made)['uid']}"
    assert code(api.post("/cards", {"id_tag": "04a1b2c3d4"})) == (409, "card_taken")
    assert code(api.post("/cards", {"id_tag": "no spaces?"})) == (422, "bad_id_tag")
    assert said(api("PATCH", path, {"name": "Key ring"}))["name"] == "Key ring"
    assert said(api.post(f"{path}/block"))["state"] == "blocked"
    assert said(api.post(f"{path}/unblock"))["state"] == "active"
    assert [c["name"] for c in said(api.get("/cards"))["items"]] == ["Key ring"]
    assert code(api.get("/card-groups")) == (403, "forbidden")
    assert code(api("PUT", f"{path}/terms", {})) == (403, "forbidden")
    for method, tail in (("GET", ""), ("POST", "/block"), ("DELETE", "")):
        unknown_to_others(path + tail, method=method)
    assert api("DELETE", path).status_code == 204
    assert code(api.get(path)) == (404, "not_found")


@pytest.mark.req("API-01")
def test_staff_give_cards_to_people_and_set_their_limits() -> None:
    staff, driver = Api("ampere", person("ampere", "", "operator")), person("ampere", "carla")
    group = said(staff.post("/card-groups", {"name": "Vans", "parent_id": "VANS"}))
    body = {"id_tag": "VAN00001", "driver": str(driver.uid), "group": group["uid"], "month_limit_wh": 90_000}
    card = said(staff.post("/cards", body))
    assert (card["driver"], card["group"], card["month_limit_wh"]) == (str(driver.uid), group["uid"], 90_000)
    pool = said(staff.post("/cards", {"id_tag": "POOL0001", "driver": None, "most_at_once": None}))
    assert (pool["driver"], pool["most_at_once"], card["most_at_once"]) == (None, None, 1)
    assert said(staff("PUT", f"/cards/{card['uid']}/terms", {"most_at_once": 3}))["most_at_once"] == 3
    assert said(staff("PUT", f"/cards/{card['uid']}/terms", {}))["group"] is None
    assert [c["id_tag"] for c in said(staff.get("/cards?search=carla"))["items"]] == ["VAN00001"]
    assert said(staff.get("/cards?mine=true"))["items"] == []
    assert [c["id_tag"] for c in said(Api("ampere", driver).get("/cards"))["items"]] == ["VAN00001"]
    assert [g["parent_id"] for g in said(staff.get("/card-groups"))["items"]] == ["VANS"]


def test_stations_lists_hear_of_every_change(ampere: Tenant) -> None:
    from tenants.cards.signals import changed

    heard: list[str] = []

    def listener(card: Card, **_: object) -> None:
        heard.append(card.id_tag)

    changed.connect(listener)
    driver = somebody("anna")
    with tenant_schema("ampere"):
        card = actions.register(id_tag="04A1B2C3", driver=driver, by=driver, now=NOW)
        actions.rename(card=card, by=driver, name="Name only", now=NOW)
        actions.block(card=card, by=driver, now=NOW)
        actions.remove(card=card, by=driver, now=NOW)
    changed.disconnect(listener)
    assert heard == ["04A1B2C3"] * 3
