"""The driver of roll-outs: one step of one roll-out. Every step may be repeated, by any process; the rows are
the truth.

Whoever changes a roll-out or its devices holds the roll-out's row locked, and nobody waits for it: steps inside the
transactions of others cannot cross.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from saas.kit.errors import Refused
from tenants.feed.actions import publish
from tenants.stations.errors import StationOffline

from .. import queries, sending
from ..models import Rollout, RolloutDevice
from ..queries import Member
from ..rolling import KINDS
from ..rolling.steps import Turn, back_to_queue, fail, move
from ..staging import Move, next_move

log = structlog.get_logger("wattlane.rollout")
State = RolloutDevice.State
FLYING = (State.SENT, State.WORKING)
RESTING = {Move.WAIT, Move.STOP, Move.END}


@transaction.atomic
def drive_rollout(*, key: int, now: datetime, answered: str = "") -> bool:
    """One step. `answered`: only the device of that command is looked at. False when nothing changed, or busy."""
    rows = Rollout.objects.select_for_update(of=("self",), skip_locked=True).select_related("image", "template")
    rollout = rows.filter(pk=key).first()
    if rollout is None:
        return False
    changed = _follow(rollout, now, answered)
    if rollout.state == Rollout.State.RUNNING:
        changed = _advance(rollout, now) or changed
    elif rollout.state == Rollout.State.PAUSED and _next(rollout, now) == Move.STOP:
        changed = _rest(rollout, Move.STOP, now)  # it must not go on just because somebody resumes it
    if changed:
        _tell(rollout, now)
    return changed


def drive_rollouts(*, now: datetime) -> int:
    """A step of every roll-out that runs, or has devices on their way. How many changed."""
    running = Rollout.objects.filter(state=Rollout.State.RUNNING).values_list("pk", flat=True)
    flying = RolloutDevice.objects.filter(state__in=FLYING).values_list("rollout", flat=True)
    return sum(drive_rollout(key=key, now=now) for key in sorted({*running, *flying}))


def settle_device(*, command: str, now: datetime) -> None:
    """A device answered. What cannot be done now, a step does."""
    row = RolloutDevice.objects.filter(command=command, state=State.SENT).first()
    if row is not None:
        drive_rollout(key=row.rollout_id, now=now, answered=command)


def _follow(rollout: Rollout, now: datetime, answered: str) -> bool:
    """Devices on their way, and those of the stage that were done and may have gone back."""
    rows = rollout.devices.select_related("image").order_by("id")
    flying = list(rows.filter(command=answered) if answered else rows.filter(state__in=FLYING))
    resting = [] if answered else list(rows.filter(state=State.DONE, stage=rollout.stage))
    if rollout.state != Rollout.State.RUNNING:
        resting = []
    members = queries.of_ids(row.device_id for row in (*flying, *resting))
    moved = [_look(rollout, row, members.get(row.device_id), now) for row in flying]
    return any([*moved, *(_look_back(rollout, row, members, now) for row in resting)])


def _look(rollout: Rollout, row: RolloutDevice, member: Member | None, now: datetime) -> bool:
    before, steps = (row.state, row.phase, row.command), KINDS[rollout.kind]
    turn = Turn(rollout, row, member, now)
    if row.state == State.SENT:
        found = sending.outcome(row.command)
        if found is None:
            return False  # the outbox gives up by itself: there will be an outcome
        _guarded(row, lambda: steps.answered(turn, found), now)
    else:
        _guarded(row, lambda: steps.look(turn), now)
    if row.state == State.QUEUED and rollout.state == Rollout.State.ABORTED:
        move(row, State.CANCELLED, waits_for="", done_at=now)  # it never began, and now never will
    return (row.state, row.phase, row.command) != before


def _look_back(rollout: Rollout, row: RolloutDevice, members: dict[str, Member], now: datetime) -> bool:
    member = members.get(row.device_id)
    if member is None or (why := KINDS[rollout.kind].relapsed(row, member)) == "":
        return False
    fail(row, why, now)
    return True


def _advance(rollout: Rollout, now: datetime) -> bool:
    """Begin devices, end stages, begin the next, until there is something to wait for."""
    changed = False
    while (found := _next(rollout, now)) not in RESTING:
        if found == Move.BEGIN:
            if not (finished := _begin_some(rollout, now)):
                return changed
            changed = changed or finished
        elif found == Move.REST:
            rollout.stage_done_at, changed = now, True
        else:
            rollout.stage, rollout.stage_begun_at, rollout.stage_done_at, changed = rollout.stage + 1, now, None, True
        rollout.save(update_fields=["stage", "stage_begun_at", "stage_done_at"])
    return _rest(rollout, found, now) or changed


def _next(rollout: Rollout, now: datetime) -> Move:
    return next_move(
        queries.tally(rollout, rollout.stage), limit_pct=rollout.failure_limit_pct, soak_s=rollout.soak_s,
        last=rollout.stage == len(rollout.stages) - 1, stage_done_at=rollout.stage_done_at, now=now,
    )  # fmt: skip


def _rest(rollout: Rollout, found: Move, now: datetime) -> bool:
    if found == Move.WAIT:
        return False
    if found == Move.STOP:
        tally = queries.tally(rollout, rollout.stage)
        rollout.state = Rollout.State.STOPPED
        rollout.reason = f"{tally.failed} of {tally.attempted} devices of stage {rollout.stage + 1} failed"
    else:
        rollout.state, rollout.finished_at = Rollout.State.DONE, now
    rollout.save(update_fields=["state", "reason", "finished_at"])
    log.info("rollout", rollout=str(rollout.uid), state=rollout.state, reason=rollout.reason)
    return True


def _begin_some(rollout: Rollout, now: datetime) -> bool:
    """As many as may be on their way. True when any of them ended at once, so that the stage looks different."""
    flying = rollout.devices.filter(state__in=FLYING).count()
    rows = rollout.devices.select_related("image").filter(state=State.QUEUED, stage=rollout.stage).order_by("id")
    waiting = list(rows)
    members, ended, room = queries.of_ids(row.device_id for row in waiting), False, rollout.concurrency - flying
    for row in waiting:
        _begin(rollout, row, members.get(row.device_id), now, room > 0)
        room -= row.state in FLYING
        ended = ended or row.state not in (*FLYING, State.QUEUED)
    return ended


def _begin(rollout: Rollout, row: RolloutDevice, member: Member | None, now: datetime, room: bool) -> None:
    """Begin, wait, or leave out by name. A device that charges is never interrupted."""
    why = "gone" if member is None else KINDS[rollout.kind].unfit(row, member)
    if member is None or why:
        return move(row, State.SKIPPED, error=why, waits_for="", done_at=now)
    obstacle = "offline" if not member.online else "charging" if member.charging else _paused(row, now)
    if obstacle:
        return _wait(rollout, row, obstacle, now)
    if room:
        _guarded(row, lambda: KINDS[rollout.kind].begin(Turn(rollout, row, member, now)), now)
    return None


def _paused(row: RolloutDevice, now: datetime) -> str:
    """What it said itself, a moment ago."""
    return row.waits_for if row.not_before is not None and now < row.not_before else ""


def _wait(rollout: Rollout, row: RolloutDevice, obstacle: str, now: datetime) -> None:
    if now >= rollout.stage_begun_at + timedelta(seconds=rollout.patience_s):
        move(row, State.SKIPPED, error=obstacle, waits_for="", done_at=now)
        _stand_in(rollout)
    elif row.waits_for != obstacle:
        move(row, State.QUEUED, waits_for=obstacle)


def _stand_in(rollout: Rollout) -> None:
    """A device of later stages that is there takes the place of one that was not. Else a stage may prove nothing."""
    later = rollout.devices.filter(state=State.QUEUED, stage__gt=rollout.stage).order_by("stage", "id")
    rows = list(later[:200])
    members = queries.of_ids(row.device_id for row in rows)
    free = (row for row in rows if (m := members.get(row.device_id)) and m.online and not m.charging)
    if (row := next(free, None)) is not None:
        move(row, State.QUEUED, stage=rollout.stage)


def _guarded(row: RolloutDevice, step: Callable[[], None], now: datetime) -> None:
    """A command that cannot be sent now is sent later; one that can never be sent is a failure by name."""
    try:
        with transaction.atomic():
            step()
    except StationOffline:
        row.refresh_from_db()
        if row.begun_at is None:
            back_to_queue(row, "offline", now)
        else:
            move(row, State.WORKING, command="")
    except Refused as refusal:
        row.refresh_from_db()
        fail(row, refusal.code, now, str(refusal))


def _tell(rollout: Rollout, now: datetime) -> None:
    data = {"rollout": str(rollout.uid), "state": rollout.state, "stage": rollout.stage + 1}
    publish(audience="operations", kind="rollout", data=data, now=now)
