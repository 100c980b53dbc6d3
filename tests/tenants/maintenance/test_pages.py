"""The pages of maintenance: what they show, what their buttons do, and for whom."""

from datetime import timedelta

import pytest
from django.test import Client

from tenants.maintenance.actions import orders
from tenants.maintenance.actions.orders import Job
from tenants.maintenance.actions.settings import add_rule, add_silence, add_vendor_code
from tenants.maintenance.models import (
    Alert,
    EscalationRule,
    MaintenancePolicy,
    Outage,
    Risk,
    Silence,
    VendorCode,
    WorkOrder,
)
from tenants.marketplace.models import AddressLook
from tests import builders
from tests.builders import NOW
from tests.saas.web.conftest import now, visitor

from .story import Unit, later

__all__ = ["now"]  # the clock stands
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ampere", "now"), pytest.mark.req("MNT-01", "TEN-07")]
AT = "/maintenance/"
REASONS = [{"code": "faults_7d", "value": "9"}, {"code": "empty_days", "value": "12 / 28 d"}]


class World:
    """One of everything."""

    def __init__(self) -> None:
        self.boss, self.crew = builders.person("boss", "operator"), builders.person("crew", "technician")
        self.unit = Unit()
        self.unit.breaks()
        self.alert, self.outage = self.unit.alert, self.unit.outages[0]
        self.risk = Risk.objects.create(
            evse=self.unit.evse, device_id=self.unit.device.device_id, device_evse=1, horizon_days=7, made_at=NOW,
            probability_ppm=734_000, reasons=REASONS, model="gbm", data_version="v",
            received_at=NOW,
        )  # fmt: skip
        job = Job("Change the <contactor>", "Bring two.", checklist=("Switch off", "Measure"))
        self.order = orders.order_for_alert(alert=self.alert, job=job, by=self.boss, now=NOW)
        self.order = orders.step(order=self.order, verb="assign", by=self.boss, assignee=self.crew, now=NOW)
        add_silence(starts_at=NOW, ends_at=later(60), reason="Painting", code="nothing", by=self.boss, now=NOW)
        add_rule(after_minutes=10, severity="major", role="operator", by=self.boss, now=NOW)
        add_vendor_code(vendor="Volta", code="E17", mrec="CX017", note="", by=self.boss, now=NOW)


@pytest.fixture
def world() -> World:
    return World()


def places(world: World) -> dict[str, str]:
    """Every page that somebody may look at → a word that stands on it."""
    return {
        AT: "Too much current",
        f"{AT}alerts/{world.alert.uid}/": "OverCurrentFailure",
        f"{AT}units/{world.unit.evse.uid}/": "73.4",
        f"{AT}orders/": "Change the &lt;contactor&gt;",
        f"{AT}orders/new/?alert={world.alert.uid}": "Too much current",
        f"{AT}orders/new/?risk={world.risk.uid}": "Charger in the yard",
        f"{AT}orders/new/?evse={world.unit.evse.uid}": "Send someone",
        f"{AT}orders/{world.order.uid}/": "Switch off",
        f"{AT}outages/": "Charger in the yard",
        f"{AT}outages/{world.outage.uid}/": "CX004",
        f"{AT}risks/": "Days without a session: 12 / 28 d",
        f"{AT}silences/": "Painting",
        f"{AT}rules/": "After 10 minutes",
        f"{AT}codes/": "E17",
    }


def test_every_page_opens_with_what_is_known(world: World) -> None:
    client = visitor(user=world.boss)
    for path, word in places(world).items():
        page = client.get(path)
        assert page.status_code == 200, path
        assert word in page.content.decode(), path


@pytest.mark.slow
@pytest.mark.req("TEN-04")
def test_a_technician_sees_own_jobs_alone_and_an_outsider_nothing(world: World) -> None:
    crew, outsider = visitor(user=world.crew), visitor(user=builders.person("outsider"))
    other = visitor(user=builders.person("other", "technician"))
    job = f"/jobs/{world.order.uid}/"
    assert crew.get(job).status_code == 200 and crew.get("/jobs/").status_code == 200
    assert [client.get(job).status_code for client in (other, outsider)] == [404, 404]
    assert outsider.get("/jobs/").status_code == 403
    for path in places(world):
        assert outsider.get(path).status_code in (403, 404), path
        if "orders/" + str(world.order.uid) not in path:
            assert crew.get(path).status_code in (403, 404), path
    assert crew.get(f"{AT}orders/{world.order.uid}/").headers["Location"] == job


@pytest.mark.req("TEN-03")
def test_the_other_tenants_owner_finds_none_of_it(world: World, barq: object) -> None:
    stranger = visitor("barq.localhost", builders.person("owner", "owner"))
    for path in places(world):
        if "-" in path:
            assert stranger.get(path).status_code == 404, path


