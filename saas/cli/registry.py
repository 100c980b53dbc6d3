"""`wattlane devices list|claim|rotate|revoke|restore`: the device registry, by the installation's own hand."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .django import with_django

if TYPE_CHECKING:
    from saas.devices.models import Device

WIDTHS = (19, 12, 7, 7, 7, 10, 25, 0)
Act = Callable[["Device", argparse.Namespace, datetime], dict[str, Any]]


def register(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the registry's commands to `wattlane devices`."""
    listing = kinds.add_parser("list", help="devices, by id")
    listing.add_argument("--tenant", help="of this tenant only")
    listing.add_argument("--waiting", action="store_true", help="adapters that enrolled and that nobody has claimed")
    listing.add_argument("--limit", type=int, default=200, help="at most this many (default 200)")
    listing.add_argument("--after", default="", metavar="ID", help="go on after this one")
    listing.set_defaults(run=show)
    claiming = kinds.add_parser("claim", help="make an adapter a tenant's")
    claiming.add_argument("code", help="what its QR code says, or the eight characters of its sticker")
    claiming.add_argument("--tenant", required=True)
    claiming.add_argument("--device", default="", metavar="ID", help="where the code is not enough")
    claiming.add_argument("--owner", default="", metavar="E-MAIL", help="who may release it; without: staff alone")
    claiming.set_defaults(run=claim)
    for name, (act, help) in ACTS.items():
        parser = kinds.add_parser(name, help=help)
        parser.add_argument("device", metavar="ID")
        parser.set_defaults(run=change, act=act)
        if name == "rotate":
            parser.add_argument("--now", action="store_true", help="the old one ends at once; the new one is printed")
    for name in ("list", "claim", *ACTS):
        kinds.choices[name].add_argument("--json", action="store_true", help="one JSON object a line")


@with_django
def show(arguments: argparse.Namespace) -> int:
    """Print one device a line."""
    from saas.devices.models import Device, Enrolment

    if arguments.waiting:
        waiting = Enrolment.objects.filter(device_id__gt=arguments.after).order_by("device_id")[: arguments.limit]
        rows = [_waiting(row) for row in waiting]
    else:
        held = Device.objects.select_related("tenant").filter(device_id__gt=arguments.after).order_by("device_id")
        if arguments.tenant:
            held = held.filter(tenant__schema_name=arguments.tenant)
        rows = [shown(row) for row in held[: arguments.limit]]
    for row in rows:
        _say(row, as_json=arguments.json)
    if not rows and not arguments.json:
        print("None.")
    if len(rows) == arguments.limit:
        print(f"There may be more: --after {rows[-1]['id']}", file=sys.stderr)
    return 0


@with_django
def claim(arguments: argparse.Namespace) -> int:
    """Exit code 2 for a tenant or person that is not there, 1 for a code that is refused."""
    from saas.devices import enrolment
    from saas.kit.errors import Refused
    from saas.tenancy.queries import by_schema

    tenant = by_schema(arguments.tenant)
    if tenant is None or arguments.tenant == "public":
        return _no(f"there is no tenant {arguments.tenant!r}", 2)
    owner = _person(arguments.tenant, arguments.owner)
    if owner is None:
        return _no(f"{arguments.tenant} has nobody with the address {arguments.owner}", 2)
    try:
        device = enrolment.claim(
            code=arguments.code, device_id=arguments.device, tenant=tenant, owner=owner, now=datetime.now(UTC)
        )
    except Refused as refusal:
        return _no(str(refusal), 1)
    _say(shown(device), as_json=arguments.json)
    return 0


@with_django
def change(arguments: argparse.Namespace) -> int:
    """Do one thing to one device; exit code 1 when it is refused."""
    from saas.devices import queries
    from saas.kit.errors import Refused

    try:
        device = queries.get(arguments.device)
        more = arguments.act(device, arguments, datetime.now(UTC))
    except Refused as refusal:
        return _no(str(refusal), 1)
    _say({**shown(device), **more}, as_json=arguments.json)
    return 0


def _rotate(device: "Device", arguments: argparse.Namespace, now: datetime) -> dict[str, Any]:
    from saas.devices import actions
    from saas.kit.tenant_context import tenant_schema
    from tenants.adapters.actions import tell_next

    if arguments.now or device.kind == "station":
        return {"secret": actions.rotate(device_id=device.device_id, now=now)[1]}
    with tenant_schema(device.tenant.schema_name):
        tell_next(device_id=device.device_id, now=now)
    return {"changes": True}


def _revoke(device: "Device", arguments: argparse.Namespace, now: datetime) -> dict[str, Any]:
    from saas.devices import actions

    return {"state": actions.revoke(device_id=device.device_id, now=now).state}


def _restore(device: "Device", arguments: argparse.Namespace, now: datetime) -> dict[str, Any]:
    from saas.devices import actions

    if device.state != device.State.REVOKED:
        return {}
    return {"state": actions.approve(device_id=device.device_id, now=now).state}


ACTS: dict[str, tuple[Act, str]] = {
    "rotate": (_rotate, "a new password: the device is told it, and changes over by itself"),
    "revoke": (_revoke, "shut it out: disconnected within seconds"),
    "restore": (_restore, "let it in again"),
}


def shown(device: "Device") -> dict[str, Any]:
    """A device as one line of output."""
    return {
        "id": device.device_id, "tenant": device.tenant.schema_name, "kind": device.kind, "state": device.state,
        "online": device.online, "firmware": device.firmware, "last_seen_at": _moment(device.last_seen_at),
        "secret_at": _moment(device.secret_at or device.created_at), "changes": bool(device.next_hash),
    }  # fmt: skip


def _waiting(row: Any) -> dict[str, Any]:
    held = {"id": row.device_id, "tenant": "", "kind": "adapter", "state": "waiting", "firmware": row.firmware}
    return held | {"hardware": row.hardware, "seen_at": _moment(row.seen_at)}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _say(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(row))
        return
    link = "online" if row.get("online") else "offline" if "online" in row else ""
    changes = "password changes" if row.get("changes") else ""
    seen = row.get("last_seen_at") or row.get("seen_at") or "never heard"
    parts = (row["id"], row["tenant"], row["kind"], row["state"], link, row["firmware"], seen, changes)
    print(
        "  ".join(f"{part:<{width}}" for part, width in zip(parts, (19, 12, 7, 7, 7, 10, 25, 0), strict=True)).rstrip()
    )
    if "secret" in row:
        print(f"New password, shown this once: {row['secret']}")


def _person(schema: str, email: str) -> str | None:
    """The uid of the tenant's person of this address; empty for no address, None when there is nobody."""
    from saas.kit.tenant_context import tenant_schema
    from tenants.accounts.models import User

    if not email:
        return ""
    with tenant_schema(schema):
        found = User.objects.filter(email__iexact=email).first()
        return str(found.uid) if found else None


def _no(words: str, code: int) -> int:
    print(f"wattlane devices: {words}", file=sys.stderr)
    return code
