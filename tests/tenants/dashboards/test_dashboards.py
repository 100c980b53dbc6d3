"""Saved dashboards: who composes, who sees, what happens when two change one, and what never gets in."""

import time
import uuid
from typing import Any

import msgspec
import pytest
from django.test import Client

from saas.contracts import dashboards as words
from saas.contracts import door, internal
from saas.kit.errors import Forbidden, Invalid, NotFound
from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import Organisation, User
from tenants.dashboards import actions, queries
from tenants.dashboards.actions import StaleDashboard, TooManyDashboards, Wanted
from tenants.dashboards.models import Dashboard
from tests import builders
from tests.tenants.apiclient import Api, code, person, said

pytestmark = [pytest.mark.django_db, pytest.mark.req("TEN-09")]
TILE = {"kind": "metric", "measure": "sessions"}
SPEC = words.Spec(tiles=[words.Tile(kind="metric", measure="sessions")])
NOW = builders.NOW


def made(by: User, roles: tuple[str, ...] = ("operator",), name: str = "Mornings") -> Any:
    return actions.create(wanted=Wanted(name, roles, SPEC), by=by, now=NOW)


def seen(user: User) -> list[str]:
    return sorted(queries.visible_to(user).values_list("name", flat=True))


def test_a_role_sees_what_was_composed_for_it_and_nobody_sees_a_private_one(ampere: object) -> None:
    owner, finance = builders.person("owner", "owner"), builders.person("finance", "finance")
    made(owner, ("operator",), "For operators")
    made(finance, (), "My own")
    assert seen(builders.person("operator", "operator")) == ["For operators"]
    assert seen(finance) == ["For operators", "My own"]
    assert seen(owner) == ["For operators"]
    assert seen(builders.person("auditor", "auditor")) == []
    assert seen(builders.person("driver")) == []


def test_a_manager_of_one_fleet_sees_those_for_fleet_managers(ampere: object) -> None:
    made(builders.person("owner", "owner"), ("fleet_manager",), "Fleets")
    fleet = Organisation.objects.create(name="Cabs", kind="fleet")
    manager = person("ampere", "manager", "fleet_manager", organisation=fleet)
    assert seen(manager) == ["Fleets"]
    assert not queries.may_edit(queries.visible_to(manager)[0], manager)


@pytest.mark.parametrize("role", ["operator", "auditor", "support", "integrator"])
def test_who_may_not_compose_is_refused(ampere: object, role: str) -> None:
    shared = made(builders.person("owner", "owner"), (role,))
    other = builders.person("other", role)
    with pytest.raises(Forbidden):
        made(other)
    with pytest.raises((Forbidden, NotFound)):
        actions.change(uid=shared.uid, version=1, wanted=Wanted("X", (), SPEC), by=other, now=NOW)
    with pytest.raises((Forbidden, NotFound)):
        actions.remove(uid=shared.uid, by=other, now=NOW)


def test_the_second_of_two_changes_is_told_and_changes_nothing(ampere: object) -> None:
    owner, admin = builders.person("owner", "owner"), builders.person("admin", "admin")
    held = made(owner)
    assert actions.change(uid=held.uid, version=1, wanted=Wanted("A", ("admin",), SPEC), by=owner, now=NOW).version == 2
    with pytest.raises(StaleDashboard):
        actions.change(uid=held.uid, version=1, wanted=Wanted("B", (), SPEC), by=admin, now=NOW)
    with pytest.raises(StaleDashboard):
        actions.remove(uid=held.uid, version=1, by=admin, now=NOW)
    held.refresh_from_db()
    assert (held.name, held.version, held.changed_by) == ("A", 2, owner)


def test_the_same_new_dashboard_twice_is_one(ampere: object) -> None:
    owner, uid = builders.person("owner", "owner"), uuid.uuid4()
    wanted = Wanted("Mornings", ("operator",), SPEC)
    first, again = (actions.create(wanted=wanted, by=owner, now=NOW, uid=uid) for _ in range(2))
    assert first.pk == again.pk and Dashboard.objects.count() == 1
    with pytest.raises(StaleDashboard):
        actions.create(wanted=Wanted("Other", (), SPEC), by=owner, now=NOW, uid=uid)


def test_a_copy_is_private_and_ones_own(ampere: object) -> None:
    finance = builders.person("finance", "finance")
    copy = actions.duplicate(uid=made(builders.person("owner", "owner")).uid, name="Mine", by=finance, now=NOW)
    assert (copy.owner, copy.roles, copy.version) == (finance, [], 1)


