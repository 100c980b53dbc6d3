"""Maintenance through the API, and who may touch it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import AuditEntry
from tenants.maintenance import tasks
from tenants.maintenance.models import Alert, MaintenancePolicy, Risk
from tenants.marketplace.models import AddressLook
from tests.builders import NOW
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

from .story import Unit, later, street
from .test_photos import picture

pytestmark = [pytest.mark.django_db, pytest.mark.req("MNT-01", "API-01")]
VIEWERS = {"owner", "admin", "operator", "finance", "auditor"}
MANAGERS = {"owner", "admin", "operator"}


@pytest.fixture
def unit() -> Unit:
    with tenant_schema("ampere"):
        unit = Unit()
        unit.breaks()
    return unit


@pytest.fixture
def operator() -> Api:
    return Api("ampere", person("ampere", "", "operator"))


def alert_of(unit: Unit) -> Alert:
    with tenant_schema("ampere"):
        return unit.alert


def test_an_alert_is_read_acknowledged_commented_and_closed(operator: Api, unit: Unit) -> None:
    (row,) = said(operator.get("/maintenance/alerts"))["items"]
    assert (row["code"], row["mrec"], row["mrec_name"], row["severity"], row["unit"], row["count"]) == (
        "over_current", "CX004", "OverCurrentFailure", "critical", "Charger in the yard", 1,
    )  # fmt: skip
    at = f"/maintenance/alerts/{row['uid']}"
    assert said(operator.post("/maintenance/alerts/acknowledge", {"alerts": [row["uid"]]})) == {"acknowledged": 1}
    assert said(operator.get(at))["state"] == "acknowledged"
    assert said(operator.post(f"{at}/acknowledge"))["state"] == "acknowledged", "twice is once"
    assert operator.post(f"{at}/comments", {"text": "Bring a ladder"}).status_code == 201
    assert code(operator.post(f"{at}/resolve", {"reason": " "})) == (422, "reason_missing")
    assert said(operator.post(f"{at}/resolve", {"reason": "A test"}))["state"] == "resolved"
    assert code(operator.post(f"{at}/resolve", {"reason": "A test"})) == (409, "alert_resolved")
    assert [line["kind"] for line in said(operator.get(f"{at}/log"))["items"]] == [
        "resolved", "comment", "acknowledged", "opened",
    ]  # fmt: skip
    assert said(operator.get("/maintenance/alerts"))["items"] == []
    assert len(said(operator.get("/maintenance/alerts?state=resolved"))["items"]) == 1
    with tenant_schema("ampere"):
        assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True)) == [
            "alert.acknowledged", "alert.resolved",
        ]  # fmt: skip
    for path in (at, f"{at}/log", f"{at}/members"):
        unknown_to_others(path)


def test_pages_go_on_where_they_ended(operator: Api, unit: Unit) -> None:
    with tenant_schema("ampere"):
        for _ in range(4):
            Unit().breaks()
    first = said(operator.get("/maintenance/alerts?limit=3"))
    rest = said(operator.get(f"/maintenance/alerts?limit=3&after={first['next']}"))
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)


@pytest.mark.req("ACC-01")
@pytest.mark.parametrize("role", ["owner", "finance", "support", "technician", "auditor", ""])
def test_roles_see_and_do_what_is_theirs(unit: Unit, role: str) -> None:
    caller = Api("ampere", person("ampere", "", *([role] if role else [])))
    uid = alert_of(unit).uid
    for path in ("alerts", "outages", "risks", "silences", "escalations", "vendor-codes", "policy"):
        answer = caller.get(f"/maintenance/{path}")
        assert answer.status_code == (200 if role in VIEWERS else 403), path
    assert caller.get(f"/maintenance/alerts/{uid}").status_code == (200 if role in VIEWERS else 404)
    allowed = role in MANAGERS
    assert caller.post(f"/maintenance/alerts/{uid}/acknowledge").status_code == (200 if allowed else 404)
    policy = caller("PATCH", "/maintenance/policy", {"storm_units": 9})
    assert policy.status_code == (200 if allowed else 403)
    with tenant_schema("ampere"):
        assert MaintenancePolicy.objects.filter(storm_units=9).exists() is allowed


@pytest.mark.req("MNT-05", "MKT-07")
def test_a_work_order_goes_to_a_technician_and_back(operator: Api, unit: Unit) -> None:
    tech = person("ampere", "", "technician")
    crew, other = Api("ampere", tech), Api("ampere", person("ampere", "", "technician"))
    uid = str(alert_of(unit).uid)
    made = operator.post("/maintenance/work-orders", {"alert": uid, "checklist": ["Switch off"]})
    order = said(made)
    assert (made.status_code, order["state"], order["severity"], order["source"], order["next"]) == (
        201, "open", "critical", "alert", ["assign", "cancel"],
    )  # fmt: skip
    at = f"/maintenance/work-orders/{order['uid']}"
    assert code(operator.post("/maintenance/work-orders", {"alert": uid})) == (409, "work_order_exists")
    assert code(operator.post("/maintenance/work-orders", {})) == (422, "invalid")
    steps = f"{at}/steps"
    nobody = {"verb": "assign", "assignee": uid}
    assert code(operator.post(steps, nobody)) == (404, "not_found")
    assert said(operator.post(steps, {"verb": "assign", "assignee": str(tech.uid)}))["assignee"] == str(tech.uid)
    assert said(operator.get(at))["address"] is None
    assert said(crew.get(at))["address"] == "Secret street 7"
    with tenant_schema("ampere"):
        assert AddressLook.objects.get().user == tech
    assert code(other.get(at)) == (404, "not_found")
    assert said(other.get("/maintenance/work-orders"))["items"] == []
    assert [row["uid"] for row in said(crew.get("/maintenance/work-orders"))["items"]] == [order["uid"]]
    assert code(crew.post(steps, {"verb": "verify"})) == (403, "work_order_not_yours")
    assert code(operator.post(steps, {"verb": "start"})) == (403, "work_order_not_yours")
    for verb in ("accept", "travel", "start"):
        assert crew.post(steps, {"verb": verb}).status_code == 200, verb
    assert code(crew.post(steps, {"verb": "accept"})) == (409, "work_order_wrong_step")
    assert said(crew("PUT", f"{at}/checklist", {"done": [0]}))["checklist"] == [{"text": "Switch off", "done": True}]
    assert code(crew.post(steps, {"verb": "finish"})) == (422, "work_order_outcome_missing")
    done = {"verb": "finish", "verdict": "replaced", "cause": "hardware", "mrec": "CX017", "parts": "1 contactor"}
    assert said(crew.post(steps, done))["state"] == "done"
    assert code(operator.post(steps, {"verb": "verify"})) == (409, "work_order_still_down")
    with tenant_schema("ampere"):
        unit.recovers(now=later(30))
    assert said(operator.post(steps, {"verb": "verify"}))["state"] == "verified"
    (outage,) = said(operator.get(f"/maintenance/outages?evse={order['evse']}"))["items"]
    assert (outage["mrec"], outage["cause"], outage["ended_at"] is not None) == ("CX017", "hardware", True)
    unknown_to_others(at)
    log = said(operator.get(f"/maintenance/units/{order['evse']}/log"))["items"]
    assert {line["kind"] for line in log} == {"alert", "outage", "order", "status"}


def test_rules_are_set_and_taken_away(operator: Api, unit: Unit) -> None:
    period = {"starts_at": "2036-01-01T00:00:00Z", "ends_at": "2036-01-02T00:00:00Z", "reason": "Painting"}
    silence = said(operator.post("/maintenance/silences", {**period, "evse": str(unit.evse.uid), "planned": True}))
    assert (silence["evse"], silence["planned"]) == (str(unit.evse.uid), True)
    backwards = {**period, "ends_at": "2035-12-31T00:00:00Z"}
    assert code(operator.post("/maintenance/silences", backwards)) == (422, "period_empty")
    assert said(operator.post(f"/maintenance/silences/{silence['uid']}/end"))["ends_at"] == "2036-01-01T00:00:00Z"
    rule = said(operator.post("/maintenance/escalations", {"after_minutes": 5, "role": "operator"}))
    assert code(operator.post("/maintenance/escalations", {"after_minutes": 5})) == (422, "invalid")
    assert operator("DELETE", f"/maintenance/escalations/{rule['uid']}").status_code == 204
    entry = {"vendor": "Acme", "code": "E17", "mrec": "CX012"}
    row = said(operator.post("/maintenance/vendor-codes", entry))
    assert code(operator.post("/maintenance/vendor-codes", {**entry, "vendor": "ACME"})) == (409, "vendor_code_known")
    assert code(operator.post("/maintenance/vendor-codes", {**entry, "mrec": "CX099"})) == (422, "invalid")
    assert operator("DELETE", f"/maintenance/vendor-codes/{row['uid']}").status_code == 204


@pytest.mark.req("MNT-02", "MNT-05")
def test_somebody_is_sent_for_a_prediction(operator: Api, unit: Unit) -> None:
    with tenant_schema("ampere"):
        risk = Risk.objects.create(
            evse=unit.evse, device_id=unit.device.device_id, device_evse=1, horizon_days=7, probability_ppm=734_000,
            reasons=[{"code": "faults_7d", "value": "9"}], model="gbm", data_version="v", made_at=NOW, received_at=NOW,
        )  # fmt: skip
    (shown,) = said(operator.get("/maintenance/risks"))["items"]
    assert (shown["probability_ppm"], shown["reasons"]) == (734_000, [{"code": "faults_7d", "value": "9"}])
    body: dict[str, Any] = {"risk": str(risk.uid), "title": "Have a look"}
    assert said(operator.post("/maintenance/work-orders", body))["source"] == "risk"
    assert code(operator.post("/maintenance/work-orders", body)) == (409, "work_order_exists")
    unknown_to_others(f"/maintenance/risks/{risk.uid}")


@pytest.mark.req("MNT-03")
def test_an_outage_is_corrected_with_a_reason(operator: Api, unit: Unit) -> None:
    (row,) = said(operator.get("/maintenance/outages?open=true"))["items"]
    at = f"/maintenance/outages/{row['uid']}"
    assert code(operator("PATCH", at, {"cause": "grid"})) == (422, "invalid")
    assert code(operator("PATCH", at, {"began_at": None, "reason": "x"})) == (422, "invalid")
    changed = said(operator("PATCH", at, {"cause": "grid", "exclusion": "utility_interruption", "reason": "A letter"}))
    assert (changed["cause"], changed["guessed_cause"], changed["exclusion"], changed["mrec"]) == (
        "grid", "hardware", "utility_interruption", "CX004",
    )  # fmt: skip
    unknown_to_others(at)


@pytest.mark.req("MNT-05", "TEN-04")
def test_photos_of_a_work_order_come_and_go_through_the_api(operator: Api, unit: Unit) -> None:
    tech = person("ampere", "", "technician")
    crew = Api("ampere", tech)
    order = said(operator.post("/maintenance/work-orders", {"alert": str(alert_of(unit).uid)}))
    at = f"/maintenance/work-orders/{order['uid']}"
    operator.post(f"{at}/steps", {"verb": "assign", "assignee": str(tech.uid)})

    def send(caller: Api, data: bytes) -> Any:
        file = SimpleUploadedFile("x.png", data, "image/png")
        return caller.client.post(f"/api/v1{at}/photos", {"file": file}, headers=caller.headers)

    made = send(crew, picture("PNG"))
    shown = said(made)
    assert (made.status_code, shown["width"], shown["height"], shown["added_by"]) == (201, 64, 48, str(tech.uid))
    assert code(send(crew, b"no photo")) == (422, "no_photo")
    assert code(crew.post(f"{at}/photos")) == (422, "invalid")
    assert said(operator.get(f"{at}/photos")) == {"items": [shown], "next": None}
    for size in ("", "?size=small"):
        answer = operator.get(f"{shown['path']}{size}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    for path in (f"{at}/photos", shown["path"]):
        unknown_to_others(path)
    unknown_to_others(shown["path"], method="DELETE")
    assert code(operator("DELETE", shown["path"])) == (403, "photo_of_another")
    assert crew("DELETE", shown["path"]).status_code == 204
    assert code(crew.get(shown["path"])) == (404, "not_found")


@pytest.mark.req("MNT-05")
def test_an_alert_and_its_work_order_say_what_to_do(operator: Api, unit: Unit) -> None:
    (row,) = said(operator.get("/maintenance/alerts"))["items"]
    assert row["title"] == "Too much current"
    assert [step["code"] for step in row["todo"]["first"]] == ["keep_off", "ask_breaker"]
    order = said(operator.post("/maintenance/work-orders", {"alert": row["uid"]}))
    assert order["todo"] == row["todo"] and order["todo"]["bring"][0] == {"code": "clamp_meter", "text": "clamp meter"}
    by_hand = said(operator.post("/maintenance/work-orders", {"evse": str(unit.evse.uid), "title": "Look"}))
    assert by_hand["todo"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_log_of_a_unit_goes_on_where_it_ended_even_within_one_moment(operator: Api, unit: Unit, limit: int) -> None:
    with tenant_schema("ampere"):
        unit.recovers(now=later(1))  # alert, outage and statuses of one moment
        for minute in (20, 40):
            unit.breaks(now=later(minute))
            unit.recovers(now=later(minute))
    at, after, seen, pages = f"/maintenance/units/{unit.evse.uid}/log", "", [], 0
    whole = said(operator.get(f"{at}?limit=200"))
    while after is not None:
        page = said(operator.get(f"{at}?limit={limit}" + (f"&after={after}" if after else "")))
        seen, after, pages = seen + page["items"], page["next"], pages + 1
    assert seen == whole["items"] and whole["next"] is None
    assert len(seen) > 6 and (pages > 1) is (limit < 50)
    assert code(operator.get(f"{at}?after=MTo5OTk5OTk5OTk5OTk5OTk5OTk5")) == (422, "invalid")


def test_the_log_of_an_alert_and_the_units_of_a_sites_alert_are_paged(operator: Api) -> None:
    with tenant_schema("ampere"):
        units = street(4)
        for unit in units:
            unit.goes(online=False)
        tasks.watch(later(6))
        site = Alert.objects.get(code="site_offline")
    at = f"/maintenance/alerts/{site.uid}"
    for text in ("one", "two", "three"):
        operator.post(f"{at}/comments", {"text": text})
    for part, least in (("members", 4), ("log", 4)):
        whole = said(operator.get(f"{at}/{part}"))["items"]
        first = said(operator.get(f"{at}/{part}?limit=3"))
        rest = said(operator.get(f"{at}/{part}?limit=3&after={first['next']}"))
        assert len(whole) >= least and [*first["items"], *rest["items"]] == whole, part
        assert (len(first["items"]), rest["next"]) == (3, None), part
