"""A roll-out under any order of reports, repeats, silence, broken connections, kills and presses: its promises hold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.kit.errors import Refused
from tenants.operations import actions
from tenants.operations.actions import Described, Plan, driving
from tenants.operations.models import Rollout, RolloutDevice
from tenants.operations.staging import quota
from tests.builders import NOW, Cast

from .story import Clock, Peer

COUNT = 4
DEVICES = st.integers(0, COUNT - 1)
STAGES = st.sampled_from([(25, 100), (1, 50, 100), (100,), (50, 75, 100)])
STATUSES = ("Downloading", "DownloadFailed", "Downloaded", "Installing", "InstallationFailed", "Installed", "Idle")
STEPS = st.one_of(
    st.tuples(st.just("answer"), DEVICES, st.sampled_from(["Accepted", "NotSupported", "no_answer", "offline"])),
    st.tuples(st.just("says"), DEVICES, st.sampled_from(STATUSES)),
    st.tuples(st.just("boots"), DEVICES, st.sampled_from(["1.0", "2.0", "3.0"])),
    st.tuples(st.just("goes"), DEVICES, st.booleans()),
    st.tuples(st.just("passes"), st.sampled_from([1, 30, 61, 700, 4000]), st.none()),
    st.tuples(st.just("killed"), st.integers(1, 6), st.none()),
    st.tuples(st.just("press"), st.sampled_from(["pause", "resume", "retry_failed", "abort"]), st.none()),
)


class Killed(BaseException):
    """The worker dies here."""


class World:
    """Four stations, one roll-out, and what must be true of it at every moment."""

    def __init__(self, people: Cast, stages: tuple[int, ...], limit: int) -> None:
        self.clock, self.people = Clock(), people
        self.peers = [Peer(self.clock, f"S-{n}") for n in range(COUNT)]
        described = Described(kind="ocpp", version="2.0")
        image = actions.add_image(described=described, chunks=[b"2"], by=people.operator, now=NOW)
        plan = Plan(stages=stages, failure_limit_pct=limit, soak_s=60, device_timeout_s=600, patience_s=3600)
        self.rollout = actions.begin_firmware(image=image, by=people.operator, now=NOW, plan=plan)
        self.begun = self._begun()
        self.check("begin")

    def step(self, what: str, first: Any, second: Any) -> None:
        before = self._row()
        getattr(self, f"_{what}")(first, second)
        self.check(what, before)

    def _answer(self, device: int, said: str) -> None:
        self.peers[device].answers["UpdateFirmware"] = {} if said == "Accepted" else said
        self.peers[device].answer(1)

    def _says(self, device: int, status: str) -> None:
        self.peers[device].says("FirmwareStatusNotification", {"status": status})

    def _boots(self, device: int, version: str) -> None:
        self.peers[device].boots(version)

    def _goes(self, device: int, online: bool) -> None:
        self.peers[device].goes(online=online)

    def _passes(self, seconds: int, _: None) -> None:
        self.clock.pass_(seconds)

    def _killed(self, writes: int, _: None) -> None:
        """The worker dies at its n-th write: the database forgets the whole step, the next one does it again."""
        left, save = [writes], RolloutDevice.save

        def dying(row: RolloutDevice, *args: Any, **kwargs: Any) -> None:
            left[0] -= 1
            if not left[0]:
                raise Killed
            save(row, *args, **kwargs)

        try:
            with transaction.atomic(), patch.object(RolloutDevice, "save", dying):
                driving.drive_rollout(key=self.rollout.pk, now=self.clock.now)
        except Killed:
            return

    def _press(self, name: str, _: None) -> None:
        act: Callable[..., Any] = getattr(actions, name)
        try:
            act(rollout=self.rollout, by=self.people.operator, now=self.clock.now)
        except Refused:
            return

    def check(self, what: str, before: Rollout | None = None) -> None:
        """Never above the stage's share; nothing begins unless it runs, below the limit; nothing waits at the end."""
        row, begun = self._row(), self._begun()
        assert len(begun) <= quota(COUNT, row.stages[row.stage]), what
        if before is not None and begun - self.begun:
            assert row.state == "running" and (before.state == "running" or what == "press"), (what, before.state)
            self._below_the_limit(row.stage, row)
        if row.state == "running" and row.stage > (before.stage if before else 0):
            self._finished(row.stage - 1, row)
            self._below_the_limit(row.stage - 1, row)
        if row.state in ("done", "aborted"):
            assert not row.devices.filter(state="queued").exists(), what
        self.begun = begun

    def _finished(self, stage: int, row: Rollout) -> None:
        assert not row.devices.filter(stage=stage, state__in=("queued", "sent", "working")).exists()

    def _below_the_limit(self, stage: int, row: Rollout) -> None:
        states = list(row.devices.filter(stage=stage).values_list("state", flat=True))
        tried = [state for state in states if state not in ("skipped", "cancelled")]
        assert tried.count("failed") * 100 <= row.failure_limit_pct * len(tried), states

    def ends(self) -> None:
        """Everybody comes back and behaves: within the patience of all stages, it rests."""
        for peer in self.peers:
            peer.goes(online=True)
        for _ in range(12):
            for device, peer in enumerate(self.peers):
                self._answer(device, "Accepted")
                if self.rollout.devices.filter(device_id=peer.device.device_id, state="working").exists():
                    peer.boots("2.0")
            if self._row().state == "paused":
                self._press("resume", None)
            self.step("passes", 4000, None)
            if self._row().state in ("done", "aborted", "stopped") and not self._flying():
                return
        raise AssertionError("it never rests")

    def _flying(self) -> bool:
        return self.rollout.devices.filter(state__in=("sent", "working")).exists()

    def _row(self) -> Rollout:
        return Rollout.objects.get(pk=self.rollout.pk)

    def _begun(self) -> set[str]:
        rows = self.rollout.devices.exclude(begun_at=None)
        return set(rows.values_list("device_id", flat=True))


def live(people: Cast, stages: tuple[int, ...], limit: int, steps: list[tuple[str, Any, Any]]) -> None:
    mark = transaction.savepoint()
    try:
        world = World(people, stages, limit)
        for step in steps:
            world.step(*step)
            world.clock.now += timedelta(seconds=1)
        world.ends()
    finally:
        transaction.savepoint_rollback(mark)


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.req("CHG-04")
@settings(max_examples=5, suppress_health_check=QUIET, deadline=None, derandomize=True)
@given(STAGES, st.sampled_from([0, 30, 100]), st.lists(STEPS, max_size=12))
def test_the_promises_hold(
    people: Cast, stages: tuple[int, ...], limit: int, steps: list[tuple[str, Any, Any]]
) -> None:
    live(people, stages, limit, steps)


@pytest.mark.slow
@pytest.mark.req("CHG-04")
@settings(max_examples=30, suppress_health_check=QUIET, deadline=None)
@given(STAGES, st.sampled_from([0, 30, 100]), st.lists(STEPS, min_size=5, max_size=20))
def test_the_promises_hold_for_long(
    people: Cast, stages: tuple[int, ...], limit: int, steps: list[tuple[str, Any, Any]]
) -> None:
    live(people, stages, limit, steps)
