"""Who may open a connection: path, sub-protocol and HTTP Basic, read before the upgrade. Pure but for `admit`."""

import base64
import binascii
import re
import ssl
from collections.abc import Iterable
from types import ModuleType
from urllib.parse import unquote

import msgspec
import structlog
from websockets.http11 import Request

from saas.contracts import rpc
from saas.edge.mqtt.rpc import NoAnswer, Refusal

from . import v16, v201
from .ports import Answers
from .tls import certificate_of
from .upgrade import Refused

log = structlog.get_logger("ocpp")
TRANSLATORS: dict[str, ModuleType] = {module.SUBPROTOCOL: module for module in (v16, v201)}
_STATION_ID = re.compile(r"[\x21-\x7e]{1,48}")


class Admission(msgspec.Struct, frozen=True):
    """A station that proved who it is, and the sub-protocol that it will speak."""

    device: str
    subprotocol: str
    pending: bool
    costs: bool = False


async def admit(request: Request, answers: Answers, *, tls: ssl.SSLObject | None = None) -> Admission:
    """The station behind a request. Raises Refused: 401, 404, 400 (no common sub-protocol) or 503 (ask later)."""
    tenant, station_id = place(request.path)
    subprotocol = chosen(request.headers.get_all("Sec-WebSocket-Protocol"))
    password = password_of(request.headers.get("Authorization"), station_id)
    question = rpc.Connect(
        station_id=station_id,
        tenant=tenant,
        password=password,
        protocol=subprotocol or "",
        tls=tls is not None,
        certificate=certificate_of(tls),
    )
    try:
        connected = await answers.ask(question)
    except (NoAnswer, Refusal) as wrong:
        log.warning("admission_unanswered", station=station_id, reason=str(wrong))
        raise Refused(503, "The platform cannot say who you are now. Try again later.") from None
    if connected.status != 101 or connected.device is None:
        words = "Unknown station." if connected.status == 404 else "Wrong credential."
        raise Refused(connected.status, words, device=connected.device)
    if subprotocol is None:  # OCA's TC_088 (1.6) and TC_B_58 (2.0.1): the connection is not upgraded
        words = f"No common sub-protocol: offer one of {', '.join(TRANSLATORS)}."
        raise Refused(400, words, device=connected.device)
    return Admission(connected.device, subprotocol, connected.pending, connected.costs)


def place(path: str) -> tuple[str | None, str]:
    """(tenant, station id) of `/ocpp/<tenant>/<station id>` or `/ocpp/<station id>`. Raises Refused 404."""
    parts = [unquote(part) for part in path.split("?", 1)[0].strip("/").split("/")]
    if len(parts) not in (2, 3) or parts[0] != "ocpp" or not _STATION_ID.fullmatch(parts[-1]):
        raise Refused(404, "Connect to /ocpp/<tenant>/<station id>.")
    return (parts[1] if len(parts) == 3 else None), parts[-1]


def chosen(headers: Iterable[str]) -> str | None:
    """The first sub-protocol that the station offers and we speak."""
    offered = (name.strip() for header in headers for name in header.split(","))
    return next((name for name in offered if name in TRANSLATORS), None)


def password_of(header: str | None, station_id: str) -> str | None:
    """The password of HTTP Basic; None when there is none (profile 0). The user name must be the station's id.

    Keys of 1.6 may be any 20 bytes: those that are no text are taken in hexadecimal, as operators write them.
    """
    if header is None:
        return None
    scheme, _, encoded = header.partition(" ")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        pair = b""
    prefix = station_id.encode() + b":"
    if not pair.startswith(prefix):
        raise Refused(401, "HTTP Basic with the station id as user name, please.")
    secret = pair.removeprefix(prefix)
    try:
        return secret.decode()
    except UnicodeDecodeError:
        return secret.hex()