BAD: dict[str, Wanted] = {
    "no name": Wanted("  ", (), SPEC),
    "control letter": Wanted("a\x00b", (), SPEC),
    "unknown role": Wanted("A", ("emperor",), SPEC),
    "no tile": Wanted("A", (), words.Spec()),
    "unknown measure": Wanted("A", (), words.Spec(tiles=[words.Tile(kind="metric", measure="passwords")])),
    "not splittable": Wanted("A", (), words.Spec(tiles=[words.Tile(kind="bar", measure="sessions", by=["tenant"])])),
    "NUL": Wanted("A", (), words.Spec(tiles=[words.Tile(kind="metric", measure="sessions", title="\x00")])),
}


@pytest.mark.parametrize("wanted", BAD.values(), ids=BAD)
def test_what_cannot_be_shown_is_not_stored(ampere: object, wanted: Wanted) -> None:
    with pytest.raises(Invalid):
        actions.create(wanted=wanted, by=builders.person("owner", "owner"), now=NOW)


def test_nobody_shares_a_measure_that_they_may_not_see(ampere: object) -> None:
    spec = words.Spec(tiles=[words.Tile(kind="metric", measure="revenue")])
    with pytest.raises(Invalid):
        actions.create(wanted=Wanted("A", ("operator",), spec), by=builders.person("x", "esg_analyst"), now=NOW)


