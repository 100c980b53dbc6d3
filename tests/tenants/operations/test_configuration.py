"""Templates: what differs is shown by name and since when, and set right station by station, or given back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.kit.errors import Forbidden, Invalid
from saas.kit.time import iso
from tenants.operations import actions, configuring, queries
from tenants.operations.actions import Plan, WantedTemplate
from tenants.operations.comparing import same
from tenants.operations.errors import NameTaken
from tenants.operations.models import ConfigurationTemplate, TemplateCheck
from tenants.operations.tasks import compare
from tests import builders
from tests.builders import NOW, Cast

from .story import Clock, Peer, group_of

V16, V201 = configuring.V16, configuring.V201
PLAN = Plan(stages=(100,), failure_limit_pct=100, soak_s=0, device_timeout_s=600, patience_s=600)


class Keys(dict[str, list[Any]]):
    """A 1.6 station's configuration: key → [value, readonly]. Answers like one."""

    def attach(self, peer: Peer) -> "Keys":
        peer.answers |= {"GetConfiguration": self.read, "ChangeConfiguration": self.write}
        return self

    def read(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = [{"key": key, "value": self[key][0], "readonly": self[key][1]} for key in asked["key"] if key in self]
        return {"configurationKey": known, "unknownKey": [key for key in asked["key"] if key not in self]}

    def write(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["key"] not in self or asked["value"] == "refuse":
            return {"status": "NotSupported" if asked["key"] not in self else "Rejected"}
        self[asked["key"]][0] = asked["value"]
        return {"status": "RebootRequired" if asked["key"] == "Boot" else "Accepted"}


def variables(held: dict[str, str]) -> dict[str, Any]:
    """A 2.0.1 station's answers: Component.Variable[.instance] → value."""

    def name(one: dict[str, Any]) -> str:
        parts = (one["component"]["name"], one["variable"]["name"], one["variable"].get("instance"))
        return ".".join(part for part in parts if part)

    def read(asked: dict[str, Any]) -> dict[str, Any]:
        rows = [
            {**one, "attributeStatus": "Accepted", "attributeValue": held[name(one)]}
            if name(one) in held
            else {**one, "attributeStatus": "UnknownVariable"}
            for one in asked["getVariableData"]
        ]
        return {"getVariableResult": rows}

    def write(asked: dict[str, Any]) -> dict[str, Any]:
        rows = []
        for one in asked["setVariableData"]:
            good = name(one) in held
            if good:
                held[name(one)] = one["attributeValue"]
            named = {part: one[part] for part in ("component", "variable")}
            rows.append({**named, "attributeStatus": "Accepted" if good else "UnknownVariable"})
        return {"setVariableResult": rows}

    return {"GetVariables": read, "SetVariables": write}


def template(people: Cast, *peers: Peer, **values: dict[str, str]) -> ConfigurationTemplate:
    protocols = {"v16": V16, "v201": V201}
    group = group_of(*peers, by=people.operator)
    wanted = WantedTemplate(
        name="House rules", values={protocols[name]: held for name, held in values.items()}, groups=(group,)
    )
    return actions.create_template(wanted=wanted, by=people.operator, now=NOW)


def findings(made: ConfigurationTemplate) -> dict[str, dict[str, tuple[str, str | None]]]:
    """Station → key → kind and actual value."""
    rows = TemplateCheck.objects.filter(template=made)
    return {row.name: {key: (one["kind"], one["actual"]) for key, one in row.findings.items()} for row in rows}


@pytest.mark.req("CHG-04")
def test_drift_is_told_per_station_by_name_and_since_when(people: Cast, clock: Clock) -> None:
    old, new = Peer(clock, "OLD"), Peer(clock, "NEW", V201)
    keys = Keys(HeartbeatInterval=["30", False], Phases=["3", True], Listed=["b, a", False]).attach(old)
    held = {"OCPPCommCtrlr.HeartbeatInterval": "60.0", "AlignedDataCtrlr.Measurands": "x"}
    new.answers |= variables(held)
    made = template(
        people, old, new,
        v16={"HeartbeatInterval": "60", "Phases": "1", "Listed": "a,b", "Nope": "1"},
        v201={"OCPPCommCtrlr.HeartbeatInterval": "60", "AlignedDataCtrlr.Measurands": "y", "A.B.c": "1"},
    )  # fmt: skip
    clock.pass_(5)
    assert old.answer() == new.answer() == 1
    assert findings(made) == {
        "OLD": {"HeartbeatInterval": ("differs", "30"), "Phases": ("readonly", "3"), "Nope": ("unknown", None)},
        "NEW": {"AlignedDataCtrlr.Measurands": ("differs", "x"), "A.B.c": ("unknown", None)},
    }
    assert queries.drift_counts(made) == {"stations": 2, "drifting": 2, "open": 0, "failed": 0}
    first = TemplateCheck.objects.get(name="OLD").findings
    keys["Phases"][0], keys["HeartbeatInterval"][0] = "2", "60"
    clock.pass_(86_400)
    compare(clock.now)
    clock.pass_(5)
    old.answer()
    later = TemplateCheck.objects.get(name="OLD").findings
    assert set(later) == {"Phases", "Nope"} and later["Nope"]["since"] == first["Nope"]["since"] == iso(
        NOW + timedelta(seconds=5)
    )
    assert later["Phases"]["since"] == iso(clock.now), "another wrong value is another drift"


@pytest.mark.req("CHG-04")
def test_what_is_away_is_asked_again_and_keeps_what_was_found(people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "S-1")
    Keys(A=["1", False]).attach(peer)
    made = template(people, peer, v16={"A": "2"})
    clock.pass_(5)
    peer.answer()
    peer.goes(online=False)
    actions.check_now(template=made, by=people.operator, now=clock.now)
    clock.pass_(5)
    check = TemplateCheck.objects.get()
    assert (check.state, check.error) == ("due", "offline") and "A" in check.findings
    peer.goes(online=True)
    clock.pass_(5)
    assert not peer.waiting(), "not every few seconds"
    clock.pass_(15 * 60)
    peer.answer()
    check.refresh_from_db()
    assert check.state == "checked"


@pytest.mark.req("CHG-04")
def test_fixing_reads_sets_and_reads_back(people: Cast, clock: Clock) -> None:
    peer, fine = Peer(clock, "S-1"), Peer(clock, "S-2")
    keys = Keys(A=["1", False], B=["true", False], Boot=["0", False]).attach(peer)
    Keys(A=["2", False], B=["TRUE", False], Boot=["1", False]).attach(fine)
    made = template(people, peer, fine, v16={"A": "2", "B": "True", "Boot": "1"})
    clock.pass_(5)
    peer.answer()
    fine.answer()
    rollout = actions.fix_drift(template=made, by=people.operator, now=clock.now, plan=PLAN)
    peer.answer()
    row = rollout.devices.get()
    assert (row.name, row.state, row.changed) == ("S-1", "done", ["A", "Boot"])
    assert row.before == {"A": "1", "B": "true", "Boot": "0"} and "next restart" in row.note
    assert {key: value for key, (value, _) in keys.items()} == {"A": "2", "B": "true", "Boot": "1"}
    clock.pass_(5)
    back = actions.revert(rollout=rollout, by=people.operator, now=clock.now)
    peer.answer()
    back.refresh_from_db()
    assert {key: value for key, (value, _) in keys.items()} == {"A": "1", "B": "true", "Boot": "0"}
    clock.pass_(5)
    back.refresh_from_db()
    assert back.state == "done"


@pytest.mark.req("CHG-04")
def test_a_value_that_is_refused_gives_back_the_ones_before_it(people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "S-1")
    keys = Keys(A=["1", False], B=["1", False]).attach(peer)
    made = template(people, peer, v16={"A": "2", "B": "refuse"})
    rollout = actions.begin_configuration(template=made, by=people.operator, now=clock.now, plan=PLAN)
    peer.answer()
    row = rollout.devices.get()
    assert (row.state, row.error, row.error_text) == ("failed", "Rejected", "B = refuse")
    assert keys == {"A": ["1", False], "B": ["1", False]} and row.changed == []


@pytest.mark.req("CHG-04")
def test_a_value_that_is_not_kept_is_a_failure(people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "S-1")
    keys = Keys(A=["1", False]).attach(peer)
    peer.answers["ChangeConfiguration"] = {"status": "Accepted"}
    made = template(people, peer, v16={"A": "2"})
    rollout = actions.begin_configuration(template=made, by=people.operator, now=clock.now, plan=PLAN)
    peer.answer()
    assert [(row.state, row.error, row.error_text) for row in rollout.devices.all()] == [
        ("failed", "value_not_kept", "A")
    ]
    assert keys["A"][0] == "1"


@pytest.mark.req("CHG-04")
@pytest.mark.parametrize(("held", "error"), [({"A": ["1", True]}, "readonly_key"), ({}, "unknown_key")])
def test_keys_that_cannot_be_set_stop_a_station_before_anything_is_set(
    people: Cast, clock: Clock, held: dict[str, list[Any]], error: str
) -> None:
    peer = Peer(clock, "S-1")
    keys = Keys(B=["1", False], **held).attach(peer)
    made = template(people, peer, v16={"B": "2", "A": "2"})
    rollout = actions.begin_configuration(template=made, by=people.operator, now=clock.now, plan=PLAN)
    peer.answer()
    assert [(row.error, row.error_text) for row in rollout.devices.all()] == [(error, "A")] and keys["B"][0] == "1"


@pytest.mark.req("CHG-04")
def test_a_station_that_goes_away_in_the_middle_goes_on_where_it_was(people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "S-1", V201)
    held = {f"C.V{n}": "1" for n in range(15)}
    peer.answers |= variables(held)
    made = template(people, peer, v201=dict.fromkeys(held, "2"))
    rollout = actions.begin_configuration(template=made, by=people.operator, now=clock.now, plan=PLAN)
    peer.answer(4)
    peer.goes(online=False)
    said = peer.answers["SetVariables"]
    peer.answers["SetVariables"] = "offline"
    peer.answer()
    assert rollout.devices.get().state == "working"
    peer.answers["SetVariables"] = said
    peer.goes(online=True)
    clock.pass_(5)
    peer.answer()
    assert rollout.devices.get().state == "done" and set(held.values()) == {"2"}
    sets = [payload["setVariableData"][0]["variable"]["name"] for action, payload in peer.heard if "Set" in action]
    assert len(sets) == 16 and len(set(sets)) == 15, "one was said twice: whether it had come nobody knew"


@pytest.mark.req("CHG-04", "TEN-04")
def test_templates_that_do_not_fit_are_refused(people: Cast, clock: Clock) -> None:
    wanted = WantedTemplate(name="T", values={V16: {"A": "1"}})
    made = actions.create_template(wanted=wanted, by=people.operator, now=NOW)
    with pytest.raises(NameTaken):
        actions.create_template(wanted=wanted, by=people.operator, now=NOW)
    for values in ({}, {"ocpp9": {"A": "1"}}, {V16: {"": "1"}}, {V201: {"NoDot": "1"}}, {V16: {"A" * 51: "1"}}):
        with pytest.raises(Invalid):
            actions.change_template(template=made, wanted=replace(wanted, values=values), by=people.operator, now=NOW)
    with pytest.raises(Forbidden):
        actions.delete_template(template=made, by=builders.person("support", "support"), now=NOW)


@pytest.mark.req("CHG-04")
@pytest.mark.parametrize(
    ("key", "expected", "actual", "equal"),
    [
        ("A", "60", "60.0", True), ("A", "60", " 060 ", True), ("A", "60", "61", False), ("A", "true", "TRUE", True),
        ("A", "true", "1", False), ("A", "a,b", "b, a", True), ("A", "a,b", "a", False), ("A", "x", None, False),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", "1,2", "2,1", False), ("A", "Abc", "abc", False),
        ("A", "nan", "NaN", False), ("A", "", " ", True),
    ],
)  # fmt: skip
def test_values_are_compared_as_stations_write_them(key: str, expected: str, actual: str | None, equal: bool) -> None:
    assert same(key, expected, actual) is equal


@given(st.text(max_size=20), st.text(max_size=20))
def test_comparing_is_fair(one: str, other: str) -> None:
    assert same("A", one, one) and same("A", one, other) == same("A", other, one)
