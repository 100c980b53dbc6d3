"""Who is written to when nobody acknowledges: by rows, once, whatever dies; and who is not."""

from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail

from tenants.accounts.models import User
from tenants.maintenance import tasks
from tenants.maintenance.actions import deciding
from tenants.maintenance.actions.settings import add_rule, add_silence, end_silence
from tenants.maintenance.models import Notice
from tests import builders
from tests.builders import NOW

from .story import Unit, kinds, later, street

pytestmark = [pytest.mark.django_db, pytest.mark.req("MNT-01"), pytest.mark.usefixtures("ampere")]


@pytest.fixture
def boss() -> User:
    boss = builders.person("boss", "operator")
    add_rule(after_minutes=10, severity="major", role="operator", by=boss, now=NOW)
    add_rule(after_minutes=30, severity="critical", person=builders.person("chief"), by=boss, now=NOW)
    return boss


def look(unit: Unit, minute: float) -> int:
    """One round of the job; how many mails it sent."""
    unit.heard(later(minute))
    tasks.watch(later(minute))
    return tasks.mails(later(minute))


def test_level_after_level_is_written_to_until_somebody_acknowledges(boss: User) -> None:
    unit = Unit()
    unit.breaks()
    assert [look(unit, minute) for minute in (9, 10, 11, 29, 30, 31)] == [0, 1, 0, 0, 1, 0]
    assert [message.to[0].split("-")[0] for message in mail.outbox] == ["boss", "chief"]
    message = mail.outbox[0]
    assert message.subject == "Critical: Too much current · Charger in the yard/1"
    assert f"/maintenance/alerts/{unit.alert.uid}/" in message.body
    assert "Secret street" not in message.body, "a mail names no private address"
    assert kinds(unit.alert) == ["opened", "escalated", "escalated"]


def test_who_acknowledged_spares_the_others(boss: User) -> None:
    unit = Unit()
    unit.breaks()
    deciding.acknowledge(alerts=[unit.alert], by=boss, now=later(5))
    assert look(unit, 60) == 0
    unit.recovers(now=later(61))
    unit.breaks(now=later(65))
    assert unit.alert.state == "open", "it came again: somebody has to look again"
    assert look(unit, 76) == 1


def test_an_alert_that_is_over_is_no_news(boss: User) -> None:
    unit = Unit()
    unit.breaks()
    unit.recovers(now=later(9))
    assert look(unit, 40) == 0


def test_a_mail_server_that_is_away_is_tried_again_and_nothing_is_sent_twice(
    boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = Unit()
    unit.breaks()

    def refuse(*_: Any, **__: Any) -> int:
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
        assert look(unit, 10) == 0
    row = Notice.objects.get()
    assert (row.sent_at, row.attempts, row.error) == (None, 1, "gone")
    assert [look(unit, minute) for minute in (11, 13, 14)] == [0, 1, 0]


def test_a_silence_keeps_everybody_quiet_and_counts_from_its_end(boss: User) -> None:
    unit = Unit()
    unit.breaks()
    silence = add_silence(starts_at=NOW, ends_at=later(120), reason="Painting", evse=unit.evse, by=boss, now=later(1))
    assert [look(unit, minute) for minute in (2, 15)] == [0, 0]
    assert unit.alert.silence == silence
    end_silence(silence=silence, by=boss, now=later(20))
    assert [look(unit, minute) for minute in (21, 30, 31)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("scope", "silenced"),
    [({}, True), ({"code": "OVER_CURRENT"}, True), ({"code": "CX004"}, True), ({"code": "CX005"}, False)],
)
def test_a_silence_covers_what_it_names(boss: User, scope: dict[str, Any], silenced: bool) -> None:
    unit = Unit()
    unit.breaks()
    add_silence(starts_at=NOW, ends_at=later(90), reason="x", by=boss, now=NOW, **scope)
    look(unit, 1)
    assert (unit.alert.silence is not None) is silenced


@pytest.mark.slow
def test_a_silence_of_another_place_or_group_covers_nothing(boss: User) -> None:
    from tenants.operations import actions as operations

    unit, other = Unit(), Unit()
    group = operations.create_group(
        wanted=operations.Wanted(name="Harbour"), by=boss, now=NOW, device_ids=[other.device.device_id]
    )
    for fault in (unit, other):
        fault.breaks()
    place = other.evse.location
    first = add_silence(starts_at=NOW, ends_at=later(90), reason="x", location=place, by=boss, now=NOW)
    look(unit, 1)
    assert (unit.alert.silence, other.alert.silence) == (None, first)
    end_silence(silence=first, by=boss, now=later(2))
    second = add_silence(starts_at=NOW, ends_at=later(90), reason="x", group=group, by=boss, now=later(2))
    look(unit, 3)
    assert (unit.alert.silence, other.alert.silence) == (None, second)


def test_of_a_site_that_goes_dark_one_mail_is_written(boss: User) -> None:
    units = street(6)
    for unit in units:
        unit.goes(online=False)
    tasks.watch(later(6))
    tasks.watch(later(17))
    assert tasks.mails(later(17)) == 1
    assert "Many chargers" in mail.outbox[0].subject


@pytest.mark.req("MNT-05")
def test_a_technician_gets_a_mail_and_the_live_feed_hears_of_it(boss: User) -> None:
    from tenants.feed.models import Event
    from tenants.maintenance.actions import orders

    unit, crew = Unit(), builders.person("crew", "technician")
    order = orders.order_by_hand(evse=unit.evse, job=orders.Job("Tighten", due_at=later(60)), by=boss, now=NOW)
    orders.step(order=order, verb="assign", by=boss, assignee=crew, now=NOW)
    assert (tasks.mails(NOW), tasks.mails(NOW)) == (1, 0)
    (message,) = mail.outbox
    assert message.to == [crew.email] and f"/jobs/{order.uid}/" in message.body
    assert Event.objects.filter(audience=f"user:{crew.uid}", kind="work_order").count() == 1


@pytest.mark.req("MNT-05")
def test_nobody_drives_to_a_job_that_is_theirs_no_more(boss: User) -> None:
    from tenants.maintenance.actions import orders

    unit, crew, other = Unit(), builders.person("crew", "technician"), builders.person("other", "technician")
    order = orders.order_by_hand(evse=unit.evse, job=orders.Job("Tighten"), by=boss, now=NOW)
    for person in (crew, other):
        orders.step(order=order, verb="assign", by=boss, assignee=person, now=NOW)
    orders.step(order=order, verb="cancel", by=boss, text="It works again", now=NOW)
    assert tasks.mails(NOW) == 4
    assert {message.to[0] for message in mail.outbox} == {crew.email, other.email}
    assert all(message.subject == f"Job {order.pk} is no longer yours: Tighten" for message in mail.outbox)
    assert "It works again" in mail.outbox[-1].body
