"""An action on a whole group: all are asked once, what they say is kept by name, nothing is lost or repeated."""

from collections import Counter

import pytest

from saas.kit.errors import Forbidden, Invalid
from tenants.cards.actions import register
from tenants.charging.models import Session
from tenants.operations import actions, queries
from tenants.operations.errors import ActionOver, NoDevices
from tenants.operations.models import GroupAction
from tenants.stations.actions import receive_file
from tests import builders
from tests.builders import NOW, Cast

from .story import Adapter, Clock, Peer, group_of


def states(action: GroupAction) -> dict[str, tuple[str, str]]:
    """Name → state and error."""
    return {task.name: (task.state, task.error) for task in action.tasks.all()}


@pytest.mark.req("CHG-03")
def test_partial_failure_is_told_by_name_and_only_that_is_tried_again(people: Cast, clock: Clock) -> None:
    good, no, error, away = (Peer(clock, name) for name in ("A-1", "A-2", "A-3", "A-4"))
    no.answers["Reset"], error.answers["Reset"] = {"status": "Rejected"}, "NotSupported"
    away.goes(online=False)
    adapter = Adapter(clock)
    group = group_of(good, no, error, away, adapter, by=people.operator)
    action = actions.start_action(
        group=group, verb="restart", parameters={"kind": "hard"}, by=people.operator, now=NOW, wait_s=60
    )
    for peer in (good, no, error, away):
        peer.answer()
    assert good.heard == [("Reset", {"type": "Hard"})] and away.heard == []
    found = states(action)
    assert found["A-1"] == ("done", "") and found["A-2"] == ("refused", "Rejected")
    assert found["A-3"] == ("refused", "NotSupported") and found["A-4"] == ("queued", "")
    assert found[adapter.device.device_id] == ("skipped", "not_supported")
    clock.pass_(61)
    action.refresh_from_db()
    assert states(action)["A-4"] == ("offline", "offline") and action.state == "done"
    no.answers.clear()
    away.goes(online=True)
    actions.retry_action(action=action, by=people.operator, now=clock.now)
    for peer in (good, no, error, away):
        peer.answer()
    clock.pass_(5)
    assert Counter(state for state, _ in states(action).values()) == {"done": 3, "refused": 1, "skipped": 1}
    assert len(good.heard) == 1, "who answered is not asked again"


@pytest.mark.req("CHG-03")
def test_at_most_so_many_at_once_and_the_next_when_one_answers(people: Cast, clock: Clock) -> None:
    peers = [Peer(clock, f"B-{n}") for n in range(5)]
    action = actions.start_action(
        group=group_of(*peers, by=people.operator), verb="clear_cache", parameters={}, by=people.operator, now=NOW,
        concurrency=2,
    )  # fmt: skip
    assert sum(len(peer.waiting()) for peer in peers) == 2
    next(peer for peer in peers if peer.waiting()).answer()
    assert sum(len(peer.waiting()) for peer in peers) == 2
    for _ in range(3):
        for peer in peers:
            peer.answer(1)
    action.refresh_from_db()
    assert action.state == "done" and [len(peer.heard) for peer in peers] == [1] * 5
    assert queries.counts([action])[action.pk].finished_pct == 100


@pytest.mark.req("CHG-03")
def test_the_pace_holds_over_a_minute(people: Cast, clock: Clock) -> None:
    peers = [Peer(clock, f"C-{n}") for n in range(4)]
    actions.start_action(
        group=group_of(*peers, by=people.operator), verb="clear_cache", parameters={}, by=people.operator, now=NOW,
        per_minute=3,
    )  # fmt: skip
    for peer in peers:
        peer.answer()
    clock.pass_(30)
    assert sum(len(peer.heard) for peer in peers) == 3 and not any(peer.waiting() for peer in peers)
    clock.pass_(31)
    assert sum(len(peer.waiting()) for peer in peers) == 1


