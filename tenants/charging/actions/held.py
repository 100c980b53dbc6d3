"""What a station says too early: kept, and told again once its session or its EVSE is there."""

from datetime import datetime, timedelta

import msgspec
from django.db.models import Exists, OuterRef, QuerySet

from saas.contracts.telemetry.messages import Event, Telemetry
from saas.devices.models import Device
from saas.kit.errors import Refused
from tenants.sites.models import Evse

from ..models import HeldFact

MOST = 200  # facts of one device: a station that talks nonsense fills no table
KEPT = timedelta(days=30)
KINDS: dict[type, str] = {Event: "event", Telemetry: "telemetry"}
STRUCTS: dict[str, type] = {kind: struct for struct, kind in KINDS.items()}


def hold(*, device: Device, message: Event | Telemetry, why: Refused, received_at: datetime) -> None:
    """Keep a message for later. Of the samples of a transaction the first and the last."""
    kind, name = KINDS[type(message)], message.session or ""
    mine = HeldFact.objects.filter(device_id=device.device_id)
    if kind == "telemetry":
        _make_room_for_sample(mine.filter(kind=kind, name=name), message.ts_ms)
    mine.filter(pk__in=list(mine.order_by("-id").values_list("pk", flat=True)[MOST - 1 :])).delete()
    HeldFact.objects.create(
        device_id=device.device_id,
        name=name,
        evse=message.evse,
        kind=kind,
        body=msgspec.to_builtins(message),
        ts_ms=message.ts_ms,
        reason=why.code,
        received_at=received_at,
    )


def _make_room_for_sample(kept: "QuerySet[HeldFact]", ts_ms: int) -> None:
    """Two at most: whichever lies between the others goes."""
    times = sorted([*kept.values_list("ts_ms", flat=True), ts_ms])
    kept.filter(ts_ms__in=times[1:-1]).delete()


def waiting(device_id: str, name: str) -> list[HeldFact]:
    """Of a transaction; also stops without any name. Samples first."""
    rows = HeldFact.objects.select_for_update(skip_locked=True).filter(device_id=device_id, name__in=(name, ""))
    return sorted(rows.order_by("ts_ms", "id"), key=lambda row: row.kind != "telemetry")


def placeable() -> list[HeldFact]:
    """Of EVSEs that are there by now."""
    there = Evse.objects.filter(device_id=OuterRef("device_id"), device_evse=OuterRef("evse"))
    rows = HeldFact.objects.select_for_update(skip_locked=True).filter(Exists(there), reason="unknown_evse")
    return list(rows.order_by("ts_ms", "id")[:500])


def orphans(*, before: datetime) -> list[HeldFact]:
    """Stops whose start never came."""
    rows = HeldFact.objects.select_for_update(skip_locked=True).filter(
        kind="event", body__type="stopped", received_at__lte=before
    )
    return list(rows.order_by("id")[:100])


def message_of(row: HeldFact) -> Event | Telemetry:
    """As it came."""
    message: Event | Telemetry = msgspec.convert(row.body, STRUCTS[row.kind])
    return message


def forget(*, now: datetime) -> int:
    """What waited for a month waits for nothing."""
    return HeldFact.objects.filter(received_at__lte=now - KEPT).delete()[0]
