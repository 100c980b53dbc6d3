"""Outages follow what is known of an EVSE, do not overlap, and are corrected by people with a reason."""

from datetime import timedelta

import pytest
import time_machine

from saas.contracts.telemetry import wire
from saas.kit.errors import Invalid
from tenants.accounts.models import AuditEntry
from tenants.maintenance import tasks
from tenants.maintenance.actions.outages import edit_outage
from tenants.maintenance.actions.settings import add_silence
from tenants.maintenance.errors import OutagesOverlap, PeriodEmpty, ReasonMissing
from tenants.maintenance.models import Outage, StatusChange
from tenants.sites.models import Evse
from tests import builders
from tests.builders import NOW
from tests.tenants.stations.rig import Rig

from .story import Unit, later

pytestmark = [
    pytest.mark.django_db, pytest.mark.req("MNT-03"), pytest.mark.usefixtures("ampere"),
]  # fmt: skip


def test_a_fault_is_an_outage_from_its_own_time_to_its_end() -> None:
    unit = Unit()
    unit.breaks(wire.FAULT_STUCK_RELAY, now=later(3), at=NOW)
    (outage,) = unit.outages
    assert (outage.origin, outage.began_at, outage.ended_at, outage.cause, outage.mrec, outage.broken) == (
        "fault", NOW, None, "hardware", "CX017", True,
    )  # fmt: skip
    unit.recovers(wire.FAULT_STUCK_RELAY, now=later(63))
    (outage,) = unit.outages
    assert outage.ended_at == later(63)


def test_a_second_fault_does_not_make_a_second_outage() -> None:
    unit = Unit()
    unit.breaks(wire.FAULT_METER, now=NOW)
    unit.breaks(wire.FAULT_TAMPER, now=later(1))
    unit.recovers(wire.FAULT_METER, now=later(2))
    assert [row.ended_at for row in unit.outages] == [None]
    unit.recovers(wire.FAULT_TAMPER, now=later(3))
    assert [row.ended_at for row in unit.outages] == [later(3)]


def test_away_and_broken_are_two_outages_one_after_the_other() -> None:
    unit = Unit()
    unit.goes(online=False, now=NOW)
    tasks.watch(later(10))
    unit.goes(online=True, now=later(20))
    unit.breaks(now=later(20), at=later(15))
    unit.heard(later(21))
    tasks.watch(later(21))
    assert [(row.origin, row.began_at, row.ended_at, row.cause, row.broken) for row in unit.outages] == [
        ("offline", NOW, later(15), "network", False),
        ("fault", later(15), None, "hardware", True),
    ]
    unit.recovers(now=later(30))
    assert [row.ended_at for row in unit.outages] == [later(15), later(30)]


def test_one_that_is_back_in_order_ends_its_outage_with_the_next_look() -> None:
    unit = Unit()
    unit.goes(online=False, now=NOW)
    tasks.watch(later(10))
    unit.goes(online=True, now=later(12))
    tasks.watch(later(12))
    (outage,) = unit.outages
    assert (outage.began_at, outage.ended_at, outage.exclusion) == (NOW, later(12), "")


def test_a_switched_off_connector_is_no_broken_charger() -> None:
    rig = Rig()
    evse = builders.evse(of=rig.device)
    from saas.contracts import rpc
    from saas.kit.time import to_ms
    from tenants.stations.actions import station_status

    for minute, status in ((0, "Available"), (1, "Unavailable"), (5, "Available")):
        at = later(minute)
        told = rpc.StatusReport(
            device=rig.device.device_id, evse=1, status=status, error_code="NoError", ts_ms=to_ms(at)
        )
        station_status(device=rig.device, status=told, now=at)
    (outage,) = Outage.objects.filter(evse=evse)
    assert (outage.origin, outage.began_at, outage.ended_at, outage.cause, outage.broken, outage.mrec) == (
        "unavailable", later(1), later(5), "planned", False, "",
    )  # fmt: skip
    assert list(StatusChange.objects.filter(evse=evse).order_by("pk").values_list("status", flat=True)) == [
        "AVAILABLE", "INOPERATIVE", "AVAILABLE",
    ]  # fmt: skip


