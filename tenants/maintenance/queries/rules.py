"""The tenant's rules: thresholds, silences, escalation, vendor codes."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from saas.kit.errors import NotFound
from tenants.accounts.permissions import Someone, can
from tenants.operations.models import Group
from tenants.operations.queries.members import members_of
from tenants.sites.models import Evse

from ..models import Alert, EscalationRule, MaintenancePolicy, Silence, VendorCode

R = TypeVar("R", bound=Model)


def policy() -> MaintenancePolicy:
    """As it was set, else as it comes."""
    return MaintenancePolicy.objects.first() or MaintenancePolicy()


def vendor_codes() -> dict[tuple[str, str], str]:
    """(vendor, code), in lower case → MREC."""
    rows = VendorCode.objects.values_list("vendor", "code", "mrec")
    return {(vendor.casefold(), code.casefold()): mrec for vendor, code, mrec in rows}


def silences(now: datetime) -> list[Silence]:
    """Those that hold now, planned maintenance first."""
    rows = Silence.objects.filter(starts_at__lte=now, ends_at__gt=now).select_related("group")
    return list(rows.order_by("-planned", "id"))


def silence_of(alert: Alert, among: list[Silence]) -> Silence | None:
    """The first that covers the alert."""
    return next((row for row in among if covers(row, alert)), None)


def covers(silence: Silence, alert: Alert) -> bool:
    """Whether everything that the silence names fits."""
    if silence.code and silence.code.casefold() not in (alert.code.casefold(), alert.mrec.casefold()):
        return False
    return _place(silence, alert.evse_id, alert.location_id, alert.device_id, alert.device_evse)


def planned_at(evse_id: int, location_id: int, device_id: str, among: list[Silence]) -> Silence | None:
    """Planned maintenance at an EVSE."""
    fitting = (row for row in among if row.planned and not row.code)
    return next((row for row in fitting if _place(row, evse_id, location_id, device_id, 1)), None)


def planned_until(evse: Evse, device_id: str, *, since: datetime, now: datetime) -> datetime:
    """When the last announced window of this EVSE ended that was open after `since`; `since` where there was none."""
    rows = Silence.objects.filter(planned=True, code="", ends_at__gt=since, ends_at__lte=now).select_related("group")
    ends = [row.ends_at for row in rows if _place(row, evse.pk, evse.location_id, device_id, 1)]
    return max(ends, default=since)


def escalation() -> "QuerySet[EscalationRule]":
    return EscalationRule.objects.select_related("person").order_by("after_minutes", "id")


def _place(row: Silence, evse_id: int | None, location_id: int | None, device_id: str, number: int) -> bool:
    if row.evse_id is not None and (row.evse_id != evse_id or not number):
        return False
    if row.location_id is not None and row.location_id != location_id:
        return False
    return row.group is None or device_id in _devices(row.group)


def _devices(group: Group) -> set[str]:
    return {member.device_id for member in members_of(group)}


def find_silence(*, uid: UUID, viewer: Someone) -> Silence:
    """NotFound for everybody without the right to manage them."""
    return _found(Silence.objects.filter(uid=uid).first(), viewer)


def find_rule(*, uid: UUID, viewer: Someone) -> EscalationRule:
    """The same."""
    return _found(EscalationRule.objects.filter(uid=uid).first(), viewer)


def find_vendor_code(*, uid: UUID, viewer: Someone) -> VendorCode:
    """The same."""
    return _found(VendorCode.objects.filter(uid=uid).first(), viewer)


def _found(row: R | None, viewer: Someone) -> R:
    if row is None or not can(viewer, "maintenance.manage"):
        raise NotFound("There is no such rule.")
    return row
