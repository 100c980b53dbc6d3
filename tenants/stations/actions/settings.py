"""The tenant's rules for stations."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection, transaction

from saas.kit.errors import Forbidden, Invalid
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Location

from ..models import StationPolicy
from ..queries import policy

LOCK = 0x73_74_61_74  # two people who save the first row at once
LIMITS = {"least_profile": (0, 3), "log_days": (1, 365), "heartbeat_s": (10, 86_400)}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """See models.StationPolicy. With `auto_accept` there is a place where such stations are put."""

    least_profile: int
    auto_accept: bool
    auto_location: Location | None
    log_days: int
    heartbeat_s: int
    local_lists: bool


@transaction.atomic
def set_policy(*, wanted: Policy, by: User, now: datetime) -> StationPolicy:
    """Change the rules; stations that are connected stay. Raises Forbidden, Invalid (details name the fields)."""
    if not can(by, "station.manage"):
        raise Forbidden()
    _check(wanted)
    _lock()
    row = policy()
    values = {**asdict(wanted), "auto_location": wanted.auto_location}
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_at = now
    row.save()
    changes = {name: [str(before[name]), str(value)] for name, value in values.items() if before[name] != value}
    audit.record(actor=by, act="station.policy", now=now, changes=changes)
    return row


def _check(wanted: Policy) -> None:
    wrong: dict[str, object] = {
        name: f"{least} to {most}"
        for name, (least, most) in LIMITS.items()
        if not least <= getattr(wanted, name) <= most
    }
    if wanted.auto_accept and wanted.auto_location is None:
        wrong["auto_location"] = "where stations that are let in by themselves are put"
    if wrong:
        raise Invalid("The rules do not fit.", **wrong)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
