"""One function a method of contracts.rpc: question in, result out. The table at the end names them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import structlog

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.edge import metrics
from saas.edge.answers import ocsp
from saas.edge.answers.admission import connect
from saas.kit.tenant_context import tenant_schema
from tenants.charging import actions
from tenants.charging.actions import AuthResult
from tenants.charging.queries import total_cost
from tenants.stations import actions as stations
from tenants.stations.queries import policy as rules

log = structlog.get_logger("answers")
PENDING_SECONDS = 30  # until a station that waits asks again
BOOTED: dict[Device.State, Literal["Accepted", "Pending", "Rejected"]] = {
    Device.State.ACTIVE: "Accepted",
    Device.State.PENDING: "Pending",
    Device.State.REVOKED: "Rejected",
}


def answer(method: str, question: Any) -> Any:
    """The result struct of the method. Raises Refused by name."""
    metrics.QUESTIONS.labels(method).inc()
    return METHODS[method](question, datetime.now(UTC))


def boot(question: rpc.Boot, now: datetime) -> rpc.Booted:
    """Pending stations are told to ask again soon; revoked ones that are still connected are turned down."""
    device = registry.get(question.device)
    with _inside(device):
        stations.station_boot(device=device, boot=question, now=now)
        heartbeat_s = rules().heartbeat_s
    device = registry.get(question.device)  # the tenant's policy may have let it in
    here = device.state != Device.State.REVOKED
    devices.seen(device_id=device.device_id, now=now, online=here, firmware=question.firmware)
    interval_s = PENDING_SECONDS if device.state == Device.State.PENDING else heartbeat_s
    return rpc.Booted(status=BOOTED[Device.State(device.state)], interval_s=interval_s, now_ms=_ms(now))


def authorise(question: rpc.Authorise, now: datetime) -> rpc.Authorised:
    """Nobody charges at a station that is not active."""
    device = registry.get(question.device)
    if device.state != Device.State.ACTIVE:
        return rpc.Authorised(status="Blocked")
    certificate = _contract(question, now)
    with _inside(device):
        result = actions.authorise(
            device=device,
            id_tag=question.id_tag,
            now=now,
            purpose=question.purpose,
            transaction=question.transaction,
            evse=question.evse,
        )
        if result.status != "Accepted":
            actions.tell_refused(device=device, evse=question.evse, id_tag=question.id_tag, result=result, now=now)
    return _told(certificate, result)


def _contract(question: rpc.Authorise, now: datetime) -> str | None:
    """Of a contract certificate that the station has checked, whether it was taken back; None: there is none.

    One that we should check ourselves is never waved through: no root of the contracts' issuers is known here.
    """
    if question.certificate:
        return "CertChainError"
    return ocsp.contract_status(question.hashes, now) if question.hashes else None


def _told(certificate: str | None, result: AuthResult) -> rpc.Authorised:
    doubtful = certificate not in (None, "Accepted")
    return msgspec.convert(
        {
            "status": "Invalid" if doubtful and result.status == "Accepted" else result.status,
            "expires_ms": result.expires_at and _ms(result.expires_at),
            "parent": result.parent,
            "message": _for_driver(result),
            "certificate": certificate,
        },
        rpc.Authorised,
    )


def _for_driver(result: AuthResult) -> dict[str, str] | None:
    if result.status == "Accepted" or not result.reason:
        return None
    return {"format": "UTF8", "language": "en", "content": result.reason}


def cost(question: rpc.Cost, now: datetime) -> rpc.Costed:
    """What a transaction costs."""
    device = registry.get(question.device)
    with _inside(device):
        return rpc.Costed(total=total_cost(device=device, transaction=question.transaction, now=now))


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
        payload = stations.heard(device=device, heard=question, now=now)
    if question.action == "GetCertificateStatus":
        payload = _certificate_status(question, now)
    return rpc.Response(payload=payload)


def _certificate_status(question: rpc.Heard, now: datetime) -> dict[str, Any]:
    """The responder's own words, for the station to judge. Asked outside of every transaction: it may take seconds."""
    try:
        said = ocsp.status_of(question.payload["ocspRequestData"], now)
    except ocsp.NoResponse as why:
        log.info("ocsp_unanswered", device=question.device, reason=str(why))
        return {"status": "Failed"}
    return {"status": "Accepted", "ocspResult": said.text}


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


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


METHODS: dict[str, Callable[[Any, datetime], Any]] = {
    "connect": connect,
    "boot": boot,
    "authorise": authorise,
    "cost": cost,
    "status": status,
    "presence": presence,
    "heard": heard,
    "call_done": call_done,
}
