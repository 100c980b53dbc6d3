"""Group actions and how far they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from saas.kit.pagination import Page, newest_first
from tenants.accounts.permissions import Someone

from ..models import Group, GroupAction, GroupTask
from .seeing import check_list, check_one

State = GroupTask.State
TROUBLE = (State.REFUSED, State.FAILED, State.OFFLINE)


@dataclass(frozen=True)
class Counts:
    """How many devices of an action are in which state."""

    by_state: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def open(self) -> int:
        return self.by_state.get(State.QUEUED, 0) + self.by_state.get(State.SENT, 0)

    @property
    def done(self) -> int:
        return self.by_state.get(State.DONE, 0)

    @property
    def trouble(self) -> int:
        """Refused, failed, offline: what `retry` tries again."""
        return sum(self.by_state.get(state, 0) for state in TROUBLE)

    @property
    def finished_pct(self) -> int:
        return 100 * (self.total - self.open) // self.total if self.total else 100


def action(*, uid: UUID, viewer: Someone) -> GroupAction:
    """NotFound for everybody without the right to see stations."""
    found = GroupAction.objects.select_related("group", "by").filter(uid=uid).first()
    check_one(viewer, found, "action")
    assert found is not None
    return found


def actions_of(*, group: Group, viewer: Someone, after: str | None, limit: int) -> Page[GroupAction]:
    """Newest first. Forbidden."""
    check_list(viewer)
    return newest_first(GroupAction.objects.filter(group=group).select_related("by", "group"), after=after, limit=limit)


def latest_of(group: Group, limit: int = 5) -> list[tuple[GroupAction, Counts]]:
    """The newest actions of a group with their counts."""
    rows = list(GroupAction.objects.filter(group=group).select_related("by").order_by("-id")[:limit])
    held = counts(rows)
    return [(row, held[row.pk]) for row in rows]


def counts(actions: Iterable[GroupAction]) -> dict[int, Counts]:
    """Action's key → counts."""
    keys = [action.pk for action in actions]
    found: dict[int, dict[str, int]] = {key: {} for key in keys}
    rows = GroupTask.objects.filter(action__in=keys).values_list("action", "state").annotate(n=Count("id"))
    for key, state, count in rows.order_by():
        found[key][state] = count
    return {key: Counts(by_state) for key, by_state in found.items()}


def task_page(
    *, action: GroupAction, state: str | None = None, after: str | None = None, limit: int = 50
) -> Page[GroupTask]:
    """The devices of an action, of one state where asked. Who may see the action is for `action` to say first."""
    rows = GroupTask.objects.filter(action=action)
    return newest_first(rows.filter(state=state) if state else rows, after=after, limit=limit)
