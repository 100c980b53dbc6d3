"""The driver of roll-outs: one step of one roll-out. Every step may be repeated, by any process; the rows are
the truth.

Whoever changes a roll-out or its devices holds the roll-out's row locked, and nobody waits for it: steps inside the
transactions of others cannot cross.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from saas.kit.errors import Refused
from tenants.feed.actions import publish
from tenants.stations.errors import StationOffline

from .. import queries, sending
from ..models import Rollout, RolloutDevice
from ..queries import Member
from ..rolling import KINDS
from ..rolling.steps import TIMEOUT, Turn, back_to_queue, fail, move
from ..staging import Move, next_move

log = structlog.get_logger("wattlane.rollout")
State = RolloutDevice.State
FLYING = (State.SENT, State.WORKING)
OBSTACLES = ("offline", "charging")
MOST_LOOKED_AT = 500
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
        changed = _advance(rollout, now, everybody=not answered) or changed
    elif rollout.state == Rollout.State.PAUSED and _next(rollout, now) == Move.STOP:
        changed = _rest(rollout, Move.STOP, now)  # it must not go on just because somebody resumes it
    if changed:
        _tell(rollout, now)
    return changed


def drive_rollouts(*, now: datetime) -> int:
    """A step of every roll-out that is not over, or has devices on their way. How many changed."""
    over = (Rollout.State.DONE, Rollout.State.ABORTED)
    running = Rollout.objects.exclude(state__in=over).values_list("pk", flat=True)
    flying = RolloutDevice.objects.filter(state__in=FLYING).values_list("rollout", flat=True)
    return sum(drive_rollout(key=key, now=now) for key in sorted({*running, *flying}))


def settle_device(*, command: str, now: datetime) -> None:
    """A device answered. What cannot be done now, a step does."""
    row = RolloutDevice.objects.filter(command=command, state=State.SENT).first()
    if row is not None:
        drive_rollout(key=row.rollout_id, now=now, answered=command)


def _follow(rollout: Rollout, now: datetime, answered: str) -> bool:
    """Devices on their way; and those of the stage whose end may not have been the last word."""
    rows = rollout.devices.select_related("image").order_by("id")
    flying = list(rows.filter(command=answered) if answered else rows.filter(state__in=FLYING))
    members = queries.of_ids(row.device_id for row in flying)
    moved = [_look(rollout, row, members.get(row.device_id), now) for row in flying]
    return any([*moved, not answered and _look_back(rollout, now)])


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


def _look_back(rollout: Rollout, now: datetime) -> bool:
    """Devices that went back after all have failed; one that only took too long has not."""
    steps = KINDS[rollout.kind]
    if not steps.watched or rollout.state in (Rollout.State.DONE, Rollout.State.ABORTED):
        return False
    ended = Q(state=State.DONE) | Q(state=State.FAILED, error=TIMEOUT)
    rows = list(rollout.devices.select_related("image").filter(ended, stage=rollout.stage))
    reported, changed = queries.firmware_of(row.device_id for row in rows), False
    for row in rows:
        state, error = steps.relapsed(row, reported.get(row.device_id, ""))
        if state != row.state:
            move(row, state, error=error, error_text="", done_at=now)
            changed = True
    return changed


def _advance(rollout: Rollout, now: datetime, *, everybody: bool) -> bool:
    """Begin devices, end stages, begin the next, until there is something to wait for."""
    changed = False
    while (found := _next(rollout, now)) not in RESTING:
        if found == Move.BEGIN:
            moved, ended = _begin_some(rollout, now, everybody=everybody)
            changed = changed or moved
            if not ended:
                return changed
            continue
        if found == Move.REST:
            rollout.stage_done_at = now
        else:
            rollout.stage, rollout.stage_begun_at, rollout.stage_done_at = rollout.stage + 1, now, None
        rollout.save(update_fields=["stage", "stage_begun_at", "stage_done_at"])
        changed = True
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


def _begin_some(rollout: Rollout, now: datetime, *, everybody: bool) -> tuple[bool, bool]:
    """As many as may be on their way. `everybody`: also look again at those that are away or charge.

    Whether anything changed, and whether any ended at once, so that the stage looks different.
    """
    room = rollout.concurrency - rollout.devices.filter(state__in=FLYING).count()
    rows = rollout.devices.select_related("image").filter(state=State.QUEUED, stage=rollout.stage).order_by("id")
    waiting = list(rows if everybody else rows.filter(waits_for="")[: max(room, 0)])
    members, changed, ended, fates = queries.of_ids(row.device_id for row in waiting), False, False, defaultdict(list)
    for row in waiting:
        member = members.get(row.device_id)
        state, why = _fate(rollout, row, member, now)
        if state == State.SENT and room > 0:
            _begin(rollout, row, member, now)
            room -= row.state in FLYING
            changed, ended = True, ended or row.state not in (*FLYING, State.QUEUED)
        elif (state, why) not in ((State.QUEUED, row.waits_for), (State.SENT, row.waits_for)):
            fates[state, why].append(row.pk)
    for (state, why), keys in fates.items():
        _meet(rollout, keys, state, why, now)
        changed, ended = True, ended or state == State.SKIPPED
    return changed, ended


def _fate(rollout: Rollout, row: RolloutDevice, member: Member | None, now: datetime) -> tuple[str, str]:
    """Sent, queued (and what it waits for), or left out and why. A device that charges is never interrupted."""
    why = "gone" if member is None else KINDS[rollout.kind].unfit(row, member)
    if member is None or why:
        return State.SKIPPED, why
    obstacle = "offline" if not member.online else "charging" if member.charging else _paused(row, now)
    if not obstacle:
        return State.SENT, ""
    patient = now < rollout.stage_begun_at + timedelta(seconds=rollout.patience_s)
    return (State.QUEUED if patient else State.SKIPPED), obstacle


def _begin(rollout: Rollout, row: RolloutDevice, member: Member | None, now: datetime) -> None:
    turn = Turn(rollout, row, member, now)
    _guarded(row, lambda: KINDS[rollout.kind].begin(turn), now)


def _paused(row: RolloutDevice, now: datetime) -> str:
    """What it said itself, a moment ago."""
    return row.waits_for if row.not_before is not None and now < row.not_before else ""


def _meet(rollout: Rollout, keys: list[int], state: str, why: str, now: datetime) -> None:
    """Many at once: they wait for the same, or are left out for the same reason."""
    rows = rollout.devices.filter(pk__in=keys, state=State.QUEUED)
    if state != State.SKIPPED:
        rows.update(waits_for=why)
        return
    rows.update(state=state, error=why, waits_for="", done_at=now)
    if why in OBSTACLES:
        _stand_in(rollout, len(keys))


def _stand_in(rollout: Rollout, count: int) -> None:
    """Devices of later stages that are there take the place of those that were not. Else a stage may prove nothing."""
    later = rollout.devices.filter(state=State.QUEUED, stage__gt=rollout.stage).order_by("stage", "id")
    rows = list(later[: MOST_LOOKED_AT + count])
    members = queries.of_ids(row.device_id for row in rows)
    free = [row.pk for row in rows if (m := members.get(row.device_id)) and m.online and not m.charging]
    rollout.devices.filter(pk__in=free[:count]).update(stage=rollout.stage)


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