def test_a_guess_counts_against_uptime_until_a_person_has_made_sure() -> None:
    unit, operator = Unit(), builders.person("ops", "operator")
    unit.breaks(wire.FAULT_TAMPER)
    (outage,) = unit.outages
    assert (outage.cause, outage.exclusion, outage.guessed_exclusion) == ("vandalism", "", "vandalism")
    with pytest.raises(ReasonMissing):
        edit_outage(outage=outage, wanted={"exclusion": "vandalism"}, reason=" ", by=operator, now=NOW)
    wanted = {"cause": "grid", "exclusion": "utility_interruption", "ended_at": later(9)}
    row = edit_outage(outage=outage, wanted=wanted, reason="A letter of the utility", by=operator, now=later(10))
    assert (row.cause, row.guessed_cause, row.exclusion, row.guessed_exclusion) == (
        "grid", "vandalism", "utility_interruption", "vandalism",
    )  # fmt: skip
    (edit,) = row.edits.all()
    assert (edit.reason, edit.by, edit.changes["cause"]) == (
        "A letter of the utility", operator, ["vandalism", "grid"],
    )  # fmt: skip
    assert AuditEntry.objects.get(act="outage.edited").actor == operator


def test_an_edit_cannot_make_nonsense() -> None:
    unit, operator = Unit(), builders.person("ops", "operator")
    for minute in (0, 60):
        unit.breaks(now=later(minute))
        unit.recovers(now=later(minute + 10))
    first, second = unit.outages
    for wanted, refusal in (
        ({"ended_at": NOW - timedelta(minutes=1)}, PeriodEmpty),
        ({"ended_at": later(65)}, OutagesOverlap),
        ({"ended_at": later(100)}, Invalid),
        ({"began_at": later(100), "ended_at": None}, Invalid),
        ({"ended_at": None}, OutagesOverlap),
        ({"cause": "weather"}, Invalid),
        ({"exclusion": "bad_luck"}, Invalid),
        ({"mrec": "CX099"}, Invalid),
    ):
        with pytest.raises(refusal):
            edit_outage(outage=first, wanted=wanted, reason="so", by=operator, now=later(99))
    edit_outage(outage=second, wanted={"withdrawn": True}, reason="a test", by=operator, now=later(99))
    edit_outage(outage=first, wanted={"ended_at": later(65)}, reason="longer", by=operator, now=later(99))


def test_planned_maintenance_is_excluded_because_it_was_announced() -> None:
    unit, operator = Unit(), builders.person("ops", "operator")
    with time_machine.travel(later(5), tick=False):
        add_silence(
            starts_at=NOW, ends_at=later(60), reason="New contactors", planned=True, location=unit.evse.location,
            by=operator, now=NOW,
        )  # fmt: skip
        unit.breaks(now=later(5))
    (outage,) = unit.outages
    assert (outage.planned, outage.cause, outage.exclusion, outage.broken) == (
        True, "planned", "scheduled_maintenance", False,
    )  # fmt: skip
    assert unit.alert.silence is not None
    assert Evse.objects.get(pk=unit.evse.pk).status == "OUTOFORDER"


def test_what_was_announced_for_an_hour_does_not_excuse_what_lasts_longer() -> None:
    unit, operator = Unit(), builders.person("ops", "operator")
    with time_machine.travel(later(5), tick=False):
        add_silence(starts_at=NOW, ends_at=later(60), reason="Paint", planned=True, by=operator, now=NOW)
        unit.breaks(wire.FAULT_STUCK_RELAY, now=later(5))
    for minute in (59, 61, 62):
        unit.heard(later(minute))
        tasks.watch(later(minute))
    assert [(row.began_at, row.ended_at, row.exclusion, row.cause, row.broken) for row in unit.outages] == [
        (later(5), later(60), "scheduled_maintenance", "planned", False),
        (later(60), None, "", "hardware", True),
    ]