@pytest.mark.req("CHG-03")
def test_who_charges_is_spared_until_free_and_then_left_out_by_name(people: Cast, clock: Clock) -> None:
    peer, other = Peer(clock, "D-1"), Peer(clock, "D-2")
    for one in (peer, other):
        evse = builders.evse(of=one.device)
        Session.objects.create(evse=evse, device_id=one.device.device_id, state="charging", currency="EUR")
    group = group_of(peer, other, by=people.operator)
    assert queries.charging_among(queries.members_of(group)) == 2
    action = actions.start_action(group=group, verb="restart", parameters={}, by=people.operator, now=NOW, wait_s=600)
    assert {task.waits_for for task in action.tasks.all()} == {"charging"}
    Session.objects.filter(device_id=peer.device.device_id).update(state="closed")
    clock.pass_(5)
    peer.answer()
    clock.pass_(600)
    assert peer.heard == [("Reset", {"type": "Soft"})] and other.heard == []
    assert states(action) == {"D-1": ("done", ""), "D-2": ("skipped", "charging")}


@pytest.mark.req("CHG-03")
def test_stop_ends_every_session_of_the_group(people: Cast, clock: Clock) -> None:
    peer, idle = Peer(clock, "E-1"), Peer(clock, "E-2")
    evse = builders.evse(of=peer.device)
    session = Session.objects.create(
        evse=evse, device_id=peer.device.device_id, state="charging", currency="EUR", transaction_id="5"
    )
    action = actions.start_action(
        group=group_of(peer, idle, by=people.operator), verb="stop", parameters={}, by=people.operator, now=NOW
    )
    clock.pass_(5)
    assert states(action) == {"E-1": ("sent", ""), "E-2": ("done", "")}
    session.refresh_from_db()
    assert session.stop_by == "operator" and session.commands.get().type == "stop"
    Session.objects.update(state="closed")
    clock.pass_(5)
    assert states(action)["E-1"] == ("done", "")


@pytest.mark.req("CHG-03", "CHG-10")
def test_the_list_of_cards_is_brought_up_to_date_step_by_step(people: Cast, clock: Clock) -> None:
    good, old = Peer(clock, "L-1"), Peer(clock, "L-2")
    register(id_tag="04A1B2C3", by=people.operator, now=NOW)
    for peer in (good, old):
        peer.answers["GetLocalListVersion"] = {"listVersion": 0}
    old.answers["SendLocalList"] = {"status": "NotSupported"}
    adapter = Adapter(clock)
    group = group_of(good, old, adapter, by=people.operator)
    action = actions.start_action(group=group, verb="sync_list", parameters={}, by=people.operator, now=NOW)
    good.answer()
    old.answer()
    clock.pass_(5)
    found = states(action)
    assert found["L-1"] == ("done", "") and found["L-2"] == ("refused", "NotSupported")
    assert found[adapter.device.device_id] == ("skipped", "not_supported")
    sent = [payload for name, payload in good.heard if name == "SendLocalList"]
    assert [entry["idTag"] for entry in sent[0]["localAuthorizationList"]] == ["04A1B2C3"]


@pytest.mark.req("CHG-03", "MNT-04")
def test_diagnostics_are_there_once_the_file_is(people: Cast, clock: Clock) -> None:
    old, new, nothing, never = (Peer(clock, name, "ocpp2.0.1" if name == "N-2" else "ocpp1.6") for name in
                                ("N-1", "N-2", "N-3", "N-4"))  # fmt: skip
    old.answers["GetDiagnostics"] = never.answers["GetDiagnostics"] = {"fileName": "log.zip"}
    new.answers["GetLog"], nothing.answers["GetDiagnostics"] = {"status": "Accepted", "filename": "l"}, {}
    group = group_of(old, new, nothing, never, by=people.operator)
    action = actions.start_action(group=group, verb="diagnostics", parameters={}, by=people.operator, now=NOW)
    for peer in (old, new, nothing, never):
        peer.answer()
    assert states(action)["N-1"] == ("sent", "") and states(action)["N-3"] == ("done", "")
    for peer, where in ((old, "location"), (new, "log")):
        place = peer.heard[0][1][where]
        token = (place if isinstance(place, str) else place["remoteLocation"]).rstrip("/").rpartition("/")[2]
        receive_file(token=token, name="log.zip", data=b"zip", now=clock.now)
    clock.pass_(1800)
    assert states(action)["N-1"] == states(action)["N-2"] == ("done", "")
    assert action.tasks.get(name="N-1").answer["size"] == 3
    clock.pass_(5)
    assert states(action)["N-4"] == ("failed", "no_file")


