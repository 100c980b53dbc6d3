"""The audit log: who did what to whom, and when. Written in the transaction of the act itself."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from saas.kit import pagination
from saas.kit.errors import Forbidden

from .models import AuditEntry, User
from .permissions import can

SHORT = 200  # of a text's value, the beginning is kept: legal texts and logos would fill the log
WORDS = {
    "brand.changed": _("Brand changed"),
    "role.given": _("Role given"),
    "role.taken": _("Role taken"),
    "organisation.added": _("Organisation added"),
    "identity.accepted": _("Identity accepted"),
    "identity.refused": _("Identity not accepted"),
    "password.set": _("Password set"),
    "station.accepted": _("Station accepted"),
    "station.refused": _("Station shut out"),
    "station.command": _("Command to a station"),
    "station.policy": _("Rules for stations changed"),
    "station.upload_allowed": _("Station asked for a file"),
    "device.claimed": _("Adapter claimed"),
    "device.rotated": _("Password of a device changed"),
    "device.revoked": _("Device shut out"),
    "device.restored": _("Device let in again"),
    "device.released": _("Adapter released"),
    "card.added": _("Card registered"),
    "card.changed": _("Card changed"),
    "card.blocked": _("Card blocked"),
    "card.unblocked": _("Card unblocked"),
    "card.removed": _("Card removed"),
    "card_group.added": _("Group of cards added"),
    "power.circuit": _("Shared limit changed"),
    "power.circuit_removed": _("Shared limit removed"),
    "power.member": _("Charger put on a circuit"),
    "power.member_removed": _("Charger taken off a circuit"),
    "rollout.begun": _("Roll-out begun"),
    "rollout.aborted": _("Roll-out aborted"),
    "firmware.withdrawn": _("Firmware withdrawn"),
    "alert.acknowledged": _("Alert acknowledged"),
    "alert.resolved": _("Alert closed"),
    "outage.edited": _("Outage corrected"),
    "silence.added": _("Silence added"),
    "silence.ended": _("Silence ended"),
    "escalation.added": _("Escalation rule added"),
    "escalation.removed": _("Escalation rule removed"),
    "vendor_code.added": _("Vendor's error code added"),
    "vendor_code.removed": _("Vendor's error code removed"),
    "maintenance.policy": _("Thresholds of maintenance changed"),
    "work_order.verified": _("Work order verified"),
    "instrument.added": _("Instrument of clean power added"),
    "instrument.replaced": _("Instrument of clean power replaced"),
    "fuel.added": _("Fuel entered"),
    "factor.added": _("Emission factor added"),
    "factor.replaced": _("Emission factor replaced"),
    "carbon.withdrawn": _("Carbon entry withdrawn"),
    "address.looked": _("Looked at an exact address"),
}


def record(
    *, actor: User, act: str, now: datetime, subject: str = "", changes: Mapping[str, object] | None = None
) -> None:
    """Add an entry. `changes`: by field, [before, after]."""
    AuditEntry.objects.create(
        at=now,
        actor=actor if actor.pk else None,
        actor_name=str(actor)[:254],
        act=act,
        subject=subject[:254],
        details={name: _short(value) for name, value in (changes or {}).items()},
    )


def entries(*, viewer: User, after: str | None = None, limit: int = 50) -> pagination.Page[AuditEntry]:
    """A page, newest first. Forbidden without the right to see it; Invalid for a cursor that is not one."""
    if not can(viewer, "audit.view"):
        raise Forbidden()
    return pagination.newest_first(AuditEntry.objects.all(), after=after, limit=limit)


def _short(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_short(one) for one in value]
    return f"{value[:SHORT]}…" if isinstance(value, str) and len(value) > SHORT else value


def word(act: str) -> str:
    """An act for people; one that the table does not know, as it is."""
    return str(WORDS.get(act, act))


def details(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """(field, before, after) of what an entry changed, for a page."""
    pairs = sorted(entry.details.items())
    return [(name, _said(pair[0]), _said(pair[1])) for name, pair in pairs if pair[0] != pair[1]]


def _said(value: object) -> str:
    return "" if value is None else str(value)
