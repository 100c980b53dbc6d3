"""Beginning roll-outs, and what a person may do with one: pause, resume, abort, retry, roll back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from saas.kit.errors import Forbidden, Invalid
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from .. import queries
from ..errors import AboveLimit, NoDevices, NothingToRevert, RolloutOver
from ..models import ConfigurationTemplate, FirmwareImage, Group, Rollout, RolloutDevice
from ..queries import Member
from ..staging import assign, order, too_many, valid_stages
from .driving import drive_rollout

Phase = Rollout.State
State = RolloutDevice.State
HOUR, DAY = 3600, 86_400
AFRESH: dict[str, Any] = {
    "state": State.QUEUED, "error": "", "error_text": "", "phase": "", "command": "", "begun_at": None,
    "done_at": None, "installed_at": None,
}  # fmt: skip
UNREACHED = ("offline", "charging", "gone")


@dataclass(frozen=True)
class Plan:
    """How carefully. Percentages rise and end with 100; times in seconds."""

    stages: Sequence[int] = (1, 10, 50, 100)
    failure_limit_pct: int = 5
    soak_s: int = HOUR
    device_timeout_s: int = HOUR
    patience_s: int = DAY
    concurrency: int = 50

    def check(self) -> None:
        """Invalid names each field that does not fit."""
        wrong: dict[str, object] = {}
        if not valid_stages(self.stages) or len(self.stages) > 20:
            wrong["stages"] = "rising whole percentages, the last is 100"
        for name, least, most in _BOUNDS:
            if not least <= getattr(self, name) <= most:
                wrong[name] = f"{least} to {most}"
        if wrong:
            raise Invalid("The plan does not fit.", **wrong)


@dataclass(frozen=True)
class Target:
    """One device of a roll-out, and what is for it."""

    member: Member
    image: FirmwareImage | None = None
    values: Mapping[str, str] = field(default_factory=dict)


_BOUNDS = (
    ("failure_limit_pct", 0, 100), ("soak_s", 0, 30 * DAY), ("device_timeout_s", 30, 7 * DAY),
    ("patience_s", 0, 30 * DAY), ("concurrency", 1, 1000),
)  # fmt: skip
CAREFUL = Plan()
AT_ONCE = Plan(stages=(100,), failure_limit_pct=100, soak_s=0)


@transaction.atomic
def begin_firmware(
    *, image: FirmwareImage, by: User, now: datetime, group: Group | None = None, plan: Plan = CAREFUL, name: str = ""
) -> Rollout:
    """Give the image to all devices of the group (without: of the tenant) that it is meant for, stage by stage.

    Forbidden, Invalid, NoDevices.
    """
    _check(by, plan)
    if image.withdrawn_at is not None:
        raise Invalid("This image was withdrawn.", image="withdrawn")
    members = queries.members_of(group) if group else queries.everything()
    targets = [Target(member, image=image) for member in members if queries.fits(image, member)]
    made = Rollout(kind=Rollout.Kind.FIRMWARE, name=name or f"{image.vendor} {image.version}".strip(), image=image,
                   group=group, by=by)  # fmt: skip
    return _begin(made, targets, plan, now)


@transaction.atomic
def begin_configuration(
    *,
    template: ConfigurationTemplate,
    by: User,
    now: datetime,
    plan: Plan = CAREFUL,
    device_ids: Iterable[str] | None = None,
    name: str = "",
) -> Rollout:
    """Give the template's values to the stations of its groups, or to these of them. Forbidden, Invalid, NoDevices."""
    _check(by, plan)
    only = None if device_ids is None else set(device_ids)
    members = [m for m in queries.wanted_by(template) if only is None or m.device_id in only]
    targets = [Target(member, values=template.values[member.protocol]) for member in members]
    made = Rollout(kind=Rollout.Kind.CONFIGURATION, name=name or template.name, template=template, by=by)
    return _begin(made, targets, plan, now)


@transaction.atomic
def revert(*, rollout: Rollout, by: User, now: datetime, plan: Plan = AT_ONCE) -> Rollout:
    """Give back what was there before to every device that took the new one. What still runs of it is aborted.

    Firmware: the newest image of the version that the device had, where there is one. Forbidden, NothingToRevert.
    """
    _check(by, plan)
    row = _locked(rollout, by)
    took = list(row.devices.filter(state=State.DONE).order_by("id"))
    targets = _TARGETS_BACK[row.kind](took, queries.of_ids(device.device_id for device in took))
    if not targets:
        raise NothingToRevert()
    if row.state not in (Phase.DONE, Phase.ABORTED):
        _end(row, Phase.ABORTED, now)
    made = Rollout(kind=row.kind, name=f"← {row.name}"[:120], template=row.template, group=row.group, by=by,
                   reverts=row)  # fmt: skip
    return _begin(made, targets, plan, now)


@transaction.atomic
def pause(*, rollout: Rollout, by: User, now: datetime) -> Rollout:
    """Begin no more devices; those on their way go on. Forbidden, RolloutOver."""
    row = _in(rollout, by, Phase.RUNNING)
    return _set(row, state=Phase.PAUSED)


