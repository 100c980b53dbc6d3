"""Group actions: begun, driven step by step, cancelled, tried again. The rows are the truth; every step is repeatable.

A step sends to as many devices as the limits allow and notes what was answered. Steps come from a periodic job, and
from each answer that arrives; only one runs at a time for one action.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from saas.kit.errors import Forbidden, Invalid, Refused
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.feed.actions import publish
from tenants.stations.errors import StationOffline

from .. import queries, sending
from ..errors import ActionOver, NoDevices
from ..models import Group, GroupAction, GroupTask
from ..queries.actions import TROUBLE
from ..sending import Outcome, Result
from ..specials import SPECIALS, Order, Special
from ..verbs import VERBS, Verb

State = GroupTask.State
ORIGIN = "group:"
CONCURRENCY, PER_MINUTE, WAIT_S = 20, 300, 600
MOST_AT_ONCE, MOST_PER_MINUTE, LONGEST_WAIT_S = 500, 6000, 7 * 86_400
MOST_ATTEMPTS = 5
ADAPTER_PATIENCE = timedelta(minutes=2)
STATES = {Result.DONE: State.DONE, Result.REFUSED: State.REFUSED, Result.FAILED: State.FAILED}


@transaction.atomic
def start_action(
    *,
    group: Group,
    verb: str,
    parameters: Mapping[str, Any],
    by: User,
    now: datetime,
    concurrency: int = CONCURRENCY,
    per_minute: int = PER_MINUTE,
    wait_s: int = WAIT_S,
    spare_charging: bool | None = None,
) -> GroupAction:
    """The same verb for every device of the group. Returns once it is written down; devices hear within seconds.

    `spare_charging`: devices that charge wait until they are free, at most `wait_s`; by default where the verb would
    interrupt them. Forbidden, Invalid, NoDevices.
    """
    chosen = _checked(by, verb, concurrency, per_minute, wait_s)
    members = queries.members_of(group)
    if not members:
        raise NoDevices()
    action = GroupAction.objects.create(
        group=group, group_name=group.name, verb=verb, parameters=chosen.checked(parameters), by=by,
        concurrency=concurrency, per_minute=per_minute, wait_until=now + timedelta(seconds=wait_s),
        spare_charging=chosen.interrupts if spare_charging is None else spare_charging,
    )  # fmt: skip
    rows = [GroupTask(action=action, device_id=m.device_id, name=m.name[:80]) for m in members]
    GroupTask.objects.bulk_create(rows)
    drive_action(key=action.pk, now=now)
    action.refresh_from_db()
    return action


def _checked(by: User, verb: str, concurrency: int, per_minute: int, wait_s: int) -> Verb:
    if not can(by, "station.command"):
        raise Forbidden()
    wrong: dict[str, object] = {}
    if verb not in VERBS:
        wrong["verb"] = f"one of {', '.join(VERBS)}"
    for name, value, most in (
        ("concurrency", concurrency, MOST_AT_ONCE), ("per_minute", per_minute, MOST_PER_MINUTE),
        ("wait_s", wait_s, LONGEST_WAIT_S),
    ):  # fmt: skip
        if not (0 if name == "wait_s" else 1) <= value <= most:
            wrong[name] = f"at most {most}"
    if wrong:
        raise Invalid("The action does not fit.", **wrong)
    return VERBS[verb]


@transaction.atomic
def cancel_action(*, action: GroupAction, by: User, now: datetime) -> GroupAction:
    """Send no more; what was sent is still answered. Forbidden, ActionOver."""
    row = _mine(action, by)
    if row.state != GroupAction.State.RUNNING:
        raise ActionOver()
    row.tasks.filter(state=State.QUEUED).update(state=State.CANCELLED, done_at=now, waits_for="")
    row.state, row.finished_at = GroupAction.State.CANCELLED, now
    row.save(update_fields=["state", "finished_at"])
    return row


@transaction.atomic
def retry_action(*, action: GroupAction, by: User, now: datetime, wait_s: int = WAIT_S) -> GroupAction:
    """Once more for the devices that refused, failed or were away. Forbidden, ActionOver (there are none)."""
    row = _mine(action, by)
    again = row.tasks.filter(state__in=TROUBLE)
    if not again.update(state=State.QUEUED, error="", error_text="", answer=None, command="", attempts=0, done_at=None):
        raise ActionOver("There is nothing to try again.")
    row.state, row.finished_at = GroupAction.State.RUNNING, None
    row.wait_until = now + timedelta(seconds=wait_s)
    row.save(update_fields=["state", "finished_at", "wait_until"])
    drive_action(key=row.pk, now=now)
    row.refresh_from_db()
    return row


def _mine(action: GroupAction, by: User) -> GroupAction:
    if not can(by, "station.command"):
        raise Forbidden()
    return GroupAction.objects.select_for_update(of=("self",)).select_related("group").get(pk=action.pk)


@transaction.atomic
def drive_action(*, key: int, now: datetime, answered: str = "") -> bool:
    """One step. `answered`: only that command's answer is noted, and those who wait for nothing get their turn.

    False when another process is at it, or nothing changed. Whoever changes a task holds its action locked, and nobody
    waits for that lock: steps inside the transactions of others cannot cross.
    """
    action = (
        GroupAction.objects.select_for_update(of=("self",), skip_locked=True).select_related("by").filter(pk=key)
    ).first()
    if action is None:
        return False
    changed = _settle_sent(action, now, answered)
    if action.state == GroupAction.State.RUNNING:
        changed += _send_more(action, now, everybody=not answered)
        _finish(action, now)
    if changed and (not answered or action.finished_at):
        _tell(action, now)
    return bool(changed)


def settle_task(*, command: str, now: datetime) -> None:
    """A device answered: note it, and go on with the others of its action. What cannot be done now, a step does."""
    task = GroupTask.objects.filter(command=command, state=State.SENT).first()
    if task is not None:
        drive_action(key=task.action_id, now=now, answered=command)


def drive_actions(*, now: datetime) -> int:
    """A step of every action that is not over, or whose last answers are not in. How many changed."""
    waiting = GroupTask.objects.filter(state__in=(State.QUEUED, State.SENT)).values_list("action", flat=True)
    return sum(drive_action(key=key, now=now) for key in sorted(set(waiting)))


def _settle_sent(action: GroupAction, now: datetime, answered: str) -> int:
    rows = list(action.tasks.filter(state=State.SENT, **({"command": answered} if answered else {})))
    if (special := SPECIALS.get(VERBS[action.verb].special)) is None:
        return sum(_settle(task, now) for task in rows)
    members = queries.of_ids(task.device_id for task in rows)
    return sum(_settle_special(special, task, members.get(task.device_id), now) for task in rows)


def _settle(task: GroupTask, now: datetime) -> bool:
    found = sending.outcome(task.command) if task.command else None
    return found is not None and _note(task, found, now)


def _settle_special(special: Special, task: GroupTask, member: queries.Member | None, now: datetime) -> bool:
    """Over, or given up after a while."""
    found = special.state(member, task.command) if member else Outcome(Result.FAILED, "gone")
    if found is None and task.sent_at is not None and now - task.sent_at > special.patience:
        found = Outcome(Result.FAILED, special.late)
    if found is None:
        return False
    took = int((now - task.sent_at).total_seconds() * 1000) if task.sent_at else None
    return _note(task, replace(found, took_ms=took), now)


def _note(task: GroupTask, found: Outcome, now: datetime) -> bool:
    if found.result == Result.UNSENT and task.attempts < MOST_ATTEMPTS:
        return _change(task, State.SENT, state=State.QUEUED, waits_for="offline", command="")
    state = STATES.get(found.result, State.OFFLINE)
    return _change(
        task, State.SENT, state=state, error=found.error[:60], error_text=found.text[:200], answer=found.answer,
        took_ms=found.took_ms, done_at=now,
    )  # fmt: skip


def _send_more(action: GroupAction, now: datetime, everybody: bool) -> int:
    """`everybody`: also look again at those that are away or charge."""
    flying = action.tasks.filter(state=State.SENT).count()
    lately = action.tasks.filter(sent_at__gt=now - timedelta(minutes=1)).count()
    room = min(action.concurrency - flying, action.per_minute - lately)
    rows = action.tasks.filter(state=State.QUEUED).order_by("id")
    waiting = list(rows if everybody else rows.filter(waits_for="")[: max(room, 0)])
    members, changed, fates = queries.of_ids(task.device_id for task in waiting), 0, defaultdict(list)
    for task in waiting:
        member = members.get(task.device_id)
        state, why = _fate(action, member, now)
        if member is not None and state == State.SENT and room > 0:
            changed += _send(action, task, member, VERBS[action.verb], now)
            room -= task.state == State.SENT
        elif (state, why) not in ((State.QUEUED, task.waits_for), (State.SENT, task.waits_for)):
            fates[state, why].append(task.pk)
    return changed + sum(_meet(action, keys, state, why, now) for (state, why), keys in fates.items())


def _fate(action: GroupAction, member: queries.Member | None, now: datetime) -> tuple[str, str]:
    """Sent, queued (and what it waits for), or the state in which it ends, and why."""
    if member is None:
        return State.SKIPPED, "gone"
    if not VERBS[action.verb].suits(member):
        return State.SKIPPED, "not_supported"
    charges = action.spare_charging and member.charging
    obstacle = "offline" if not member.online else "charging" if charges else ""
    if not obstacle:
        return State.SENT, ""
    return (State.QUEUED, obstacle) if now < action.wait_until else _GIVEN_UP[obstacle]


_GIVEN_UP = {"offline": (State.OFFLINE, "offline"), "charging": (State.SKIPPED, "charging")}


def _meet(action: GroupAction, keys: list[int], state: str, why: str, now: datetime) -> int:
    """Many at once: they wait for the same, or end in the same way."""
    waits = state in (State.QUEUED, State.SENT)
    ends = {"state": state, "error": why, "waits_for": "", "done_at": now}
    return action.tasks.filter(pk__in=keys, state=State.QUEUED).update(**({"waits_for": why} if waits else ends))


def _send(action: GroupAction, task: GroupTask, member: queries.Member, verb: Verb, now: datetime) -> bool:
    """The rows of the command and the note of it are one transaction."""
    try:
        with transaction.atomic():
            name = _put(action, member, verb, now)
    except StationOffline:
        return _change(task, State.QUEUED, waits_for="offline")
    except Refused as refusal:
        return _change(
            task, State.QUEUED, state=State.SKIPPED, error=refusal.code[:60], error_text=str(refusal)[:200],
            waits_for="", done_at=now,
        )  # fmt: skip
    return _change(
        task, State.QUEUED, state=State.SENT, command=name, waits_for="", attempts=task.attempts + 1, sent_at=now
    )


def _put(action: GroupAction, member: queries.Member, verb: Verb, now: datetime) -> str:
    if verb.special:
        assert action.by is not None, "actions are begun by people"
        return SPECIALS[verb.special].begin(Order(member, action.parameters, action.by, now, f"{ORIGIN}{action.uid}"))
    if member.is_station:
        request = verb.for_station(member, action.parameters, now)
        return sending.to_station(member=member, request=request, now=now, by=action.by, origin=f"{ORIGIN}{action.uid}")
    kind, data = verb.for_adapter(action.parameters)
    return sending.to_adapter(member=member, kind=kind, data=data, now=now, expires_at=now + ADAPTER_PATIENCE)


def _change(task: GroupTask, before: str, **values: Any) -> bool:
    """Only from the state that was seen: two processes never both move a task."""
    if not GroupTask.objects.filter(pk=task.pk, state=before, command=task.command).update(**values):
        return False
    for name, value in values.items():
        setattr(task, name, value)
    return True


def _finish(action: GroupAction, now: datetime) -> None:
    if not action.tasks.filter(state__in=(State.QUEUED, State.SENT)).exists():
        action.state, action.finished_at = GroupAction.State.DONE, now
        action.save(update_fields=["state", "finished_at"])


def _tell(action: GroupAction, now: datetime) -> None:
    held = queries.counts([action])[action.pk]
    data = {"action": str(action.uid), "state": action.state, "counts": held.by_state}
    publish(audience="operations", kind="group_action", data=data, now=now)
