"""The life of a work order: one table. Pure."""

from typing import NamedTuple

from .models import WorkOrder

State = WorkOrder.State
OVER = (State.VERIFIED, State.CANCELLED)
AT_WORK = (State.ASSIGNED, State.ACCEPTED, State.TRAVELLING, State.STARTED)


class Step(NamedTuple):
    """`before`: states in which it may be done; `after`: the state then; `by_assignee`: else by who manages."""

    before: tuple[str, ...]
    after: str
    by_assignee: bool
    reason: bool = False


STEPS: dict[str, Step] = {
    "assign": Step((State.OPEN, *AT_WORK), State.ASSIGNED, by_assignee=False),
    "accept": Step((State.ASSIGNED,), State.ACCEPTED, by_assignee=True),
    "decline": Step((State.ASSIGNED, State.ACCEPTED), State.OPEN, by_assignee=True, reason=True),
    "travel": Step((State.ASSIGNED, State.ACCEPTED), State.TRAVELLING, by_assignee=True),
    "start": Step((State.ASSIGNED, State.ACCEPTED, State.TRAVELLING), State.STARTED, by_assignee=True),
    "finish": Step((State.STARTED,), State.DONE, by_assignee=True),
    "return": Step((State.DONE,), State.ASSIGNED, by_assignee=False, reason=True),
    "verify": Step((State.DONE,), State.VERIFIED, by_assignee=False),
    "cancel": Step((State.OPEN, *AT_WORK, State.DONE), State.CANCELLED, by_assignee=False, reason=True),
}


def verbs_for(order: WorkOrder, *, manages: bool, assignee: bool) -> list[str]:
    """What this person may press now."""
    return [
        verb for verb, step in STEPS.items()
        if order.state in step.before and (assignee if step.by_assignee else manages)
    ]  # fmt: skip