def test_one_press_acknowledges_one_and_many(world: World) -> None:
    client = visitor(user=world.boss)
    second = Unit()
    second.breaks()
    client.post(f"{AT}acknowledge/", {"one": str(world.alert.uid)})
    assert Alert.objects.get(pk=world.alert.pk).acknowledged_by == world.boss
    client.post(f"{AT}acknowledge/", {"alert": [str(second.alert.uid), "nonsense"]})
    assert second.alert.state == "acknowledged"
    viewer = visitor(user=builders.person("finance", "finance"))
    assert viewer.post(f"{AT}acknowledge/", {"one": str(world.alert.uid)}).status_code == 403


@pytest.mark.slow
def test_filters_show_what_they_say(world: World) -> None:
    client = visitor(user=world.boss)
    asked = {
        "state=waiting": True, "severity=minor": False, f"site={world.unit.evse.location.uid}": True, "mine=1": False,
        "state=resolved": False, "state=nonsense&site=nonsense&severity=x": True,
    }  # fmt: skip
    for query, there in asked.items():
        assert (str(world.alert.uid) in client.get(f"{AT}?{query}").content.decode()) is there, query


@pytest.mark.slow
def test_buttons_of_an_alert(world: World) -> None:
    client = visitor(user=world.boss)
    at = f"{AT}alerts/{world.alert.uid}/"
    client.post(f"{at}comment/", {"text": "On <my> way"})
    assert "On &lt;my&gt; way" in client.get(at).content.decode()
    refused = client.post(f"{at}resolve/", {"reason": " "}, follow=True)
    assert "Say why." in refused.content.decode()
    client.post(f"{at}resolve/", {"reason": "A test"})
    row = Alert.objects.get(pk=world.alert.pk)
    assert (row.state, row.resolved_by) == ("resolved", world.boss)


@pytest.mark.slow
@pytest.mark.req("MNT-05")
def test_somebody_is_sent_from_an_alert_in_one_form(world: World) -> None:
    unit, client = Unit(), visitor(user=world.boss)
    unit.breaks()
    path = f"{AT}orders/new/?alert={unit.alert.uid}"
    assert client.post(path, {"title": "", "severity": "major"}).status_code == 422
    fields = {
        "title": "Go", "severity": "major", "assignee": str(world.crew.uid), "due_at": "2026-11-21T09:30",
        "checklist": "One\n\nTwo\n",
    }  # fmt: skip
    answer = client.post(path, fields)
    made = WorkOrder.objects.get(title="Go")
    assert answer.headers["Location"] == f"{AT}orders/{made.uid}/"
    assert (made.state, made.assignee, made.alert, [point["text"] for point in made.checklist]) == (
        "assigned", world.crew, unit.alert, ["One", "Two"],
    )  # fmt: skip
    assert made.due_at == NOW.replace(hour=7, minute=30) + timedelta(days=1), "half past nine in Helsinki"
    again = client.post(path, fields)
    assert again.status_code == 422 and "already" in again.content.decode()


@pytest.mark.req("MNT-05", "MKT-07")
def test_a_job_on_the_phone_from_the_first_press_to_the_last(world: World) -> None:
    crew, boss, at = visitor(user=world.crew), visitor(user=world.boss), f"/jobs/{world.order.uid}/"
    page = crew.get(at).content.decode()
    assert "Secret street 7" in page and "geo:60.16952,24.93545" in page
    assert AddressLook.objects.get().user == world.crew, "each look at a private address is logged"
    assert "Secret street" not in boss.get(f"{AT}orders/{world.order.uid}/").content.decode()
    crew.post(f"{at}accept/")
    crew.post(f"{at}travel/")
    crew.post(f"{at}start/")
    crew.post(f"{at}checklist/", {"done": ["1"]})
    crew.post(f"{at}note/", {"text": "It rains"})
    assert crew.post(f"{at}finish/", {"verdict": "fixed"}).status_code == 422, "what was wrong is missing"
    crew.post(f"{at}finish/", {"verdict": "fixed", "cause": "hardware", "mrec": "CX017", "found": "Welded"})
    order = WorkOrder.objects.get(pk=world.order.pk)
    assert (order.state, order.verdict, [point["done"] for point in order.checklist]) == (
        "done",
        "fixed",
        [False, True],
    )
    assert "Secret street" not in crew.get(at).content.decode(), "the job is over, and so is the right to look"
    steps = f"{AT}orders/{order.uid}/"
    assert "still says" in boss.post(f"{steps}verify/", follow=True).content.decode()
    world.unit.recovers(now=later(50))
    boss.post(f"{steps}verify/")
    order.refresh_from_db()
    outage = Outage.objects.get(pk=world.outage.pk)
    assert (order.state, outage.ended_at, outage.mrec, outage.guessed_mrec) == ("verified", later(50), "CX017", "CX004")


