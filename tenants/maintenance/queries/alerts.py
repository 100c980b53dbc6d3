"""Alerts: lists and single ones, and everything that happened at a unit in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from saas.contracts.faults import SEVERITIES
from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import LIMIT, MOST, Page, cursor_at, moment_of, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can
from tenants.sites.models import Evse, Location

from ..models import Alert, AlertEvent, Outage, StatusChange, WorkOrder

VIEW, MANAGE = "maintenance.view", "maintenance.manage"
RELATED = ("evse__listing", "location", "acknowledged_by", "resolved_by", "silence", "group")
# What happens at a unit, and when.
UNIT_KINDS = {"alert": "first_at", "outage": "began_at", "order": "created_at", "status": "at"}


@dataclass(frozen=True)
class Filter:
    """What a list shows. `state`: open (not resolved), waiting (nobody acknowledged), resolved, or all of them."""

    state: str = "open"
    severity: str = ""
    site: UUID | None = None
    mine: bool = False
    silenced: bool = False
    code: str = ""


def page(*, viewer: User, wanted: Filter, after: str | None, limit: int) -> Page[Alert]:
    """Alerts, newest first; members of a site's alert stand on its page. Forbidden."""
    may_see(viewer)
    rows = Alert.objects.select_related(*RELATED).filter(group=None)
    return newest_first(_filtered(rows, viewer, wanted), after=after, limit=limit)


def find(*, uid: UUID, viewer: Someone, permission: str = VIEW) -> Alert:
    """NotFound for everybody without the right."""
    row = Alert.objects.select_related(*RELATED).filter(uid=uid).first()
    if row is None or not can(viewer, permission):
        raise NotFound("There is no such alert.")
    return row


def several(*, uids: Sequence[UUID], viewer: Someone) -> list[Alert]:
    """All of these, for whom may decide on them. NotFound when one is missing."""
    rows = list(Alert.objects.filter(uid__in=uids)) if can(viewer, MANAGE) else []
    if len(rows) != len(set(uids)):
        raise NotFound("There is no such alert.")
    return rows


def members(alert: Alert, *, after: str | None = None, limit: int = MOST) -> Page[Alert]:
    """The units of a site's alert that are away still, newest first."""
    rows = alert.members.select_related(*RELATED).filter(resolved_at=None)
    return newest_first(rows, after=after, limit=limit)


def log_of(alert: Alert, *, after: str | None = None, limit: int = LIMIT) -> Page[AlertEvent]:
    """What happened to it, newest first."""
    return newest_first(alert.events.select_related("by"), after=after, limit=limit)


def orders_of(alert: Alert) -> list[WorkOrder]:
    return list(alert.orders.select_related("assignee").order_by("-id")[:20])


def counts(viewer: User) -> dict[str, int]:
    """How many alerts wait for somebody, by severity."""
    rows = _filtered(Alert.objects.filter(group=None), viewer, Filter(state="waiting"))
    found = dict(rows.values_list("severity").annotate(n=Count("id")).order_by())
    return {severity: found.get(severity, 0) for severity in SEVERITIES}


def sites(viewer: User) -> list[Location]:
    """Places that have alerts, for the filter."""
    may_see(viewer)
    there = Alert.objects.filter(resolved_at=None).values("location")
    return list(Location.objects.filter(pk__in=there).order_by("name")[:200])


def may_see(viewer: Someone) -> None:
    """Forbidden."""
    if not can(viewer, VIEW):
        raise Forbidden()


@dataclass(frozen=True)
class Line:
    """One line of a unit's log: which kind of thing, when, and the thing itself."""

    kind: str
    at: datetime
    row: Alert | Outage | WorkOrder | StatusChange


def log_of_unit(evse: Evse, *, after: str | None = None, limit: int = LIMIT) -> Page[Line]:
    """Alerts, outages, work orders and statuses of a unit, newest first.

    A page ends between two moments: what happened at the same moment as its last line is on it too.
    """
    before = moment_of(after) if after else None
    newest = sorted((at for kind in UNIT_KINDS for at in _moments(evse, kind, before, limit)), reverse=True)
    if not newest:
        return Page([], None)
    oldest = newest[:limit][-1]
    lines = [Line(kind, getattr(row, field), row) for kind, field in UNIT_KINDS.items()
             for row in _between(evse, kind, before).filter(**{f"{field}__gte": oldest}).order_by("-pk")]  # fmt: skip
    more = any(_between(evse, kind, oldest).exists() for kind in UNIT_KINDS)
    return Page(sorted(lines, key=lambda line: line.at, reverse=True), cursor_at(oldest) if more else None)


def _moments(evse: Evse, kind: str, before: datetime | None, most: int) -> list[datetime]:
    field = UNIT_KINDS[kind]
    return list(_between(evse, kind, before).order_by(f"-{field}").values_list(field, flat=True)[:most])


def _between(evse: Evse, kind: str, before: datetime | None) -> "QuerySet[Any]":
    """Everything of this kind that happened at a unit, before a moment."""
    own = Q(device_id=evse.device_id or "", device_evse__in=(0, evse.device_evse))
    rows: QuerySet[Any] = {
        "alert": Alert.objects.filter(own),
        "outage": Outage.objects.filter(evse=evse),
        "order": WorkOrder.objects.filter(evse=evse),
        "status": StatusChange.objects.filter(evse=evse),
    }[kind]
    return rows.filter(**{f"{UNIT_KINDS[kind]}__lt": before}) if before else rows


def _filtered(rows: "QuerySet[Alert]", viewer: User, wanted: Filter) -> "QuerySet[Alert]":
    by_state: dict[str, dict[str, object]] = {
        "open": {"resolved_at": None},
        "waiting": {"resolved_at": None, "state": Alert.State.OPEN},
        "resolved": {"state": Alert.State.RESOLVED},
    }
    rows = rows.filter(**by_state.get(wanted.state, {}))
    if wanted.state in ("open", "waiting") and not wanted.silenced:
        rows = rows.filter(silence=None)
    if wanted.severity:
        rows = rows.filter(severity=wanted.severity)
    if wanted.site:
        rows = rows.filter(location__uid=wanted.site)
    if wanted.code:
        rows = rows.filter(code=wanted.code) | rows.filter(mrec=wanted.code)
    return rows.filter(acknowledged_by=viewer) if wanted.mine else rows
