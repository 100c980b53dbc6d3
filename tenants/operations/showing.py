"""Groups, actions, roll-outs, images and templates as the API shows them."""

from collections.abc import Mapping
from typing import Any

from saas.kit.pagination import MOST
from saas.tenancy.queries import current

from . import queries
from .models import (
    ConfigurationTemplate,
    FirmwareImage,
    Group,
    GroupAction,
    GroupTask,
    Rollout,
    RolloutDevice,
    TemplateCheck,
)
from .queries import Counts, Member, StageRow
from .storing import url_of
from .verbs import STOP, Field, Verb

Shown = dict[str, Any]


def group(row: Group) -> Shown:
    return {
        **_named(row, "uid", "name", "kind", "vendor", "model", "created_at"),
        "parent": row.parent.uid if row.parent else None,
        "location": row.location.uid if row.location else None,
    }


def group_detail(row: Group) -> Shown:
    """With how many devices it has now."""
    members = queries.members_of(row)
    return {
        **group(row),
        "devices": len(members),
        "online": sum(member.online for member in members),
        "charging": queries.charging_among(members),
        "named": list(row.devices.order_by("device_id").values_list("device_id", flat=True)[:MOST]),
        "children": list(row.children.order_by("name").values_list("uid", flat=True)[:MOST]),
    }


def member(row: Member) -> Shown:
    names = ("device_id", "kind", "name", "vendor", "model", "firmware", "protocol", "online", "charging", "place")
    return {**_named(row, *names), "station": row.station.uid if row.station else None}


def action(row: GroupAction, counts: Counts | None = None) -> Shown:
    names = (
        "uid", "group_name", "verb", "parameters", "state", "concurrency", "per_minute", "spare_charging", "wait_until",
        "created_at", "finished_at",
    )  # fmt: skip
    held = counts or queries.counts([row])[row.pk]
    return {
        **_named(row, *names),
        "group": row.group.uid if row.group else None,
        "by": row.by.uid if row.by else None,
        "counts": held.by_state,
        "finished_pct": held.finished_pct,
    }


def task(row: GroupTask) -> Shown:
    names = (
        "device_id", "name", "state", "waits_for", "error", "error_text", "answer", "attempts", "took_ms", "sent_at",
        "done_at",
    )  # fmt: skip
    return _named(row, *names)


def verb(found: Verb) -> Shown:
    """With labels in the language of the request."""
    return {
        **_named(found, "key", "dangerous", "interrupts"),
        "label": str(found.label),
        "stations": bool(found.special) or found.station is not None,
        "adapters": found.special == STOP or found.adapter is not None,
        "parameters": [_field(field) for field in found.fields],
    }


def image(row: FirmwareImage) -> Shown:
    names = (
        "uid", "kind", "vendor", "model", "version", "size", "sha256", "notes", "downgrade", "created_at",
        "withdrawn_at",
    )  # fmt: skip
    return {
        **_named(row, *names),
        "signed": bool(row.signature),
        "url": url_of(row, current()),
        "uploaded_by": row.uploaded_by.uid if row.uploaded_by else None,
    }


def rollout(row: Rollout, stages: list[StageRow] | None = None) -> Shown:
    names = (
        "uid", "kind", "name", "state", "reason", "failure_limit_pct", "soak_s", "device_timeout_s", "patience_s",
        "concurrency", "created_at", "finished_at",
    )  # fmt: skip
    held = stages if stages is not None else queries.progress([row])[row.pk]
    return {
        **_named(row, *names),
        **{name: getattr(row, name).uid if getattr(row, name) else None
           for name in ("image", "template", "group", "reverts")},
        "stage": row.stage + 1,
        "stages": [_stage(one) for one in held],
    }  # fmt: skip


def rollout_device(row: RolloutDevice) -> Shown:
    names = (
        "device_id", "name", "state", "waits_for", "phase", "before", "target", "changed", "note", "error",
        "error_text", "begun_at", "done_at",
    )  # fmt: skip
    return {**_named(row, *names), "stage": row.stage + 1}


def template(row: ConfigurationTemplate) -> Shown:
    return {
        **_named(row, "uid", "name", "values", "created_at", "changed_at"),
        "groups": [group.uid for group in row.groups.all()],
        "drift": queries.drift_counts(row),
    }


def check(row: TemplateCheck) -> Shown:
    return _named(row, "device_id", "name", "state", "error", "findings", "checked_at")


def _stage(row: StageRow) -> Shown:
    return {
        "number": row.number, "percent": row.percent, "state": row.state, "devices": row.devices,
        "failure_pct": row.tally.failure_pct, **vars(row.tally),
    }  # fmt: skip


def _field(found: Field) -> Shown:
    choices = [{"value": value, "label": str(label)} for value, label in found.choices]
    return {"name": found.name, "label": str(found.label), "default": found.default, "choices": choices}


def _named(row: object, *names: str) -> Shown:
    held: Mapping[str, Any] = {name: getattr(row, name) for name in names}
    return dict(held)
