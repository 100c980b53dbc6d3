"""One function a method of contracts.rpc: question in, result out. The table at the end names them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.edge import metrics
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.charging import actions
from tenants.charging.actions import AuthResult
from tenants.stations import actions as stations

HEARTBEAT_SECONDS = 60
PENDING_SECONDS = 30
BOOTED: dict[Device.State, tuple[Literal["Accepted", "Pending", "Rejected"], int]] = {
    Device.State.ACTIVE: ("Accepted", HEARTBEAT_SECONDS),
    Device.State.PENDING: ("Pending", PENDING_SECONDS),
    Device.State.REVOKED: ("Rejected", HEARTBEAT_SECONDS),
}
UNKNOWN = rpc.Connected(status=404)
REFUSED = rpc.Connected(status=401)


def answer(method: str, question: Any) -> Any:
    """The result struct of the method. Raises Refused by name."""
    metrics.QUESTIONS.labels(method).inc()
    return METHODS[method](question, datetime.now(UTC))


def connect(question: rpc.Connect, now: datetime) -> rpc.Connected:
    """A known station by its own password, a new one by its tenant's registration token; strangers get 404."""
    if question.tenant is None:
        return _connect_short(question)
    tenant = Tenant.objects.filter(schema_name=question.tenant, state=Tenant.State.ACTIVE).first()
    if tenant is None or tenant.schema_name == "public":
        return UNKNOWN
    device = registry.station(tenant=tenant, station_id=question.station_id)
    if device is None:
        return _take_in(tenant, question, now)
    return _welcome(device, question.password)


def boot(question: rpc.Boot, now: datetime) -> rpc.Booted:
    """Pending stations are told to ask again soon; revoked ones that are still connected are turned down."""
    device = registry.get(question.device)
    with _inside(device):
        stations.station_boot(device=device, boot=question, now=now)
    here = device.state != Device.State.REVOKED
    devices.seen(device_id=device.device_id, now=now, online=here, firmware=question.firmware)
    status, interval_s = BOOTED[Device.State(device.state)]
    return rpc.Booted(status=status, interval_s=interval_s, now_ms=_ms(now))


def authorise(question: rpc.Authorise, now: datetime) -> rpc.Authorised:
    """Nobody charges at a station that is not active."""
    device = registry.get(question.device)
    if device.state != Device.State.ACTIVE:
        return rpc.Authorised(status="Blocked")
    with _inside(device):
        result = actions.authorise(
            device=device,
            id_tag=question.id_tag,
            now=now,
            purpose=question.purpose,
            transaction=question.transaction,
        )
        if result.status != "Accepted":
            actions.tell_refused(device=device, evse=question.evse, id_tag=question.id_tag, result=result, now=now)
    return _told(question, result)


def _told(question: rpc.Authorise, result: AuthResult) -> rpc.Authorised:
    """A contract certificate is never waved through: no root of the contracts' issuers is known here."""
    contract = bool(question.certificate or question.hashes)
    return msgspec.convert(
        {
            "status": "Invalid" if contract and result.status == "Accepted" else result.status,
            "expires_ms": result.expires_at and _ms(result.expires_at),
            "parent": result.parent,
            "message": _for_driver(result),
            "certificate": "CertChainError" if contract else None,
        },
        rpc.Authorised,
    )


def _for_driver(result: AuthResult) -> dict[str, str] | None:
    if result.status == "Accepted" or not result.reason:
        return None
    return {"format": "UTF8", "language": "en", "content": result.reason}


def status(question: rpc.StatusReport, now: datetime) -> rpc.Noted:
    """StatusNotification."""
    device = registry.get(question.device)
    with _inside(device):
        stations.station_status(device=device, status=question, now=now)
    return rpc.Noted(now_ms=_ms(now))


def heard(question: rpc.Heard, now: datetime) -> rpc.Response:
    """Whatever else a station says: the domain knows what it is answered."""
    device = registry.get(question.device)
    with _inside(device):
        return rpc.Response(payload=stations.heard(device=device, heard=question, now=now))


def call_done(question: rpc.CallDone, now: datetime) -> rpc.Noted:
    """What became of a call that was put in the outbox."""
    device = registry.get(question.device)
    with _inside(device):
        stations.call_done(device=device, done=question, now=now)
    return rpc.Noted(now_ms=_ms(now))


def presence(question: rpc.Presence, now: datetime) -> rpc.Noted:
    """There, or gone."""
    devices.seen(device_id=question.device, now=now, online=question.online)
    return rpc.Noted(now_ms=_ms(now))


def _inside(device: Device) -> Any:
    return tenant_schema(device.tenant.schema_name)


def _welcome(device: Device, password: str | None) -> rpc.Connected:
    """By its own password; while it is pending, also by the token that it came with."""
    shown = password or ""
    pending = device.state == Device.State.PENDING
    token = pending and registry.brings_token(tenant=device.tenant, token=shown)
    if not token and not registry.proves_itself(device=device, secret=shown):
        return REFUSED
    return rpc.Connected(status=101, device=device.device_id, pending=pending)


def _connect_short(question: rpc.Connect) -> rpc.Connected:
    """Without a tenant in the path: only where the password leaves no doubt about which station it is."""
    shown = question.password or ""
    same_name = registry.stations_called(question.station_id)
    proven = [device for device in same_name if registry.proves_itself(device=device, secret=shown)]
    return _welcome(proven[0], shown) if len(proven) == 1 else UNKNOWN


def _take_in(tenant: Tenant, question: rpc.Connect, now: datetime) -> rpc.Connected:
    if not registry.brings_token(tenant=tenant, token=question.password or ""):
        return UNKNOWN
    device, _ = devices.register(
        tenant=tenant, kind=Device.Kind.STATION, state=Device.State.PENDING, station_id=question.station_id, now=now
    )
    return rpc.Connected(status=101, device=device.device_id, pending=True)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


METHODS: dict[str, Callable[[Any, datetime], Any]] = {
    "connect": connect,
    "boot": boot,
    "authorise": authorise,
    "status": status,
    "presence": presence,
    "heard": heard,
    "call_done": call_done,
}
