"""Whatever happens in whatever order: one open alert per unit and code, and a work order never leaves its table."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from saas.contracts.telemetry import wire
from saas.kit.errors import Refused
from tenants.maintenance import tasks
from tenants.maintenance.actions import deciding, orders
from tenants.maintenance.actions.orders import Job, Result
from tenants.maintenance.errors import NotYours, OutcomeMissing, ReasonMissing, StillDown, WrongStep
from tenants.maintenance.models import Alert, Outage, WorkOrder
from tenants.maintenance.stages import OVER, STEPS
from tests import builders
from tests.builders import NOW

from .story import Unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ampere")]
CODES = (wire.FAULT_OVER_CURRENT, wire.FAULT_METER)
SETTINGS = settings(
    max_examples=25, stateful_step_count=14, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


class Machine(RuleBasedStateMachine):
    """Each run is undone at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.now = NOW

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    def wait(self, minutes: int) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now


class Alerts(Machine):
    """Faults come and go, late or not, devices too; people press. A model keeps what must be true."""

    @initialize()
    def begin(self) -> None:
        self.unit, self.boss = Unit(listed=False), builders.person("boss", "operator")
        self.raised: dict[str, datetime] = {}
        self.cleared: dict[str, datetime] = {}
        self.told = 0

    @rule(code=st.sampled_from(CODES), minutes=st.integers(0, 20), late=st.integers(0, 30))
    def breaks(self, code: str, minutes: int, late: int) -> None:
        at = self.wait(minutes) - timedelta(minutes=late)
        self.unit.breaks(code, now=self.now, at=at)
        self.raised[code] = max(self.raised.get(code, at), at)
        self.told += self.active(code)

    @rule(code=st.sampled_from(CODES), minutes=st.integers(0, 20), late=st.integers(0, 30))
    def recovers(self, code: str, minutes: int, late: int) -> None:
        at = self.wait(minutes) - timedelta(minutes=late)
        self.unit.recovers(code, now=self.now, at=at)
        self.cleared[code] = max(self.cleared.get(code, at), at)

    @rule(minutes=st.integers(0, 40))
    def time_passes(self, minutes: int) -> None:
        self.unit.heard(self.wait(minutes))
        tasks.watch(self.now)

    @rule(code=st.sampled_from(CODES))
    def somebody_acknowledges(self, code: str) -> None:
        deciding.acknowledge(alerts=list(Alert.objects.filter(code=code)), by=self.boss, now=self.now)

    def active(self, code: str) -> bool:
        return code in self.raised and self.raised[code] > self.cleared.get(code, self.raised[code] - timedelta(days=1))

    @invariant()
    def one_open_alert_where_something_is_wrong(self) -> None:
        for code in CODES if hasattr(self, "unit") else ():
            rows = [row for row in self.unit.alerts if row.code == code and row.resolved_at is None]
            assert len(rows) <= 1
            if self.active(code):
                assert len(rows) == 1, f"{code} is wrong, and nobody can see it"
            elif rows:
                assert rows[0].flapping and rows[0].cleared_at is not None, f"{code} is over"

    @invariant()
    def nothing_is_lost_or_counted_twice(self) -> None:
        if hasattr(self, "unit"):
            assert sum(row.count for row in self.unit.alerts) == self.told
            for row in self.unit.alerts:
                assert row.first_at <= row.last_at
                assert (row.state == "resolved") is (row.resolved_at is not None)

    @invariant()
    def outages_do_not_overlap_and_one_lasts_while_it_is_down(self) -> None:
        if not hasattr(self, "unit"):
            return
        rows = self.unit.outages
        for first, second in pairwise(rows):
            assert first.ended_at is not None and first.ended_at <= second.began_at
        down = any(self.active(code) for code in CODES)
        assert Outage.objects.filter(evse=self.unit.evse, ended_at=None).exists() is down


class Orders(Machine):
    """Everybody tries everything; only what the table of steps allows happens."""

    @initialize()
    def begin(self) -> None:
        self.unit, self.boss = Unit(listed=False), builders.person("boss", "operator")
        self.crew = [builders.person(name, "technician") for name in ("one", "two")]
        self.order = orders.order_by_hand(evse=self.unit.evse, job=Job("Look"), by=self.boss, now=NOW)
        self.state, self.holder = "open", None
        self.broken = False

    @rule(
        verb=st.sampled_from(sorted(STEPS)), who=st.sampled_from(["boss", 0, 1]), to=st.sampled_from([0, 1]),
        reason=st.booleans(), result=st.booleans(),
    )  # fmt: skip
    def somebody_presses(self, verb: str, who: Any, to: int, reason: bool, result: bool) -> None:
        by = self.boss if who == "boss" else self.crew[who]
        why = self.refusal(verb, who, reason=reason, result=result)
        more: dict[str, Any] = {"assignee": self.crew[to], "text": "because" if reason else ""}
        if result:
            more["result"] = Result("fixed", "hardware", "CX017")
        order = WorkOrder.objects.get(pk=self.order.pk)
        if why is not None:
            with pytest.raises(why):
                orders.step(order=order, verb=verb, by=by, now=self.wait(1), **more)
            return
        orders.step(order=order, verb=verb, by=by, now=self.wait(1), **more)
        self.state = STEPS[verb].after
        self.holder = to if verb == "assign" else None if verb == "decline" else self.holder

    @rule(pick=st.integers(0, 99), to=st.sampled_from([0, 1]))
    def the_work_goes_on(self, pick: int, to: int) -> None:
        """A step that is allowed, by whom it is for: else nobody would ever reach the end."""
        allowed = [verb for verb, one in STEPS.items() if self.state in one.before]
        if allowed:
            verb = allowed[pick % len(allowed)]
            who = self.holder if STEPS[verb].by_assignee else "boss"
            self.somebody_presses(verb=verb, who=who, to=to, reason=True, result=True)

    @precondition(lambda self: hasattr(self, "unit"))
    @rule(broken=st.booleans())
    def the_charger_breaks_or_not(self, broken: bool) -> None:
        (self.unit.breaks if broken else self.unit.recovers)(now=self.wait(1))
        self.broken = broken

    def refusal(self, verb: str, who: Any, *, reason: bool, result: bool) -> type[Refused] | None:
        rule_ = STEPS[verb]
        if (who != self.holder) if rule_.by_assignee else (who != "boss"):
            return NotYours
        if self.state not in rule_.before:
            return WrongStep
        if rule_.reason and not reason:
            return ReasonMissing
        if verb == "finish" and not result:
            return OutcomeMissing
        return StillDown if verb == "verify" and self.broken else None

    @invariant()
    def it_stands_where_the_table_says(self) -> None:
        if not hasattr(self, "order"):
            return
        row = WorkOrder.objects.get(pk=self.order.pk)
        assert row.state == self.state
        assert (row.assignee in self.crew) is (self.holder is not None)
        assert (row.closed_at is not None) is (row.state in OVER)
        if row.state in ("done", "verified"):
            assert row.verdict and row.done_at is not None
        assert list(row.steps.order_by("pk").values_list("state", flat=True))[-1] == row.state


@pytest.mark.slow
@pytest.mark.req("MNT-01", "MNT-03")
def test_alerts_hold_in_any_order() -> None:
    run_state_machine_as_test(Alerts, settings=SETTINGS)


@pytest.mark.slow
@pytest.mark.req("MNT-05")
def test_a_work_order_never_leaves_its_table() -> None:
    run_state_machine_as_test(Orders, settings=SETTINGS)
