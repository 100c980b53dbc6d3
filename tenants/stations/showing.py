"""Rows as the API shows them."""

from datetime import UTC, datetime
from typing import Any

from saas.devices.models import Device
from saas.devices.queries import is_online
from saas.kit import framelog
from tenants.charging.models import Session

from . import queries
from .models import Item, Station, StationCommand, StationPolicy, Variable

REGISTRATION = {"active": "accepted", "pending": "pending", "revoked": "refused"}
PLAIN = (
    "uid station_id protocol security_profile vendor model serial_number firmware booted_at boot_reason connected_at"
)
LATEST = 20


def station(row: Station) -> dict[str, Any]:
    """A station with its device's presence and its EVSEs."""
    device = Device.objects.filter(device_id=row.device_id).first()
    state = device.state if device else Device.State.REVOKED
    return {
        **{name: getattr(row, name) for name in PLAIN.split()},
        "state": state,
        "registration": REGISTRATION[state],
        "online": device is not None and is_online(device),
        "last_seen_at": device.last_seen_at if device else None,
        "location": row.location.name if row.location else None,
        "evses": [
            {"uid": e.uid, "number": e.device_evse, "status": e.status, "connectors": list(e.connectors.all())}
            for e in queries.evses_of(row)
        ],
    }


def detail(row: Station) -> dict[str, Any]:
    """Everything, with the first of each list."""
    return {
        **station(row),
        "connectors": queries.connectors_of(row),
        "configuration": [variable(v) for v in queries.configuration(station=row).items],
        "local_list": {"version": row.local_list_version, "entries": queries.local_list(station=row).items},
        "reservations": queries.reservations(station=row).items,
        "running": [transaction(s) for s in queries.running(station=row)],
        "transactions": [transaction(s) for s in queries.transactions(station=row, limit=LATEST).items],
        "charging_profiles": queries.items(station=row, kind=Item.Kind.CHARGING_PROFILE).items,
        "certificates": queries.items(station=row, kind=Item.Kind.CERTIFICATE).items,
        "progress": row.progress,
        "messages": [message(entry) for entry in framelog.last(row.device_id, LATEST)],
    }


def variable(row: Variable) -> dict[str, Any]:
    """`readonly` as OCPP 1.6 says it."""
    names = (
        "key component component_instance evse connector name instance attribute value mutability characteristics "
        "reboot_required at"
    )
    return {**{name: getattr(row, name) for name in names.split()}, "readonly": row.mutability == "ReadOnly"}


def transaction(row: Session) -> dict[str, Any]:
    """A session as the station's transaction."""
    names = "transaction_id id_tag state started_at ended_at meter_start_wh meter_stop_wh energy_wh stop_reason"
    told = {"session": row.uid, "evse": row.evse.device_evse, "stopped_reason": row.evidence.get("word", "")}
    return {**{name: getattr(row, name) for name in names.split()}, **told}


def message(entry: framelog.Entry) -> dict[str, Any]:
    """A line of the raw log."""
    at = datetime.fromtimestamp(entry.ts_ms / 1000, UTC)
    return {"id": entry.id, "at": at, "way": entry.way, "frame": entry.frame}


def command(row: StationCommand) -> dict[str, Any]:
    """A command with who sent it."""
    names = "uid action payload state answer error error_text took_ms origin created_at sent_at done_at"
    return {
        **{name: getattr(row, name) for name in names.split()},
        "by": row.by.name or row.by.email if row.by else None,
    }


def policy(row: StationPolicy) -> dict[str, Any]:
    """The tenant's rules."""
    names = "least_profile auto_accept log_days heartbeat_s local_lists"
    place = row.auto_location.uid if row.auto_location else None
    return {**{name: getattr(row, name) for name in names.split()}, "auto_location": place}
