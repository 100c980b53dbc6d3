"""Roll-outs, their stages and devices."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from saas.kit.pagination import Page, newest_first
from tenants.accounts.permissions import Someone

from ..models import Rollout, RolloutDevice
from ..staging import Tally
from .seeing import check_list, check_one

State = RolloutDevice.State
# State of a device → field of a Tally.
COLUMNS = {
    State.QUEUED: "queued",
    State.SENT: "flying",
    State.WORKING: "flying",
    State.DONE: "done",
    State.FAILED: "failed",
    State.SKIPPED: "skipped",
    State.CANCELLED: "skipped",
}


@dataclass(frozen=True)
class StageRow:
    """A stage as it is shown. `state`: waiting, running, soaking, over."""

    number: int
    percent: int
    state: str
    tally: Tally

    @property
    def devices(self) -> int:
        return self.tally.attempted + self.tally.skipped


def rollout(*, uid: UUID, viewer: Someone) -> Rollout:
    """NotFound for everybody without the right to see stations."""
    rows = Rollout.objects.select_related("image", "template", "group", "by", "reverts")
    found = rows.filter(uid=uid).first()
    check_one(viewer, found, "roll-out")
    assert found is not None
    return found


def rollout_page(*, viewer: Someone, after: str | None, limit: int) -> Page[Rollout]:
    """Newest first. Forbidden."""
    check_list(viewer)
    return newest_first(Rollout.objects.select_related("image", "template", "group"), after=after, limit=limit)


def device_page(
    *, rollout: Rollout, state: str | None = None, after: str | None = None, limit: int = 50
) -> Page[RolloutDevice]:
    """Its devices, of one state where asked. Who may see the roll-out is for `rollout` to say first."""
    rows = RolloutDevice.objects.filter(rollout=rollout)
    return newest_first(rows.filter(state=state) if state else rows, after=after, limit=limit)


def tally(rollout: Rollout, stage: int) -> Tally:
    """The devices of one stage, counted."""
    return _tallies([rollout])[rollout.pk].get(stage, Tally())


def progress(rollouts: Iterable[Rollout]) -> dict[int, list[StageRow]]:
    """Roll-out's key → its stages in order."""
    rows = list(rollouts)
    held = _tallies(rows)
    return {row.pk: [_row(row, number, held[row.pk].get(number, Tally())) for number in range(len(row.stages))]
            for row in rows}  # fmt: skip


def _row(rollout: Rollout, number: int, tally: Tally) -> StageRow:
    over = number < rollout.stage or rollout.state == Rollout.State.DONE
    soaking = number == rollout.stage and rollout.stage_done_at is not None
    state = "over" if over else "waiting" if number > rollout.stage else "soaking" if soaking else "running"
    return StageRow(number + 1, rollout.stages[number], state, tally)


def _tallies(rollouts: list[Rollout]) -> dict[int, dict[int, Tally]]:
    keys = [row.pk for row in rollouts]
    sums: dict[int, dict[int, dict[str, int]]] = {key: {} for key in keys}
    counted = RolloutDevice.objects.filter(rollout__in=keys).values_list("rollout", "stage", "state")
    for key, stage, state, count in counted.annotate(n=Count("id")).order_by():
        columns = sums[key].setdefault(stage, {})
        columns[COLUMNS[State(state)]] = columns.get(COLUMNS[State(state)], 0) + count
    return {key: {stage: Tally(**columns) for stage, columns in stages.items()} for key, stages in sums.items()}
