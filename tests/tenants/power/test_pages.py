"""The console's pages of shared limits, and what a driver sees and says on the page of the session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import User
from tenants.power.models import ChargingNeed, Circuit, Member
from tests.tenants.apiclient import person
from tests.tenants.power.street import Street

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-07")]


def browser(user: User | None = None, tenant: str = "ampere") -> Client:
    client = Client(headers={"host": f"{tenant}.localhost"})
    if user is not None:
        with tenant_schema(tenant):
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def street() -> Street:
    with tenant_schema("ampere"):
        made = Street()
        made.box()
        made.run(15)
        return made


@pytest.fixture
def operator() -> Client:
    return browser(person("ampere", "", "operator"))


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_site_shows_every_charger_with_the_reason(operator: Client, street: Street) -> None:
    with tenant_schema("ampere"):
        first, second = street.boxes[0], street.box(member={"fallback_ma": 10_000, "priority": 4})
        street.start(first)
        street.run(30)
        street.connect(second, online=False)
        street.run(6)
    home = text(operator.get("/console/power/"))
    assert "Main" in home and "In order" in home
    page = text(operator.get(f"/console/power/{street.root.uid}/"))
    assert "Gets all that it can take" in page or "Shares the limit" in page
    assert "Offline: counted with what it may take on its own: 0 A" in page, "it is held, and its lease runs on"
    assert "32 A" in page and first.station.station_id in page


def test_a_limit_is_set_up_by_hand_changed_and_removed(operator: Client, street: Street) -> None:
    new = f"/console/power/new/{street.location.uid}/"
    assert "Kept for the building" in text(operator.get(f"{new}?below={street.root.uid}"))
    form = {"name": "Row B", "limit": "16", "fallback": "6", "parent": str(street.root.uid), "enabled": "on"}
    assert operator.post(new, form).status_code == 302
    with tenant_schema("ampere"):
        row = Circuit.objects.get(name="Row B")
        assert (row.limit_ma, row.fallback_ma, row.parent_id, row.enabled) == (16_000, 6_000, street.root.pk, True)
        evse = street.boxes[0].evse
    hang = f"/console/power/{row.uid}/evses/{evse.uid}/"
    assert "wired to" in text(operator.get(hang))
    held = {"circuit": str(row.uid), "lines": "231", "limit": "12.5", "fallback": "", "priority": "2"}
    assert operator.post(hang, held).status_code == 302
    with tenant_schema("ampere"):
        member = Member.objects.get(evse=evse)
        assert (member.circuit_id, member.lines, member.max_ma, member.priority) == (row.pk, "231", 12_500, 2)
    bad = operator.post(f"/console/power/{row.uid}/change/", form | {"limit": "5"})
    assert bad.status_code == 422 and "safe defaults" in text(bad)
    empty = operator.post(f"/console/power/{row.uid}/change/", form | {"limit": ""})
    assert empty.status_code == 422 and "needs a limit" in text(empty)
    assert operator.post(f"{hang}take/").status_code == 302
    assert operator.post(f"/console/power/{row.uid}/remove/").status_code == 302
    with tenant_schema("ampere"):
        assert not Circuit.objects.filter(pk=row.pk).exists()


def test_who_may_look_and_who_may_change(street: Street) -> None:
    site, change = f"/console/power/{street.root.uid}/", f"/console/power/{street.root.uid}/change/"
    auditor, outsider = browser(person("ampere", "", "auditor")), browser(person("ampere"))
    other = browser(person("barq", "", "owner"), "barq")
    assert auditor.get(site).status_code == 200 and auditor.get(change).status_code == 403
    assert "Change" not in text(auditor.get(site))
    for client in (outsider, other):
        for path in (site, change):
            assert client.get(path).status_code == 404
        assert client.post(f"/console/power/{street.root.uid}/remove/").status_code == 404
    assert outsider.get("/console/power/").status_code == 403
    assert browser().get(site).status_code == 302


def test_a_driver_sees_the_share_and_says_when_they_leave(street: Street) -> None:
    driver = person("ampere")
    with tenant_schema("ampere"):
        session = street.start(street.boxes[0], driver=driver)
        street.start(street.box(), driver=None)
        street.run(40)
    client = browser(driver)
    page = text(client.get(f"/sessions/{session.uid}/"))
    assert "You share the power here with 1 other vehicle." in page and "When do you leave?" in page
    leaves = (datetime.now(UTC) + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M")
    said = client.post(f"/sessions/{session.uid}/needs/", {"departure": leaves, "energy": "12.5"})
    assert said.status_code == 302
    with tenant_schema("ampere"):
        need = ChargingNeed.objects.get(session=session)
        assert (need.energy_wh, need.source) == (12_500, "driver")
        assert need.departure_at is not None
        assert need.departure_at.strftime("%H:%M") != leaves[-5:], "typed by the clock of the place"
    past = client.post(f"/sessions/{session.uid}/needs/", {"departure": "2020-01-01T10:00"}, follow=True)
    assert "the departure lies in the past" in text(past)
    stranger = browser(person("ampere"))
    assert stranger.post(f"/sessions/{session.uid}/needs/", {}).status_code == 404
    assert browser(person("barq", "", "owner"), "barq").post(f"/sessions/{session.uid}/needs/", {}).status_code == 404


def test_what_flows_is_unknown_where_nobody_knows_the_line(operator: Client, street: Street) -> None:
    page = f"/console/power/{street.root.uid}/"
    with tenant_schema("ampere"):
        box = street.boxes[0]
        box.evse.__class__.objects.filter(pk=box.evse.pk).update(phases=1)
        street.start(box)
        street.run(30)
    assert "Unknown: nobody said on which line each charger is" in text(operator.get(page))
    with tenant_schema("ampere"):
        Member.objects.filter(evse=box.evse).update(lines="2")
        street.run(30)
    shown = text(operator.get(page))
    assert "Unknown: nobody said" not in shown and box.station.station_id in shown
