"""Firmware, stage by stage: what stations and adapters say moves it on, too many failures stop it, all can go back."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from saas.kit.errors import Forbidden
from tenants.charging.models import Session
from tenants.operations import actions, queries
from tenants.operations.actions import Described, Plan
from tenants.operations.errors import AboveLimit, NothingToRevert, RolloutOver
from tenants.operations.models import FirmwareImage, Rollout, RolloutDevice
from tests import builders
from tests.builders import NOW, Cast

from .conftest import Signer
from .story import Adapter, Clock, Peer

PLAN = Plan(stages=(25, 100), failure_limit_pct=30, soak_s=60, device_timeout_s=600, patience_s=3600)


def image(people: Cast, version: str = "2.0", **more: Any) -> FirmwareImage:
    described = Described(kind="ocpp", vendor="volta", version=version, **more)
    return actions.add_image(described=described, chunks=[b"firmware ", version.encode()], by=people.operator, now=NOW)


def adapter_image(people: Cast, signer: Signer, version: str, *, downgrade: bool = False) -> FirmwareImage:
    data = f"MPY {version}".encode()
    facts: dict[str, Any] = {"version": version, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = facts | {"sig": signer.sign(**facts, downgrade=downgrade), "downgrade": downgrade}
    described = Described(kind="adapter", signature=json.dumps(manifest))
    return actions.add_image(described=described, chunks=[data], by=people.operator, now=NOW)


def fleet(clock: Clock, count: int, protocol: str = "ocpp1.6") -> dict[str, Peer]:
    peers = [Peer(clock, f"S-{n}", protocol) for n in range(count)]
    return {peer.device.device_id: peer for peer in peers}


def states(rollout: Rollout) -> dict[str, tuple[str, str]]:
    return {row.name: (row.state, row.error or row.waits_for) for row in rollout.devices.all()}


def takes(peer: Peer, version: str = "2.0") -> None:
    """All that a well-behaved station does."""
    peer.answer()
    for status in ("Downloading", "Downloaded", "Installing", "Installed"):
        peer.says("FirmwareStatusNotification", {"status": status})
    peer.clock.now = peer.clock.pass_(1)
    peer.boots(version)


def begun(rollout: Rollout) -> list[str]:
    return list(rollout.devices.exclude(begun_at=None).values_list("device_id", flat=True))


@pytest.mark.req("CHG-04")
def test_a_stage_begins_when_the_one_before_is_over_and_has_rested(people: Cast, clock: Clock) -> None:
    peers = fleet(clock, 4)
    rollout = actions.begin_firmware(image=image(people), by=people.operator, now=NOW, plan=PLAN)
    (first,) = begun(rollout)
    takes(peers[first])
    action, told = peers[first].heard[0]
    assert action == "UpdateFirmware" and told["location"].endswith(f"{rollout.image.sha256}.bin")
    clock.pass_(5)
    assert begun(rollout) == [first], "the soak time is not over"
    clock.pass_(60)
    assert len(begun(rollout)) == 4
    for device_id in set(peers) - {first}:
        takes(peers[device_id])
    clock.pass_(5)
    rollout.refresh_from_db()
    assert rollout.state == "done" and set(states(rollout).values()) == {("done", "")}
    stages = queries.progress([rollout])[rollout.pk]
    assert [(row.percent, row.state, row.tally.done) for row in stages] == [(25, "over", 1), (100, "over", 3)]


@pytest.mark.req("CHG-04")
def test_the_device_s_own_words_are_shown_and_a_broken_download_is_a_failure(people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "S-1", "ocpp2.0.1")
    rollout = actions.begin_firmware(image=image(people), by=people.operator, now=NOW, plan=PLAN)
    peer.answer()
    request = peer.heard[0][1]["requestId"]
    peer.says("FirmwareStatusNotification", {"status": "DownloadFailed", "requestId": request + 1})
    peer.says("FirmwareStatusNotification", {"status": "Downloading", "requestId": request})
    clock.pass_(5)
    assert rollout.devices.get().phase == "Downloading"
    peer.says("FirmwareStatusNotification", {"status": "InvalidSignature", "requestId": request})
    clock.pass_(5)
    rollout.refresh_from_db()
    assert states(rollout) == {"S-1": ("failed", "InvalidSignature")}
    assert rollout.state == "stopped" and rollout.reason == "1 of 1 devices of stage 1 failed"


@pytest.mark.req("CHG-04")
def test_too_many_failures_stop_it_until_somebody_decides(people: Cast, clock: Clock) -> None:
    peers = fleet(clock, 8)
    plan = replace(PLAN, stages=(50, 100), failure_limit_pct=25, soak_s=0)
    rollout = actions.begin_firmware(image=image(people), by=people.operator, now=NOW, plan=plan)
    bad, good = begun(rollout)[:2], begun(rollout)[2:]
    for device_id in bad:
        peers[device_id].answers["UpdateFirmware"] = "NotSupported"
        peers[device_id].answer()
    for device_id in good:
        takes(peers[device_id])
    clock.pass_(5)
    rollout.refresh_from_db()
    assert rollout.state == "stopped" and len(begun(rollout)) == 4
    with pytest.raises(AboveLimit):
        actions.resume(rollout=rollout, by=people.operator, now=clock.now)
    for device_id in bad:
        peers[device_id].answers.clear()
    actions.retry_failed(rollout=rollout, by=people.operator, now=clock.now)
    for device_id in bad:
        takes(peers[device_id])
    clock.pass_(5)
    assert len(begun(rollout)) == 8
    for device_id in set(begun(rollout)) - {*bad, *good}:
        takes(peers[device_id])
    clock.pass_(5)
    rollout.refresh_from_db()
    assert rollout.state == "done"


@pytest.mark.req("CHG-04")
def test_a_higher_limit_lets_a_stopped_roll_out_go_on(people: Cast, clock: Clock) -> None:
    peers = fleet(clock, 2)
    rollout = actions.begin_firmware(
        image=image(people), by=people.operator, now=NOW, plan=replace(PLAN, stages=(50, 100), soak_s=0)
    )
    peers[begun(rollout)[0]].answers["UpdateFirmware"] = "InternalError"
    peers[begun(rollout)[0]].answer()
    rollout.refresh_from_db()
    assert rollout.state == "stopped"
    actions.resume(rollout=rollout, by=people.operator, now=clock.now, failure_limit_pct=100)
    assert len(begun(rollout)) == 2


@pytest.mark.req("CHG-04")
def test_who_charges_or_is_away_waits_and_never_is_interrupted(people: Cast, clock: Clock) -> None:
    busy, away = Peer(clock, "S-1"), Peer(clock, "S-2")
    session = Session.objects.create(
        evse=builders.evse(of=busy.device), device_id=busy.device.device_id, state="charging", currency="EUR"
    )
    away.goes(online=False)
    rollout = actions.begin_firmware(
        image=image(people), by=people.operator, now=NOW, plan=replace(PLAN, stages=(100,))
    )
    assert states(rollout) == {"S-1": ("queued", "charging"), "S-2": ("queued", "offline")}
    clock.pass_(5)
    assert not busy.waiting() and not away.waiting()
    session.state = "closed"
    session.save()
    clock.pass_(5)
    takes(busy)
    clock.pass_(3600)
    rollout.refresh_from_db()
    assert states(rollout) == {"S-1": ("done", ""), "S-2": ("skipped", "offline")} and rollout.state == "done"
    away.goes(online=True)
    actions.retry_failed(rollout=rollout, by=people.operator, now=clock.now)
    takes(away)
    clock.pass_(5)
    assert states(rollout)["S-2"] == ("done", "")


@pytest.mark.req("CHG-04")
def test_the_next_device_stands_in_for_one_that_never_comes(people: Cast, clock: Clock) -> None:
    peers = fleet(clock, 4)
    for peer in peers.values():
        peer.goes(online=False)
    rollout = actions.begin_firmware(image=image(people), by=people.operator, now=NOW, plan=PLAN)
    first = rollout.devices.get(stage=0).device_id
    for device_id in set(peers) - {first}:
        peers[device_id].goes(online=True)
    clock.pass_(3600)
    assert len(begun(rollout)) == 1 and begun(rollout) != [first], "the stage proves something all the same"
    assert rollout.devices.get(device_id=first).error == "offline"


@pytest.mark.req("CHG-04")
def test_silence_and_the_old_version_are_failures_by_name(people: Cast, clock: Clock) -> None:
    silent, old, already = Peer(clock, "S-1"), Peer(clock, "S-2"), Peer(clock, "S-3", firmware="Volta 2.0")
    silent.answers["UpdateFirmware"] = "no_answer"
    other = Peer(clock, "S-4", vendor="Another")
    rollout = actions.begin_firmware(
        image=image(people), by=people.operator, now=NOW, plan=replace(PLAN, stages=(100,), failure_limit_pct=100)
    )
    for peer in (silent, old, already):
        peer.answer()
    old.says("FirmwareStatusNotification", {"status": "Installed"})
    clock.pass_(5)
    old.boots("1.0")
    clock.pass_(5)
    assert states(rollout)["S-2"] == ("failed", "old_version") and states(rollout)["S-1"] == ("working", "")
    clock.pass_(600)
    assert states(rollout)["S-1"] == ("failed", "timeout")
    assert states(rollout)["S-3"] == ("skipped", "already") and other.name not in states(rollout)


@pytest.mark.req("CHG-04")
def test_who_only_took_too_long_has_not_failed(people: Cast, clock: Clock) -> None:
    slow = Peer(clock, "S-1")
    Peer(clock, "S-2").goes(online=False)
    rollout = actions.begin_firmware(
        image=image(people), by=people.operator, now=NOW, plan=replace(PLAN, stages=(100,), failure_limit_pct=0)
    )
    slow.answer()
    clock.pass_(600)
    rollout.refresh_from_db()
    assert states(rollout)["S-1"] == ("failed", "timeout") and rollout.state == "stopped"
    slow.boots("2.0")
    clock.pass_(5)
    assert states(rollout)["S-1"] == ("done", "")


@pytest.mark.req("CHG-04")
def test_a_station_that_names_no_version_proves_it_by_installing_and_starting(people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "S-1", firmware="")
    rollout = actions.begin_firmware(image=image(people), by=people.operator, now=NOW, plan=PLAN)
    peer.answer()
    peer.boots("")
    clock.pass_(5)
    assert states(rollout) == {"S-1": ("working", "")}, "a start alone proves nothing"
    peer.says("FirmwareStatusNotification", {"status": "Installed"})
    clock.pass_(5)
    peer.boots("")
    clock.pass_(5)
    assert states(rollout) == {"S-1": ("done", "")}
    clock.pass_(5)
    assert states(rollout) == {"S-1": ("done", "")}


@pytest.mark.req("CHG-04")
def test_pause_and_abort_begin_nothing_but_hear_the_end(people: Cast, clock: Clock) -> None:
    peers = fleet(clock, 4)
    rollout = actions.begin_firmware(image=image(people), by=people.operator, now=NOW, plan=replace(PLAN, soak_s=0))
    actions.pause(rollout=rollout, by=people.operator, now=clock.now)
    (first,) = begun(rollout)
    takes(peers[first])
    clock.pass_(60)
    assert begun(rollout) == [first] and rollout.devices.get(device_id=first).state == "done"
    actions.resume(rollout=rollout, by=people.operator, now=clock.now)
    assert len(begun(rollout)) == 4
    actions.abort(rollout=rollout, by=people.operator, now=clock.now)
    for device_id in set(peers) - {first}:
        takes(peers[device_id])
    clock.pass_(5)
    assert set(states(rollout).values()) == {("done", "")}
    with pytest.raises(RolloutOver):
        actions.resume(rollout=rollout, by=people.operator, now=clock.now)


@pytest.mark.req("CHG-04")
def test_what_never_reached_its_device_is_over_with_the_roll_out(people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "S-1")
    peer.answers["UpdateFirmware"] = "offline"
    rollout = actions.begin_firmware(image=image(people), by=people.operator, now=NOW, plan=PLAN)
    actions.abort(rollout=rollout, by=people.operator, now=clock.now)
    peer.answer()
    clock.pass_(5)
    assert states(rollout) == {"S-1": ("cancelled", "")}


@pytest.mark.req("CHG-04")
def test_rolling_back_gives_who_took_it_the_image_of_before(people: Cast, clock: Clock) -> None:
    old, new = image(people, "1.0"), image(people, "2.0")
    took, never = Peer(clock, "S-1"), Peer(clock, "S-2", firmware="0.9")
    rollout = actions.begin_firmware(image=new, by=people.operator, now=NOW, plan=replace(PLAN, stages=(100,)))
    with pytest.raises(NothingToRevert):
        actions.revert(rollout=rollout, by=people.operator, now=clock.now)
    takes(took)
    takes(never)
    clock.pass_(5)
    back = actions.revert(rollout=rollout, by=people.operator, now=clock.now)
    assert states(back) == {"S-1": ("sent", ""), "S-2": ("skipped", "no_previous_image")}
    took.answer()
    assert old.sha256 in took.heard[-1][1]["location"]
    takes(took, "1.0")
    clock.pass_(5)
    back.refresh_from_db()
    assert back.state == "done" and states(back)["S-1"] == ("done", "")


@pytest.mark.req("CHG-04", "DEV-01")
def test_adapters_take_a_signed_image_and_one_that_rolls_back_by_itself_is_told(
    people: Cast, clock: Clock, signer: Signer
) -> None:
    new = adapter_image(people, signer, "2.0")
    good, bad, busy = Adapter(clock), Adapter(clock), Adapter(clock)
    plan = replace(PLAN, stages=(100,), failure_limit_pct=100)
    rollout = actions.begin_firmware(image=new, by=people.operator, now=NOW, plan=plan)
    (told,) = good.reply()
    assert told["version"] == "2.0" and (told["size"], told["sha256"]) == (new.size, new.sha256)
    assert told["sig"] == new.signature
    assert told["url"] == f"http://127.0.0.1:8000/firmware/{new.token}/{new.sha256}.bin"
    bad.reply()
    busy.reply("busy")
    state = {row.device_id: row for row in RolloutDevice.objects.filter(rollout=rollout)}
    assert state[busy.device.device_id].waits_for == "charging"
    clock.pass_(30)
    assert not busy.waiting(), "it is not asked again at once"
    good.reports("2.0")
    bad.reports("2.0")
    bad.notices("rolled_back:no report in time")
    clock.pass_(5)
    assert rollout.devices.get(device_id=good.device.device_id).state == "working", "not healthy yet"
    good.notices("healthy:2.0")
    clock.pass_(5)
    rows = {row.device_id: (row.state, row.error, row.error_text) for row in rollout.devices.all()}
    assert rows[good.device.device_id] == ("done", "", "")
    assert rows[bad.device.device_id] == ("failed", "rolled_back", "no report in time")


@pytest.mark.req("CHG-04")
def test_a_station_that_goes_back_while_the_stage_rests_counts_as_failed(people: Cast, clock: Clock) -> None:
    peers = fleet(clock, 2)
    rollout = actions.begin_firmware(
        image=image(people), by=people.operator, now=NOW, plan=replace(PLAN, stages=(50, 100))
    )
    (first,) = begun(rollout)
    takes(peers[first])
    clock.pass_(5)
    peers[first].boots("1.0")
    clock.pass_(5)
    rollout.refresh_from_db()
    assert rollout.state == "stopped" and rollout.devices.get(device_id=first).error == "rolled_back"


@pytest.mark.req("CHG-04", "TEN-04")
def test_only_who_manages_stations_rolls_out(people: Cast, clock: Clock) -> None:
    Peer(clock, "S-1")
    new = image(people)
    rollout = actions.begin_firmware(image=new, by=people.operator, now=NOW, plan=PLAN)
    support = builders.person("support", "support")
    with pytest.raises(Forbidden):
        actions.begin_firmware(image=new, by=support, now=NOW, plan=PLAN)
    for act in (actions.pause, actions.resume, actions.abort, actions.retry_failed, actions.revert):
        with pytest.raises(Forbidden):
            act(rollout=rollout, by=support, now=NOW)


@pytest.mark.req("CHG-04", "DEV-01")
def test_the_way_back_of_an_adapter_needs_an_image_that_is_signed_for_it(
    people: Cast, clock: Clock, signer: Signer
) -> None:
    old, new = (adapter_image(people, signer, version) for version in ("1.0", "2.0"))
    adapter = Adapter(clock)
    plan = replace(PLAN, stages=(100,))
    rollout = actions.begin_firmware(image=new, by=people.operator, now=NOW, plan=plan)
    assert "downgrade" not in adapter.reply()[0]
    adapter.reports("2.0")
    adapter.notices("healthy")
    clock.pass_(5)
    back = actions.revert(rollout=rollout, by=people.operator, now=clock.now)
    assert set(states(back).values()) == {("skipped", "not_signed_as_a_way_back")}
    assert adapter_image(people, signer, "1.0", downgrade=True).pk == old.pk
    back = actions.revert(rollout=rollout, by=people.operator, now=clock.now)
    (told,) = adapter.reply()
    assert told["downgrade"] is True and told["version"] == "1.0"