def test_a_job_that_is_given_back_is_gone_from_the_phone(world: World) -> None:
    crew, at = visitor(user=world.crew), f"/jobs/{world.order.uid}/"
    assert "Say why." in crew.post(f"{at}decline/", {"text": ""}, follow=True).content.decode()
    assert crew.post(f"{at}decline/", {"text": "Ill"}).headers["Location"] == "/jobs/"
    assert crew.get(at).status_code == 404
    assert WorkOrder.objects.get(pk=world.order.pk).state == "open"


@pytest.mark.slow
def test_forms_of_rules_say_what_is_wrong_and_keep_what_is_right(world: World) -> None:
    client = visitor(user=world.boss)
    wrong = {"reason": "x", "starts_at": "2026-11-20T12:00", "ends_at": "2026-11-20T11:00"}
    assert "after the beginning" in client.post(f"{AT}silences/", wrong).content.decode()
    right = {**wrong, "ends_at": "2026-11-20T13:00", "planned": "on", "site": str(world.unit.evse.location.uid)}
    assert client.post(f"{AT}silences/", right).status_code == 302
    made = Silence.objects.get(reason="x")
    assert (made.starts_at, made.planned, made.location) == (
        NOW + timedelta(hours=2), True, world.unit.evse.location,
    )  # fmt: skip
    client.post(f"{AT}silences/{made.uid}/end/")
    assert Silence.objects.get(pk=made.pk).ends_at == made.starts_at
    client.post(f"{AT}rules/", {"form": "rule", "after_minutes": "5", "severity": "critical", "role": "admin"})
    rule = EscalationRule.objects.get(role="admin")
    client.post(f"{AT}rules/{rule.uid}/remove/")
    assert not EscalationRule.objects.filter(role="admin").exists()
    limits = {
        "offline_after_s": "60", "silent_after_s": "600", "reopen_minutes": "5", "flap_openings": "4",
        "refused_starts": "2", "storm_units": "5", "risk_percent": "40", "crew_per_week": "3",
    }  # fmt: skip
    assert client.post(f"{AT}rules/", {"form": "limits", **limits, "storm_units": "1"}).status_code == 422
    assert client.post(f"{AT}rules/", {"form": "limits", **limits}).status_code == 302
    policy = MaintenancePolicy.objects.get()
    assert (policy.offline_after_s, policy.risk_ppm, policy.crew_per_week) == (60, 400_000, 3)
    assert "already" in client.post(f"{AT}codes/", {"vendor": "VOLTA", "code": "e17", "mrec": "CX001"}).content.decode()
    row = VendorCode.objects.get()
    client.post(f"{AT}codes/{row.uid}/remove/")
    assert not VendorCode.objects.exists()


@pytest.mark.req("MNT-03")
def test_an_outage_is_corrected_on_its_page(world: World) -> None:
    client: Client = visitor(user=world.boss)
    at = f"{AT}outages/{world.outage.uid}/"
    fields = {
        "began_at": "2026-11-20T10:00", "ended_at": "", "cause": "vandalism", "mrec": "CX026", "broken": "on",
        "exclusion": "vandalism",
    }  # fmt: skip
    assert client.post(at, fields).status_code == 422, "how do you know?"
    assert client.post(at, {**fields, "reason": "The police have a report"}).status_code == 302
    page = client.get(at).content.decode()
    assert "The police have a report" in page
    row = Outage.objects.get(pk=world.outage.pk)
    assert (row.cause, row.exclusion, row.guessed_cause, row.began_at) == ("vandalism", "vandalism", "hardware", NOW)


def test_an_alert_says_what_its_code_means_and_sends_nobody_twice(world: World) -> None:
    client = visitor(user=world.boss)
    page = client.get(f"{AT}alerts/{world.alert.uid}/").content.decode()
    assert "The over-current protection has tripped" in page
    assert "orders/new/?alert=" not in page, "there is a job for it already"
    orders.step(order=world.order, verb="cancel", by=world.boss, text="no", now=NOW)
    assert "orders/new/?alert=" in client.get(f"{AT}alerts/{world.alert.uid}/").content.decode()
    assert "Operator" in client.get(f"{AT}rules/").content.decode()


@pytest.mark.parametrize("year", ["0001", "1999", "9999"])
def test_a_year_that_nobody_means_is_refused_and_no_page_breaks(world: World, year: str) -> None:
    client = visitor(user=world.boss)
    span = {"reason": "x", "starts_at": f"{year}-01-01T00:00", "ends_at": "9999-12-31T23:59"}
    assert client.post(f"{AT}silences/", span).status_code == 422
    said = {"began_at": f"{year}-01-01T00:00", "cause": "grid", "reason": "x"}
    assert client.post(f"{AT}outages/{world.outage.uid}/", said).status_code == 422
    assert client.get(f"{AT}silences/").status_code == client.get(f"{AT}outages/").status_code == 200
