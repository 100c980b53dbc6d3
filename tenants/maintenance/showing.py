"""Rows as the API shows them."""

from collections.abc import Mapping

from saas.contracts.faults import name_of
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from .fault_words import Todo, alert_title, alert_todo
from .models import (
    Alert,
    AlertEvent,
    EscalationRule,
    OrderPhoto,
    Outage,
    Risk,
    Silence,
    StatusChange,
    VendorCode,
    WorkOrder,
)
from .queries.alerts import Line
from .queries.orders import Place, is_assignee
from .queries.units import title
from .stages import verbs_for

Shown = dict[str, object]


def alert_shown(row: Alert, names: Mapping[str, str]) -> Shown:
    return {
        "uid": row.uid, "device": row.device_id, "device_evse": row.device_evse, "unit": unit_of(row, names),
        "title": alert_title(row), "todo": todo_shown(alert_todo(row)),
        "evse": row.evse.uid if row.evse else None, "site": row.location.uid if row.location else None,
        "group": row.group.uid if row.group else None, "code": row.code, "mrec": row.mrec,
        "mrec_name": name_of(row.mrec), "severity": row.severity, "cause": row.cause, "broken": row.broken,
        "source": row.source, "detail": {name: str(value) for name, value in row.detail.items()}, "state": row.state,
        "count": row.count, "first_at": row.first_at, "last_at": row.last_at, "flapping": row.flapping,
        "acknowledged_at": row.acknowledged_at, "resolved_at": row.resolved_at,
        "acknowledged_by": row.acknowledged_by.uid if row.acknowledged_by else None,
        "silenced": row.silence_id is not None,
    }  # fmt: skip


def event_shown(row: AlertEvent) -> Shown:
    return {"kind": row.kind, "text": row.text, "by": row.by.uid if row.by else None, "at": row.at}


def todo_shown(todo: Todo) -> Shown:
    return {kind: [step._asdict() for step in steps] for kind, steps in todo._asdict().items()}


def unit_of(row: Alert, names: Mapping[str, str]) -> str:
    """What people call the unit of an alert."""
    if not row.at_charger:
        return row.location.name if row.location else str(row.detail.get("circuit", ""))
    name = names.get(row.device_id, row.device_id)
    return f"{name}/{row.device_evse}" if row.device_evse > 1 else name


def outage_shown(row: Outage) -> Shown:
    names = (
        "uid", "origin", "began_at", "ended_at", "cause", "mrec", "broken", "planned", "exclusion", "guessed_cause",
        "guessed_exclusion", "withdrawn", "confirmed_at", "device_evse",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "evse": row.evse.uid, "device": row.device_id, "unit": title(row.evse),
    }  # fmt: skip


def order_shown(row: WorkOrder, viewer: User, place: Place | None = None) -> Shown:
    names = (
        "uid", "title", "text", "severity", "source", "state", "due_at", "checklist", "parts", "verdict", "cause",
        "mrec", "found", "began_at", "done_at", "closed_at", "device_evse",
    )  # fmt: skip
    manages = can(viewer, "maintenance.manage")
    where = {"address": place.address, "latitude": place.latitude, "longitude": place.longitude} if place else {}
    return {name: getattr(row, name) for name in names} | where | {
        "number": row.pk, "evse": row.evse.uid, "device": row.device_id, "unit": title(row.evse),
        "alert": row.alert.uid if row.alert else None, "todo": todo_shown(alert_todo(row.alert)) if row.alert else None,
        "assignee": row.assignee.uid if row.assignee else None,
        "next": verbs_for(row, manages=manages, assignee=is_assignee(row, viewer)),
    }  # fmt: skip


def photo_said(row: OrderPhoto) -> Shown:
    return {
        "uid": row.uid, "added_by": row.added_by.uid if row.added_by else None, "added_at": row.created_at,
        "width": row.width, "height": row.height, "size": row.size,
        "path": f"/maintenance/work-orders/{row.order.uid}/photos/{row.uid}",
    }  # fmt: skip


def silence_shown(row: Silence) -> Shown:
    names = ("uid", "code", "starts_at", "ends_at", "reason", "planned")
    return {name: getattr(row, name) for name in names} | {
        "evse": row.evse.uid if row.evse else None, "site": row.location.uid if row.location else None,
        "group": row.group.uid if row.group else None,
    }  # fmt: skip


def rule_shown(row: EscalationRule) -> Shown:
    names = ("uid", "after_minutes", "severity", "role", "enabled")
    return {name: getattr(row, name) for name in names} | {"person": row.person.uid if row.person else None}


def risk_shown(row: Risk) -> Shown:
    names = ("uid", "horizon_days", "probability_ppm", "reasons", "model", "data_version", "made_at")
    return {name: getattr(row, name) for name in names} | {"evse": row.evse.uid, "unit": title(row.evse)}


def code_shown(row: VendorCode) -> Shown:
    return {name: getattr(row, name) for name in ("uid", "vendor", "code", "mrec", "note")}


def line_shown(line: Line) -> Shown:
    row = line.row
    uid = None if isinstance(row, StatusChange) else row.uid
    return {"kind": line.kind, "at": line.at, "uid": uid, "text": _text(line)}


def _text(line: Line) -> str:
    row = line.row
    if isinstance(row, Alert):
        return f"{row.code} ({row.mrec}), {row.state}, × {row.count}"
    if isinstance(row, Outage):
        return f"{row.origin}: {row.cause} {row.mrec}".strip()
    return f"#{row.pk} {row.title}: {row.state}" if isinstance(row, WorkOrder) else row.status
