"""Faults become alerts: one as long as the same thing is wrong, and they end by themselves."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saas.contracts.telemetry import wire
from tenants.feed.models import Event
from tenants.maintenance import tasks
from tenants.maintenance.actions import deciding
from tenants.maintenance.models import Alert, MaintenancePolicy
from tests import builders
from tests.builders import NOW

from .story import Unit, kinds, later, street

pytestmark = [pytest.mark.django_db, pytest.mark.req("MNT-01"), pytest.mark.usefixtures("ampere")]


def test_equal_faults_are_one_alert_with_a_count_and_it_ends_with_its_fault() -> None:
    unit = Unit()
    unit.breaks(now=NOW)
    unit.breaks(now=later(2))
    unit.breaks(now=later(3), at=later(-1))  # told late
    alert = unit.alert
    assert (alert.count, alert.first_at, alert.last_at) == (3, later(-1), later(2))
    assert (alert.code, alert.mrec, alert.severity, alert.cause, alert.broken, alert.source) == (
        "over_current", "CX004", "critical", "hardware", True, "adapter",
    )  # fmt: skip
    assert (alert.evse, alert.location) == (unit.evse, unit.evse.location)
    unit.recovers(now=later(4))
    alert = unit.alert
    assert (alert.state, alert.cleared_at, alert.resolved_at, alert.resolved_by) == (
        "resolved", later(4), later(4), None,
    )  # fmt: skip
    assert kinds(alert) == ["opened", "cleared"]
    told = Event.objects.filter(audience="operations", kind="alert").values_list("data__state", flat=True)
    assert list(told) == ["open", "resolved"], "the second and third are told to nobody"


def test_another_fault_of_the_unit_is_another_alert() -> None:
    unit = Unit()
    unit.breaks(wire.FAULT_METER)
    unit.breaks(wire.FAULT_TAMPER)
    unit.recovers(wire.FAULT_METER, now=later(1))
    assert [(row.code, row.state, row.cause) for row in unit.alerts] == [
        ("meter_failure", "resolved", "hardware"),
        ("tamper", "open", "vandalism"),
    ]


def test_news_of_a_fault_that_is_over_already_opens_nothing() -> None:
    unit = Unit()
    unit.recovers(now=later(5))
    unit.breaks(now=later(6), at=later(3))
    assert unit.alerts == []


def test_within_minutes_it_is_the_same_alert_and_after_that_a_new_one() -> None:
    unit = Unit()
    unit.breaks(now=NOW)
    unit.recovers(now=later(1))
    unit.breaks(now=later(10))
    assert (unit.alert.state, unit.alert.openings, unit.alert.count) == ("open", 2, 2)
    unit.recovers(now=later(11))
    unit.breaks(now=later(30))
    assert [row.openings for row in unit.alerts] == [2, 1]


def test_one_that_comes_and_goes_stays_open_until_it_has_been_quiet() -> None:
    unit = Unit()
    for minute in range(0, 12, 2):
        unit.breaks(now=later(minute))
        unit.recovers(now=later(minute + 1))
    alert = unit.alert
    assert (alert.flapping, alert.state, alert.openings, alert.count) == (True, "open", 3, 6)
    unit.heard(later(20))
    tasks.watch(later(20))
    assert unit.alert.state == "open"
    unit.heard(later(27))
    tasks.watch(later(27))
    assert (unit.alert.state, kinds(unit.alert)) == (
        "resolved", ["opened", "cleared", "reopened", "cleared", "reopened", "cleared"],
    )  # fmt: skip


def test_a_flood_of_equal_faults_is_one_alert_and_each_costs_one_statement() -> None:
    unit = Unit()
    unit.breaks(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        unit.breaks(now=later(1))
    ours = [q["sql"] for q in queries if "maintenance_" in q["sql"]]
    for number in range(100):
        unit.breaks(now=later(1) + timedelta(seconds=number))
    alert = unit.alert
    assert (alert.count, kinds(alert)) == (102, ["opened"])
    assert len(ours) == 1 and ours[0].startswith("UPDATE"), ours


def test_a_device_that_is_away_is_an_alert_after_a_while_and_no_broken_charger() -> None:
    unit = Unit()
    unit.goes(online=False, now=NOW)
    tasks.watch(later(4))
    assert unit.alerts == []
    tasks.watch(later(6))
    tasks.watch(later(7))
    alert = unit.alert
    assert (alert.code, alert.mrec, alert.cause, alert.broken, alert.count, alert.first_at) == (
        "offline", "CX013", "network", False, 1, NOW,
    )  # fmt: skip
    unit.goes(online=True, now=later(9))
    tasks.watch(later(9))
    assert unit.alert.state == "resolved"


def test_a_device_that_claims_to_be_there_and_says_nothing_is_an_alert() -> None:
    unit = Unit()
    tasks.watch(later(14))
    assert unit.alerts == []
    tasks.watch(later(16))
    assert (unit.alert.code, unit.outages[0].origin) == ("heartbeat_missing", "offline")


def test_a_site_that_goes_dark_is_one_alert_with_its_units_below() -> None:
    units, other = street(8), Unit()
    for unit in units:
        unit.goes(online=False)
    other.heard(later(6))
    tasks.watch(later(6))
    whole = Alert.objects.get(device_id="")
    assert (whole.code, whole.severity, whole.count, whole.location) == (
        "site_offline", "critical", 8, units[0].evse.location,
    )  # fmt: skip
    assert [unit.alert.group for unit in units] == [whole] * 8
    assert Event.objects.filter(kind="alert").count() == 1, "of fifty only one is told"
    assert all(len(unit.outages) == 1 for unit in units) and other.alerts == []
    for unit in units:
        unit.goes(online=True, now=later(8))
    tasks.watch(later(8))
    whole.refresh_from_db()
    assert (whole.state, {unit.alert.state for unit in units}) == ("resolved", {"resolved"})


def test_few_of_many_are_not_a_storm() -> None:
    units = street(8)
    for unit in units:
        unit.heard(later(5))
    for unit in units[:3]:
        unit.goes(online=False, now=NOW)
    tasks.watch(later(6))
    assert not Alert.objects.filter(device_id="").exists()
    assert Alert.objects.filter(group=None, code="offline").count() == 3


def test_starts_refused_in_a_row_are_an_alert_until_one_works() -> None:
    unit = Unit()
    MaintenancePolicy.objects.create(refused_starts=2)
    unit.says(wire.EV_REFUSED, reason=wire.REFUSE_CLOCK)
    assert unit.alerts == []
    unit.says(wire.EV_REFUSED, reason=wire.REFUSE_CLOCK)
    assert (unit.alert.code, unit.alert.detail) == ("refused_by_device", {"reason": "clock_not_set"})


def test_a_failed_update_is_an_alert_that_ends_after_a_day() -> None:
    unit = Unit()
    unit.says(wire.EV_NOTICE, wire.NOTICE_OTA, reason="failed:digest")
    assert (unit.alert.code, unit.alert.detail) == ("firmware_failed", {"reason": "failed:digest"})
    unit.recovers(now=later(1))
    assert unit.alert.state == "open"
    unit.heard(later(24 * 60 + 1))
    tasks.watch(later(24 * 60 + 1))
    assert unit.alert.state == "resolved"


def test_a_charger_that_is_warm_is_an_alert_until_it_offers_all_of_its_power_again() -> None:
    unit = Unit()
    unit.says(wire.EV_NOTICE, wire.NOTICE_DERATING, reason="40 %")
    assert (unit.alert.code, unit.alert.detail) == ("derating", {"reason": "40 %"})
    unit.says(wire.EV_NOTICE, wire.NOTICE_DERATING, now=later(5), reason="100 %")
    assert (unit.alert.state, unit.alert.count) == ("resolved", 1)


def test_closed_by_hand_and_still_broken_comes_back() -> None:
    unit, healthy, boss = Unit(), Unit(), builders.person("boss", "operator")
    for one in (unit, healthy):
        one.breaks()
        deciding.resolve(alert=one.alert, reason="seen", by=boss, now=later(1))
    healthy.recovers(now=later(2))
    for minute in (3, 4):
        unit.heard(later(minute))
        healthy.heard(later(minute))
        tasks.watch(later(minute))
    assert (unit.alert.state, kinds(unit.alert)) == ("open", ["opened", "resolved", "reopened"])
    assert healthy.alert.state == "resolved"
    unit.recovers(now=later(5))
    assert unit.alert.state == "resolved"
