"""Alerts: lists and single ones, and everything that happened at a unit in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from saas.contracts.faults import SEVERITIES
from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can
from tenants.sites.models import Evse, Location

from ..models import Alert, AlertEvent, Outage, StatusChange, WorkOrder

M = TypeVar("M", bound=Model)
VIEW, MANAGE = "maintenance.view", "maintenance.manage"
RELATED = ("evse__listing", "location", "acknowledged_by", "resolved_by", "silence", "group")
UNIT_ROWS = 100


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


def members(alert: Alert) -> list[Alert]:
    """The units of a site's alert that are away still."""
    return list(alert.members.select_related(*RELATED).filter(resolved_at=None).order_by("device_id")[:200])


def log_of(alert: Alert) -> list[AlertEvent]:
    return list(alert.events.select_related("by").order_by("-id")[:200])


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


def log_of_unit(evse: Evse) -> list[Line]:
    """Alerts, outages, work orders and statuses of a unit, newest first: the last UNIT_ROWS of them."""
    own = Q(device_id=evse.device_id or "", device_evse__in=(0, evse.device_evse))
    lines = [
        *(Line("alert", row.first_at, row) for row in _last(Alert.objects.filter(own))),
        *(Line("outage", row.began_at, row) for row in _last(Outage.objects.filter(evse=evse))),
        *(Line("order", row.created_at, row) for row in _last(WorkOrder.objects.filter(evse=evse))),
        *(Line("status", row.at, row) for row in _last(StatusChange.objects.filter(evse=evse))),
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:UNIT_ROWS]


def _last(rows: "QuerySet[M]") -> "QuerySet[M]":
    return rows.order_by("-pk")[:UNIT_ROWS]


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