@pytest.mark.req("CHG-03")
def test_cancelling_sends_no_more_but_hears_what_was_sent(people: Cast, clock: Clock) -> None:
    peers = [Peer(clock, f"F-{n}") for n in range(3)]
    action = actions.start_action(
        group=group_of(*peers, by=people.operator), verb="clear_cache", parameters={}, by=people.operator, now=NOW,
        concurrency=1,
    )  # fmt: skip
    actions.cancel_action(action=action, by=people.operator, now=clock.now)
    for peer in peers:
        peer.answer()
    clock.pass_(5)
    assert Counter(state for state, _ in states(action).values()) == {"done": 1, "cancelled": 2}
    with pytest.raises(ActionOver):
        actions.cancel_action(action=action, by=people.operator, now=clock.now)


@pytest.mark.req("CHG-03")
def test_a_call_that_never_left_is_sent_again_one_that_may_have_come_is_not(people: Cast, clock: Clock) -> None:
    cut, silent = Peer(clock, "G-1"), Peer(clock, "G-2")
    said = iter(["offline", {"status": "Accepted"}])
    cut.answers["ClearCache"], silent.answers["ClearCache"] = lambda _: next(said), "no_answer"
    action = actions.start_action(
        group=group_of(cut, silent, by=people.operator), verb="clear_cache", parameters={}, by=people.operator, now=NOW
    )
    for peer in (cut, silent):
        peer.answer(1)
    assert states(action)["G-1"] == ("queued", "")
    clock.pass_(5)
    cut.answer()
    silent.answer()
    assert states(action) == {"G-1": ("done", ""), "G-2": ("failed", "no_answer")}
    assert len(silent.heard) == 1


@pytest.mark.req("CHG-03")
def test_adapters_take_what_they_have_commands_for(people: Cast, clock: Clock) -> None:
    adapter = Adapter(clock)
    group = group_of(adapter, by=people.operator)
    unlock = actions.start_action(group=group, verb="unlock", parameters={}, by=people.operator, now=NOW)
    adapter.reply("busy")
    assert states(unlock) == {adapter.device.device_id: ("refused", "busy")}
    setting = {"key": "idle_s", "value": "60"}
    config = actions.start_action(
        group=group, verb="set_configuration", parameters=setting, by=people.operator, now=NOW
    )
    assert adapter.reply() == [{"idle_s": 60}]
    assert states(config) == {adapter.device.device_id: ("done", "")}


@pytest.mark.req("CHG-03", "TEN-04")
def test_what_does_not_fit_is_refused(people: Cast, clock: Clock) -> None:
    asked = {"group": group_of(Peer(clock, "H-1"), by=people.operator), "verb": "restart", "parameters": {}, "now": NOW}
    with pytest.raises(NoDevices):
        empty = group_of(by=people.operator, name="Empty")
        actions.start_action(**(asked | {"group": empty}), by=people.operator)
    with pytest.raises(Forbidden):
        actions.start_action(**asked, by=people.driver)
    for wrong in (
        {"verb": "explode"},
        {"parameters": {"kind": "mildly"}},
        {"parameters": {"x": 1}},
        {"concurrency": 0},
    ):
        with pytest.raises(Invalid):
            actions.start_action(**(asked | wrong), by=people.operator)
