"""The tenant's rules: silences, escalation, vendor codes, thresholds. Every change is audited."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from saas.contracts import faults
from saas.kit.errors import Invalid
from tenants.accounts import audit
from tenants.accounts.models import Membership, User
from tenants.operations.models import Group
from tenants.sites.models import Evse, Location

from ..errors import CodeKnown, PeriodEmpty, ReasonMissing
from ..models import EscalationRule, MaintenancePolicy, Silence, VendorCode
from ..queries import rules

LONGEST = 80


@transaction.atomic
def add_silence(
    *, starts_at: datetime, ends_at: datetime, reason: str, by: User, now: datetime, evse: Evse | None = None,
    location: Location | None = None, group: Group | None = None, code: str = "", planned: bool = False,
) -> Silence:  # fmt: skip
    """Nobody is told of what it covers. Alerts that are open already fall under it with the next look."""
    if not reason.strip():
        raise ReasonMissing()
    if ends_at <= max(starts_at, now):
        raise PeriodEmpty()
    row = Silence.objects.create(
        starts_at=starts_at, ends_at=ends_at, reason=reason.strip()[:200], by=by, evse=evse, location=location,
        group=group, code=code.strip()[:LONGEST], planned=planned,
    )  # fmt: skip
    audit.record(
        actor=by, act="silence.added", subject=row.reason, changes={"until": ["", ends_at.isoformat()]}, now=now
    )
    return row


@transaction.atomic
def end_silence(*, silence: Silence, by: User, now: datetime) -> None:
    """It ends now; one that has not begun is as if it had never been."""
    Silence.objects.filter(pk=silence.pk, ends_at__gt=now).update(ends_at=max(now, silence.starts_at))
    audit.record(actor=by, act="silence.ended", subject=silence.reason, now=now)


@transaction.atomic
def add_rule(
    *, after_minutes: int, severity: str, by: User, now: datetime, role: str = "", person: User | None = None
) -> EscalationRule:
    """Who is written to. Invalid unless it names a role or a person, and a severity that there is."""
    if bool(role) == (person is not None) or (role and role not in Membership.Role.values):
        raise Invalid("Name a role, or a person.", role="a role, or a person")
    if severity not in faults.SEVERITIES or not 0 <= after_minutes <= 7 * 24 * 60:
        raise Invalid("Name a severity and up to a week.", severity="one of " + ", ".join(faults.SEVERITIES))
    row = EscalationRule.objects.create(after_minutes=after_minutes, severity=severity, role=role, person=person)
    audit.record(actor=by, act="escalation.added", subject=f"{after_minutes} min, {severity}", now=now)
    return row


@transaction.atomic
def remove_rule(*, rule: EscalationRule, by: User, now: datetime) -> None:
    """Nobody is written to by it any more."""
    audit.record(actor=by, act="escalation.removed", subject=f"{rule.after_minutes} min, {rule.severity}", now=now)
    rule.delete()


@transaction.atomic
def add_vendor_code(*, vendor: str, code: str, mrec: str, note: str, by: User, now: datetime) -> VendorCode:
    """What a vendor's code means. Alerts from now on say so. CodeKnown; Invalid for a code that there is none of."""
    if not code.strip() or mrec not in (*faults.MREC, faults.OTHER):
        raise Invalid("Name the vendor's code, and one of ChargeX.", mrec="CX001 to CX026, or OtherError")
    try:
        with transaction.atomic():
            row = VendorCode.objects.create(vendor=vendor.strip(), code=code.strip(), mrec=mrec, note=note.strip())
    except IntegrityError as clash:
        raise CodeKnown() from clash
    audit.record(actor=by, act="vendor_code.added", subject=f"{vendor} {code} → {mrec}", now=now)
    return row


@transaction.atomic
def remove_vendor_code(*, row: VendorCode, by: User, now: datetime) -> None:
    audit.record(actor=by, act="vendor_code.removed", subject=f"{row.vendor} {row.code}", now=now)
    row.delete()


@transaction.atomic
def set_policy(*, wanted: Mapping[str, Any], by: User, now: datetime) -> MaintenancePolicy:
    """Thresholds; what is not named stays."""
    row = rules.policy()
    names = [field.name for field in MaintenancePolicy._meta.fields if field.name not in ("id", "changed_at")]
    changes = {name: [getattr(row, name), wanted[name]] for name in names if name in wanted}
    for name in changes:
        setattr(row, name, wanted[name])
    row.changed_at = now
    row.save()
    audit.record(actor=by, act="maintenance.policy", changes=changes, now=now)
    return row
