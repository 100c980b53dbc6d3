"""Circuits, needs and prices through the API, and who may touch them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.power.models import Allocation, Circuit, Member
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others
from tests.tenants.power.street import Street

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-07", "API-01")]
MANAGERS = {"owner", "admin", "operator"}
SEERS = MANAGERS | {"finance", "support", "auditor", "integrator", "technician"}


@pytest.fixture
def street() -> Street:
    with tenant_schema("ampere"):
        return Street()


@pytest.fixture
def operator() -> Api:
    return Api("ampere", person("ampere", "", "operator"))


def circuit(street: Street, **fields: Any) -> dict[str, Any]:
    return {"location": str(street.location.uid), "name": "Garage", "limit_ma": 63_000, **fields}


def test_a_tree_is_set_up_read_changed_and_taken_down(operator: Api, street: Street) -> None:
    with tenant_schema("ampere"):
        box = street.box()
    made = operator.post("/circuits", circuit(street, parent=str(street.root.uid), limit_w=20_000))
    assert made.status_code == 201, made.content
    body = said(made)
    assert (body["parent"], body["limit_ma"], body["limit_w"]) == (str(street.root.uid), 63_000, 20_000)
    path = f"/circuits/{body['uid']}"
    hung = operator("PUT", f"{path}/evses/{box.evse.uid}", {"lines": "231", "priority": 3, "max_ma": 16_000})
    charger = said(hung)["chargers"][0]
    assert (charger["lines"], charger["priority"], charger["max_ma"], charger["fallback_ma"]) == (
        "231",
        3,
        16_000,
        6_000,
    )
    changed = operator("PATCH", path, {"limit_w": None, "name": "Row B"})
    assert (said(changed)["limit_w"], said(changed)["name"], said(changed)["limit_ma"]) == (None, "Row B", 63_000)
    assert code(operator("DELETE", f"/circuits/{street.root.uid}")) == (409, "circuit_still_used")
    assert operator("DELETE", f"{path}/evses/{box.evse.uid}").status_code == 204
    assert operator("DELETE", path).status_code == 204
    assert code(operator.get(path)) == (404, "not_found")
    assert [row["uid"] for row in said(operator.get("/circuits"))["items"]] == [str(street.root.uid)]


def test_what_cannot_hold_is_refused_by_name(operator: Api, street: Street) -> None:
    with tenant_schema("ampere"):
        for _ in range(3):
            street.box()
        elsewhere = Street().box()
    root = f"/circuits/{street.root.uid}"
    assert code(operator("PATCH", root, {"fallback_ma": 11_000})) == (409, "fallbacks_too_high")
    assert code(operator("PATCH", root, {"limit_ma": 17_000})) == (409, "fallbacks_too_high")
    assert code(operator("PATCH", root, {"reserve_ma": 15_000})) == (409, "fallbacks_too_high")
    assert code(operator("PATCH", root, {"limit_ma": None})) == (422, "circuit_without_limit")
    assert code(operator("PATCH", root, {"parent": str(street.root.uid)})) == (422, "circuit_wrong_parent")
    below = said(operator.post("/circuits", circuit(street, parent=str(street.root.uid))))["uid"]
    assert code(operator("PATCH", root, {"parent": below})) == (422, "circuit_wrong_parent")
    assert code(operator("PUT", f"{root}/evses/{elsewhere.evse.uid}", {})) == (422, "evse_at_other_site")
    assert code(operator("PUT", f"{root}/evses/{elsewhere.evse.uid}", {"lines": "112"})) == (422, "invalid")
    assert code(operator.post("/circuits", circuit(street, limit_ma=0))) == (422, "invalid")
    with tenant_schema("ampere"):
        row = Circuit.objects.get(uid=street.root.uid)
        assert (row.limit_ma, row.fallback_ma, row.reserve_ma, row.parent) == (32_000, 6_000, 0, None)


def test_the_state_says_what_each_gets_and_why(operator: Api, street: Street) -> None:
    with tenant_schema("ampere"):
        first, second = street.box(), street.box(member={"max_ma": 10_000})
        street.run(15)
        street.start(first)
        street.start(second)
        street.run(40)
        street.connect(second, online=False)
        street.run(6)
    state = said(operator.get(f"/circuits/{street.root.uid}/state"))
    by_evse = {row["evse"]: row for row in state["chargers"]}
    one, two = by_evse[str(first.evse.uid)], by_evse[str(second.evse.uid)]
    assert (one["reason"], one["agreed_ma"], one["measured_ma"], one["session"]) == (
        "shared", 22_000, 22_000, str(first.session and first.session.uid),
    )  # fmt: skip
    assert (two["reason"], two["counted_ma"]) == ("offline", 10_000)
    assert state["counted_ma"] == [32_000] * 3 and state["measured_ma"] == [32_000] * 3 and state["alarms"] == []


def test_what_the_building_takes_is_left_to_it(operator: Api, street: Street) -> None:
    with tenant_schema("ampere"):
        box = street.box()
        street.run(15)
        street.start(box)
        street.run(30)
        assert box.drawn_ma == 32_000
    path = f"/circuits/{street.root.uid}/load"
    assert operator("PUT", path, {"load_ma": [5_000, 12_000, 0]}).status_code == 200
    assert code(operator("PUT", path, {"load_ma": [5_000]})) == (422, "invalid")
    with tenant_schema("ampere"):
        street.run(20)
        assert box.drawn_ma == 20_000


def test_who_may_see_and_who_may_change(street: Street) -> None:
    with tenant_schema("ampere"):
        evse = street.box().evse
    root = f"/circuits/{street.root.uid}"
    for role in ("owner", "operator", "finance", "auditor", "integrator", "esg_analyst", "fleet_driver"):
        api = Api("ampere", person("ampere", "", role))
        assert api.get(root).status_code == (200 if role in SEERS else 404), role
        changing = (
            api("PATCH", root, {"name": "X"}),
            api("PUT", f"{root}/evses/{evse.uid}", {}),
            api("PUT", f"{root}/load", {"load_ma": [0, 0, 0]}),
            api.post("/circuits", circuit(street)),
        )
        allowed = {answer.status_code for answer in changing}
        assert allowed == ({200, 201} if role in MANAGERS else {403} if role in SEERS else {404}), role
    for path in (root, f"{root}/state", f"/stations/{street.boxes[0].station.uid}/smart-charging"):
        unknown_to_others(path)
    unknown_to_others(root, method="DELETE")
    unknown_to_others(f"{root}/evses/{evse.uid}", method="DELETE")
    outsider = Api("ampere", person("ampere"))
    for path in ("/circuits", "/power/sites", "/power/alarms", "/price-series"):
        assert code(outsider.get(path)) == (403, "forbidden")


def test_a_driver_says_when_they_leave(street: Street) -> None:
    driver = person("ampere")
    with tenant_schema("ampere"):
        box = street.box()
        session = street.start(box, driver=driver)
    path = f"/sessions/{session.uid}/needs"
    api = Api("ampere", driver)
    leave = (datetime.now(UTC) + timedelta(hours=5)).replace(microsecond=0)
    told = api("PUT", path, {"departure_at": leave.isoformat(), "energy_wh": 12_000})
    assert (told.status_code, said(told)["source"], said(told)["energy_wh"]) == (200, "driver", 12_000)
    assert datetime.fromisoformat(said(api.get(path))["departure_at"]) == leave
    past = {"departure_at": (leave - timedelta(hours=6)).isoformat()}
    assert code(api("PUT", path, past)) == (409, "need_over")
    assert said(Api("ampere", person("ampere", "", "operator"))("PUT", path, {}))["source"] == "operator"
    unknown_to_others(path)
    stranger = Api("ampere", person("ampere"))
    assert code(stranger("PUT", path, {})) == (404, "not_found")


def test_prices_are_uploaded_replaced_and_kept_apart(operator: Api, street: Street) -> None:
    made = operator.post("/price-series", {"name": "Day ahead FI", "currency": "EUR", "source": "the exchange"})
    assert made.status_code == 201
    assert code(operator.post("/price-series", {"name": "Day ahead FI"})) == (409, "name_taken")
    path = f"/price-series/{said(made)['uid']}"
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [{"start": (start + timedelta(hours=k)).isoformat(), "value": f"{k}.25"} for k in range(4)]
    assert [row["value"] for row in said(operator("PUT", f"{path}/points", {"points": hours}))["items"]] == [
        "0.25", "1.25", "2.25", "3.25",
    ]  # fmt: skip
    later = [{"start": hours[1]["start"], "value": "-0.5"}]
    items = said(operator("PUT", f"{path}/points", {"minutes": 60, "points": later}))["items"]
    assert [row["value"] for row in items] == ["0.25", "-0.5", "2.25", "3.25"]
    first = said(operator.get(f"{path}/points?limit=3"))
    rest = said(operator.get(f"{path}/points?limit=3&after={first['next']}"))
    assert [row["value"] for row in first["items"] + rest["items"]] == ["0.25", "-0.5", "2.25", "3.25"]
    assert (len(first["items"]), rest["next"]) == (3, None)
    twice = [hours[0], {"start": hours[0]["start"], "value": "9"}]
    assert code(operator("PUT", f"{path}/points", {"points": twice})) == (422, "prices_overlap")
    assert said(operator("PATCH", f"/circuits/{street.root.uid}", {"series": said(made)["uid"]}))["series"]
    unknown_to_others(path)
    unknown_to_others(f"{path}/points")
    auditor = Api("ampere", person("ampere", "", "auditor"))
    assert code(auditor("PUT", f"{path}/points", {"points": hours})) == (403, "forbidden")
    assert operator("DELETE", path).status_code == 204
    assert said(operator.get(f"/circuits/{street.root.uid}"))["series"] is None


def test_what_a_station_can_is_shown_and_asked_again(operator: Api, street: Street) -> None:
    with tenant_schema("ampere"):
        box = street.box(refuses=lambda profile: "NotSupported")
        street.run(90)
    path = f"/stations/{box.station.uid}/smart-charging"
    shown = said(operator.get(path))
    assert (shown["state"], shown["units"], shown["max_stack"], shown["hopeless"]) == ("known", "A,W", 5, True)
    assert "A TxDefaultProfile Absolute lasting" in shown["refused"]
    box.refuses = lambda profile: None
    assert said(operator.post(f"{path}/probe"))["hopeless"] is False
    with tenant_schema("ampere"):
        street.run(30)
        assert box.limit_ma(street.now) == 6_000
    auditor = Api("ampere", person("ampere", "", "auditor"))
    assert code(auditor.post(f"{path}/probe")) == (403, "forbidden")


def test_sites_list_what_can_be_hung_up_and_alarms_are_listed(operator: Api, street: Street, ampere: Tenant) -> None:
    box = street.box(refuses=lambda profile: "NotSupported")
    Member.objects.filter(evse=box.evse).delete()
    sites = {row["location"]: row for row in said(operator.get("/power/sites"))["items"]}
    found = {row["uid"]: row["circuit"] for row in sites[str(street.location.uid)]["evses"]}
    assert found[str(box.evse.uid)] is None
    operator("PUT", f"/circuits/{street.root.uid}/evses/{box.evse.uid}", {})
    assert Allocation.objects.count() == 0
    street.run(90)
    alarms = said(operator.get("/power/alarms"))["items"]
    assert [(row["kind"], row["evse"]) for row in alarms] == [("unlimitable", str(box.evse.uid))]