def test_a_brand_has_so_many_and_no_more(ampere: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_DASHBOARDS", 1)
    owner = builders.person("owner", "owner")
    made(owner)
    with pytest.raises(TooManyDashboards):
        made(owner)


def test_the_api_lists_changes_and_removes(ampere: object) -> None:
    api = Api("ampere", person("ampere", "boss", "owner"))
    body = {"name": "Mornings", "roles": ["operator"], "spec": {"tiles": [TILE], "span": "p_90"}}
    uids = [said(api.post("/dashboards", body | {"name": f"D{n}"}))["uid"] for n in range(3)]
    page = said(api.get("/dashboards?limit=2"))
    assert [row["name"] for row in page["items"]] == ["D2", "D1"]
    assert [row["name"] for row in said(api.get(f"/dashboards?limit=2&after={page['next']}"))["items"]] == ["D0"]
    changed = said(api("PUT", f"/dashboards/{uids[0]}", body | {"version": 1}))
    assert (changed["name"], changed["version"], changed["spec"]["span"]) == ("Mornings", 2, "p_90")
    assert code(api("PUT", f"/dashboards/{uids[0]}", body | {"version": 1})) == (409, "stale_dashboard")
    assert said(api.post(f"/dashboards/{uids[0]}/copy", {"name": "Mine"}))["roles"] == []
    assert api("DELETE", f"/dashboards/{uids[1]}").status_code == 204
    assert code(api.get(f"/dashboards/{uids[1]}")) == (404, "not_found")
    assert {m["name"] for m in said(api.get("/dashboards/catalogue"))["items"]} == set(words.MEASURES)


@pytest.mark.req("TEN-03", "TEN-04")
def test_the_outsider_and_the_other_tenant_get_404(ampere: object) -> None:
    with tenant_schema("ampere"):
        held = made(builders.person("owner", "owner"))
    outsider, other = Api("ampere", person("ampere")), Api("barq", person("barq", "", "owner"))
    body = {"name": "X", "version": 1, "spec": {"tiles": [TILE]}}
    for caller in (outsider, other):
        assert code(caller.get(f"/dashboards/{held.uid}")) == (404, "not_found")
        assert code(caller("PUT", f"/dashboards/{held.uid}", body)) == (404, "not_found")
        assert code(caller.post(f"/dashboards/{held.uid}/copy", {"name": "X"})) == (404, "not_found")
        assert code(caller("DELETE", f"/dashboards/{held.uid}")) == (404, "not_found")
        assert said(caller.get("/dashboards"))["items"] == []


def identity(user: User, *, tenant: str = "ampere", lasts_s: int = 600, secret: str | None = None) -> str:
    """What the door would say of somebody; the rights in it are as wide as can be, and count for nothing."""
    return door.sign(
        door.Identity(tenant=tenant, user=str(user.uid), roles=("owner",), language="en", organisations=(),
                      tenant_wide=True, expires_s=int(time.time()) + lasts_s), secret=secret,
    )  # fmt: skip


def ask(path: str, body: object, *, tenant: str = "ampere", scope: str = "dashboards:write", host: str = "") -> Any:
    token = internal.mint(tenant=tenant, scope=scope, now_s=int(time.time()))
    headers = {"host": host or f"{tenant}.localhost", "Authorization": f"Bearer {token}"}
    data = msgspec.json.encode(body)
    return Client().generic("POST", f"/internal/v1/dashboards/{path}", data, "application/json", headers=headers)


def saved(user: User, uid: str = "", version: int = 0, **other: Any) -> words.Saved:
    fields: dict[str, Any] = {
        "name": "Mornings",
        "roles": ["operator"],
        "spec": SPEC,
        "identity": identity(user),
    } | other
    return words.Saved(uid=uid or str(uuid.uuid4()), version=version, **fields)


def test_the_analytics_saves_lists_and_removes_in_somebodys_name(ampere: object) -> None:
    owner = builders.person("owner", "owner")
    card = msgspec.json.decode(ask("save", saved(owner)).content, type=words.Card)
    assert (card.version, card.may_edit, card.owner) == (1, True, "Owner")
    assert ask("save", saved(owner, card.uid, 9)).status_code == 409
    found = msgspec.json.decode(
        ask("list", words.Asked(identity=identity(owner)), scope="dashboards:read").content, type=words.Found
    )
    assert [row.uid for row in found.items] == [card.uid] and found.may_compose
    gone = words.Removed(identity=identity(owner), uid=card.uid, version=1)
    assert ask("remove", gone).status_code == 204
    assert ask("remove", gone).status_code == 404


@pytest.mark.req("TEN-03")
def test_rights_are_looked_up_and_not_taken_from_the_identity(ampere: object) -> None:
    operator, driver = builders.person("operator", "operator"), builders.person("driver")
    assert ask("save", saved(operator)).status_code == 403
    assert ask("save", saved(driver)).status_code == 403
    assert ask("list", words.Asked(identity=identity(driver)), scope="dashboards:read").status_code == 403
    User.objects.filter(pk=operator.pk).update(is_active=False)
    assert ask("list", words.Asked(identity=identity(operator)), scope="dashboards:read").status_code == 401


@pytest.mark.req("TEN-03")
def test_a_forged_expired_or_foreign_identity_or_token_is_refused(ampere: object) -> None:
    owner = builders.person("owner", "owner")
    with tenant_schema("barq"):
        foreign = builders.person("foreign", "owner")
    for told in (
        identity(owner, secret="not ours" * 5), identity(owner, lasts_s=-1), identity(owner, tenant="barq"),
        identity(foreign), identity(foreign, tenant="barq"), "", "a.b",
    ):  # fmt: skip
        assert ask("save", saved(owner, identity=told)).status_code == 401, told
    body = saved(owner)
    assert ask("save", body, scope="dashboards:read").status_code == 401
    assert ask("save", body, tenant="barq", host="ampere.localhost").status_code == 401
    assert ask("save", body, host="barq.localhost").status_code == 401
    assert not Dashboard.objects.exists()


@pytest.mark.req("TEN-03")
def test_a_dashboard_of_another_tenant_cannot_be_named(ampere: object) -> None:
    held = made(builders.person("owner", "owner"))
    with tenant_schema("barq"):
        foreign = builders.person("foreign", "owner")
    body = saved(foreign, str(held.uid), 1, identity=identity(foreign, tenant="barq"))
    assert ask("save", body, tenant="barq").status_code == 404
    gone = words.Removed(identity=identity(foreign, tenant="barq"), uid=str(held.uid), version=1)
    assert ask("remove", gone, tenant="barq").status_code == 404
    held.refresh_from_db()
    assert held.version == 1


SQL = b'{"identity":"x","uid":"y","version":0,"name":"n","roles":[],"spec":{"sql":"SELECT 1"}}'


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"identity": 1}', SQL])
def test_a_crafted_body_is_refused(ampere: object, body: bytes) -> None:
    token = internal.mint(tenant="ampere", scope="dashboards:write", now_s=int(time.time()))
    headers = {"host": "ampere.localhost", "Authorization": f"Bearer {token}"}
    answer = Client().generic("POST", "/internal/v1/dashboards/save", body, "application/json", headers=headers)
    assert answer.status_code == 422


def test_what_the_contracts_and_the_api_call_a_tile_is_the_same() -> None:
    from tenants.dashboards.schemas import DashboardSpec, DashboardTile

    tile = words.Tile(kind="bar", measure="energy", by=["site"], filters={"site": ["Kallio"]}, title="T", limit=5)
    spec = words.Spec(tiles=[tile], span="p_7", source="live")
    held = DashboardSpec.model_validate(msgspec.to_builtins(spec))
    assert msgspec.convert(held.model_dump(), words.Spec) == spec
    assert set(DashboardTile.model_fields) == set(words.Tile.__struct_fields__)