@transaction.atomic
def resume(*, rollout: Rollout, by: User, now: datetime, failure_limit_pct: int | None = None) -> Rollout:
    """Go on with the stage. One that stopped by itself goes on with a higher limit. Forbidden, RolloutOver, AboveLimit.

    The stage has its patience anew.
    """
    row = _in(rollout, by, Phase.PAUSED, Phase.STOPPED)
    limit = row.failure_limit_pct if failure_limit_pct is None else failure_limit_pct
    if not 0 <= limit <= 100:
        raise Invalid("The limit is a percentage.", failure_limit_pct="0 to 100")
    if too_many(queries.tally(row, row.stage), limit):
        raise AboveLimit()
    _set(row, state=Phase.RUNNING, reason="", failure_limit_pct=limit, stage_begun_at=now)
    return _driven(row, now)


@transaction.atomic
def abort(*, rollout: Rollout, by: User, now: datetime) -> Rollout:
    """Begin no more devices, ever; those on their way go on. Forbidden, RolloutOver."""
    row = _in(rollout, by, Phase.RUNNING, Phase.PAUSED, Phase.STOPPED)
    audit.record(actor=by, act="rollout.aborted", now=now, subject=row.name)
    return _end(row, Phase.ABORTED, now)


@transaction.atomic
def retry_failed(*, rollout: Rollout, by: User, now: datetime) -> Rollout:
    """Once more for the devices that failed, in the present stage, and for those that were not to be reached, in the
    last one: others stand in for them by now. A roll-out that was stopped or done runs again.

    Forbidden, RolloutOver (aborted, or there are none).
    """
    row = _in(rollout, by, Phase.RUNNING, Phase.PAUSED, Phase.STOPPED, Phase.DONE)
    missed = row.devices.filter(state=State.SKIPPED, error__in=UNREACHED)
    again = missed.update(stage=len(row.stages) - 1, **AFRESH)
    again += row.devices.filter(state=State.FAILED).update(stage=row.stage, **AFRESH)
    if not again:
        raise RolloutOver("There is nothing to try again.")
    state = Phase.PAUSED if row.state == Phase.PAUSED else Phase.RUNNING
    _set(row, state=state, reason="", stage_begun_at=now, stage_done_at=None, finished_at=None)
    return _driven(row, now)


def _check(by: User, plan: Plan) -> None:
    if not can(by, "station.manage"):
        raise Forbidden()
    plan.check()


def _begin(made: Rollout, targets: list[Target], plan: Plan, now: datetime) -> Rollout:
    if not targets:
        raise NoDevices()
    for name, value in (vars(plan) | {"stages": list(plan.stages)}).items():
        setattr(made, name, value)
    made.name, made.stage_begun_at = made.name[:120], now
    made.save()
    by_id = {target.member.device_id: target for target in targets}
    stages = assign(str(made.uid), list(by_id), plan.stages)
    rows = [_row(made, by_id[device_id], stages[device_id]) for device_id in order(str(made.uid), list(by_id))]
    RolloutDevice.objects.bulk_create(rows)
    if made.by is not None:
        audit.record(actor=made.by, act="rollout.begun", now=now, subject=made.name)
    return _driven(made, now)


def _row(rollout: Rollout, target: Target, stage: int) -> RolloutDevice:
    return RolloutDevice(
        rollout=rollout, device_id=target.member.device_id, name=target.member.name[:80], stage=stage,
        image=target.image, target=dict(target.values), before={"version": target.member.firmware},
    )  # fmt: skip


def _firmware_back(took: list[RolloutDevice], members: dict[str, Member]) -> list[Target]:
    """Those without an image of their old version are in the list too, to be skipped by that name."""
    there = [row for row in took if row.device_id in members and row.before.get("version")]
    return [
        Target(member, image=queries.images_for(member=member, version=row.before["version"]))
        for row in there
        if (member := members[row.device_id])
    ]


def _values_back(took: list[RolloutDevice], members: dict[str, Member]) -> list[Target]:
    found = []
    for row in took:
        values = {key: row.before[key] for key in row.changed if row.before.get(key) is not None}
        if values and row.device_id in members:
            found.append(Target(members[row.device_id], values=values))
    return found


_TARGETS_BACK: dict[str, Callable[[list[RolloutDevice], dict[str, Member]], list[Target]]] = {
    Rollout.Kind.FIRMWARE: _firmware_back,
    Rollout.Kind.CONFIGURATION: _values_back,
}


def _locked(rollout: Rollout, by: User) -> Rollout:
    if not can(by, "station.manage"):
        raise Forbidden()
    rows = Rollout.objects.select_for_update(of=("self",)).select_related("image", "template", "group")
    return rows.get(pk=rollout.pk)


def _in(rollout: Rollout, by: User, *states: str) -> Rollout:
    row = _locked(rollout, by)
    if row.state not in states:
        raise RolloutOver(state=row.state)
    return row


def _set(row: Rollout, **values: Any) -> Rollout:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    return row


def _end(row: Rollout, state: str, now: datetime) -> Rollout:
    row.devices.filter(state=State.QUEUED).update(state=State.CANCELLED, waits_for="", done_at=now)
    return _set(row, state=state, finished_at=now)


def _driven(row: Rollout, now: datetime) -> Rollout:
    drive_rollout(key=row.pk, now=now)
    row.refresh_from_db()
    return row
