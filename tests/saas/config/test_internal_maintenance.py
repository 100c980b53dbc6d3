"""What pipelines are told of maintenance, and what they tell."""

from typing import Any

import msgspec
import pytest

from saas.contracts.maintenance import (
    ChargerRisk,
    OutagePage,
    OutcomePage,
    Reason,
    RiskReport,
    RiskTaken,
    StatusPage,
)
from tenants.maintenance.actions import orders
from tenants.maintenance.actions.orders import Job, Result
from tenants.maintenance.models import MaintenancePolicy, Risk, WorkOrder
from tests import builders
from tests.builders import NOW
from tests.tenants.maintenance.story import Unit, later

from .test_internal import call

pytestmark = [pytest.mark.django_db, pytest.mark.req("MNT-05")]
READ = "maintenance:read"


def read(path: str, kind: type[Any], query: str = "", **who: Any) -> Any:
    answer = call("GET", f"/maintenance/{path}{query}", scope=READ, **who)
    assert answer.status_code == 200, answer.content
    return msgspec.json.decode(answer.content, type=kind)


def risk(unit: Unit, probability_ppm: int = 400_000, made_at: str = "2026-11-20T08:00:00Z", **more: Any) -> ChargerRisk:
    return ChargerRisk(
        device_id=unit.device.device_id, charger="x", horizon_days=more.pop("horizon_days", 7), model="gbm 3",
        probability_ppm=probability_ppm, data_version="v1", made_at=made_at,
        reasons=[Reason(code="faults_7d", value="3")], **more,
    )  # fmt: skip


def send(*items: ChargerRisk, **who: Any) -> RiskTaken:
    answer = call("POST", "/maintenance/risks", RiskReport(items=list(items)), scope="maintenance:write", **who)
    assert answer.status_code == 200, answer.content
    return msgspec.json.decode(answer.content, type=RiskTaken)


@pytest.mark.req("MNT-03")
def test_outages_come_in_pages_and_again_once_they_changed(ampere: object) -> None:
    units = [Unit() for _ in range(3)]
    for unit in units:
        unit.breaks()
    first = read("outages", OutagePage, "?limit=2")
    rest = read("outages", OutagePage, f"?limit=2&after={first.next}")
    assert (len(first.items), len(rest.items), rest.next) == (2, 1, None)
    assert [row.device_id for row in [*first.items, *rest.items]] == [unit.device.device_id for unit in units]
    units[0].recovers(now=later(5))
    again = read("outages", OutagePage, f"?after={first.next}")
    assert again.items[-1].device_id == units[0].device.device_id
    row = again.items[-1]
    assert (row.began_at, row.ended_at, row.cause, row.mrec, row.exclusion, row.broken, row.charger) == (
        "2026-11-20T08:00:00Z", "2026-11-20T08:05:00Z", "hardware", "CX004", "", True, "Charger in the yard",
    )  # fmt: skip
    assert read("outages", OutagePage, "?since=2036-01-01T00:00:00Z").items == []
    statuses = read("statuses", StatusPage).items
    assert [row.status for row in statuses if row.device_id == units[0].device.device_id] == ["OUTOFORDER", "UNKNOWN"]


def test_what_a_technician_found_is_a_label(ampere: object) -> None:
    unit, boss, crew = Unit(), builders.person("boss", "operator"), builders.person("crew", "technician")
    order = orders.order_by_hand(evse=unit.evse, job=Job("Look at the plug"), by=boss, now=NOW)
    assert read("outcomes", OutcomePage).items == []
    result = Result(verdict="fixed", cause="vandalism", mrec="CX026", found="The cable was cut")
    for verb, who, more in (
        ("assign", boss, {"assignee": crew}),
        ("start", crew, {}),
        ("finish", crew, {"result": result}),
        ("verify", boss, {}),
    ):
        order = orders.step(order=order, verb=verb, by=who, now=later(30), **more)
    (row,) = read("outcomes", OutcomePage).items
    assert (row.work_order, row.cause, row.mrec, row.verdict, row.confirmed, row.predicted) == (
        str(order.uid), "vandalism", "CX026", "fixed", True, False,
    )  # fmt: skip
    assert (row.began_at, row.ended_at) == ("2026-11-20T08:00:00Z", "2026-11-20T08:30:00Z")


@pytest.mark.req("MNT-02")
def test_the_newest_risk_counts_and_unknown_chargers_are_set_aside(ampere: object) -> None:
    unit = Unit()
    gone = ChargerRisk(
        device_id="ad_gone", charger="", horizon_days=7, probability_ppm=1, model="m", data_version="v",
        made_at="2026-11-20T08:00:00Z",
    )  # fmt: skip
    assert send(risk(unit), risk(unit, 10_000, horizon_days=30), gone) == RiskTaken(taken=2, set_aside=1)
    assert send(risk(unit, 1, made_at="2026-11-19T08:00:00Z")) == RiskTaken(taken=0, set_aside=1)
    assert send(risk(unit, 500_000, made_at="2026-11-21T08:00:00Z")).taken == 1
    held = Risk.objects.get(horizon_days=7)
    assert (held.probability_ppm, held.reasons, held.model) == (
        500_000, [{"code": "faults_7d", "value": "3"}], "gbm 3",
    )  # fmt: skip
    assert WorkOrder.objects.count() == 0, "nobody asked for work orders by rule"


@pytest.mark.req("MNT-05")
def test_by_rule_the_crew_is_sent_to_the_highest_risks_as_far_as_it_goes(ampere: object) -> None:
    MaintenancePolicy.objects.create(risk_ppm=300_000, crew_per_week=2)
    units = [Unit() for _ in range(4)]
    chances = (350_000, 900_000, 200_000, 600_000)
    send(*(risk(unit, chance) for unit, chance in zip(units, chances, strict=True)))
    rows = WorkOrder.objects.order_by("pk")
    assert [row.device_id for row in rows] == [units[1].device.device_id, units[3].device.device_id]
    assert rows[0].risk is not None and rows[0].risk["probability_ppm"] == 900_000 and rows[0].opened_by is None
    send(*(risk(unit, chance, made_at="2026-11-21T08:00:00Z") for unit, chance in zip(units, chances, strict=True)))
    assert rows.count() == 2, "the crew's week is full"


@pytest.mark.parametrize("change", [{"probability_ppm": 1_000_001}, {"horizon_days": 0}, {"made_at": "yesterday"}])
def test_what_is_no_probability_is_refused(ampere: object, change: dict[str, Any]) -> None:
    answer = call("POST", "/maintenance/risks", RiskReport(items=[risk(Unit(), **change)]), scope="maintenance:write")
    assert answer.status_code == 422
    assert Risk.objects.count() == 0


@pytest.mark.req("TEN-03")
@pytest.mark.parametrize("path", ["outages", "outcomes", "statuses"])
def test_another_tenants_token_opens_nothing(ampere: object, path: str) -> None:
    Unit().breaks()
    for tenant, scope in (("barq", READ), ("ampere", "roster:read")):
        answer = call("GET", f"/maintenance/{path}", tenant=tenant, scope=scope, host="ampere.localhost")
        assert answer.status_code == 401
    assert msgspec.json.decode(call("GET", f"/maintenance/{path}", tenant="barq", scope=READ).content)["items"] == []
