"""Asks the responder of an issuer whether a certificate is still good (RFC 6960), for stations that say which one.

OCPP 2.0.1: use cases M06 (GetCertificateStatus: the station judges the answer itself) and C07 (a contract certificate
that the station has checked; left is whether it was taken back). The responder's address comes from a station, so only
addresses of the public internet are asked; a conformance bench may have its responder on this machine.
"""

import base64
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
import structlog
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

log = structlog.get_logger("answers")
ALGORITHMS: Mapping[str, hashes.HashAlgorithm] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
TIMEOUT_S = 2.0  # twice that is less than a gateway waits for us
TRIES = 2
MOST_BYTES = 64 * 1024
AT_ONCE = threading.BoundedSemaphore(4)  # slow responders must not keep other stations from their answers
HEADERS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED


class NoResponse(Exception):
    """Nobody could say; the text is for the log."""


@dataclass(frozen=True)
class Said:
    """A responder's answer as it came (DER), and what it says of the certificate asked about; None: nothing."""

    der: bytes
    status: ocsp.OCSPCertStatus | None

    @property
    def text(self) -> str:
        """As OCPP wants it: base64 of the DER."""
        return base64.b64encode(self.der).decode()


def status_of(asked: Mapping[str, Any], now: datetime) -> Said:
    """What the responder says of one certificate (OCSPRequestDataType). Raises NoResponse."""
    request = _request(asked)
    if not AT_ONCE.acquire(blocking=False):
        raise NoResponse("too many responders are asked at this moment")
    try:
        der = _fetched(str(asked["responderURL"]), request.public_bytes(serialization.Encoding.DER))
    finally:
        AT_ONCE.release()
    return Said(der, _judged(der, request, now))


def contract_status(asked: Sequence[Mapping[str, Any]], now: datetime) -> str:
    """Of a chain, in the words of AuthorizeCertificateStatusEnumType: only where each of it is good, it is Accepted."""
    try:
        said = {status_of(one, now).status for one in asked}
    except NoResponse as why:
        log.info("ocsp_unanswered", reason=str(why))
        return "CertChainError"
    if REVOKED in said:
        return "CertificateRevoked"
    return "Accepted" if said == {GOOD} else "CertChainError"


def _request(asked: Mapping[str, Any]) -> ocsp.OCSPRequest:
    try:
        built = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            _digest(str(asked["issuerNameHash"])),
            _digest(str(asked["issuerKeyHash"])),
            int(str(asked["serialNumber"]), 16),
            ALGORITHMS[asked["hashAlgorithm"]],
        )
        return built.build()
    except (KeyError, ValueError) as wrong:
        raise NoResponse(f"the certificate is not named as OCSP names it: {wrong}") from wrong


def _digest(text: str) -> bytes:
    """Stations write digests in hexadecimal; some in base64."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return base64.b64decode(text, validate=True)


def _fetched(url: str, body: bytes) -> bytes:
    address, host = _reachable(url)
    with httpx.Client(timeout=TIMEOUT_S, headers={**HEADERS, "Host": host}, trust_env=False) as client:
        for left in reversed(range(TRIES)):
            try:
                with client.stream("POST", address, content=body) as answer:
                    answer.raise_for_status()
                    return _limited(answer)
            except (httpx.HTTPError, httpx.InvalidURL) as wrong:
                if not left or not isinstance(wrong, httpx.TransportError):
                    raise NoResponse(f"{host}: {wrong!r}") from wrong
    raise NoResponse(f"{host} was not asked")


def _limited(answer: httpx.Response) -> bytes:
    found = b""
    for part in answer.iter_bytes():
        found += part
        if len(found) > MOST_BYTES:
            raise NoResponse("the answer is too long")
    return found


def _reachable(url: str) -> tuple[str, str]:
    """(address to ask, Host). Without TLS the address is asked that was looked at, whatever the name says later."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoResponse("the responder's address is none")
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    except (ValueError, OSError) as wrong:
        raise NoResponse(f"the responder's address is none: {wrong}") from wrong
    if not _on_the_bench() and not all(ip_address(address).is_global for address in found):
        raise NoResponse("the responder is not on the public internet")
    if parts.scheme == "https":
        return url, parts.netloc
    return _pinned(parts, sorted(found, key=lambda address: ":" in address)[0], port), parts.netloc


def _pinned(parts: SplitResult, address: str, port: int) -> str:
    shown = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=f"{shown}:{port}", fragment="").geturl()


def _on_the_bench() -> bool:
    return bool(os.environ.get("WATTLANE_CONFORMANCE"))


def _judged(der: bytes, request: ocsp.OCSPRequest, now: datetime) -> ocsp.OCSPCertStatus | None:
    """What it says of the certificate that was asked about, if it is an answer, and a fresh one. Raises NoResponse."""
    try:
        found = ocsp.load_der_ocsp_response(der)
        if found.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise NoResponse(f"the responder says {found.response_status.name}")
        about = (found.serial_number, found.issuer_key_hash)
        until, status = found.next_update_utc, found.certificate_status
    except ValueError as wrong:
        raise NoResponse(f"the answer cannot be read: {wrong}") from wrong
    fresh = until is None or until >= now.astimezone(UTC)
    return status if fresh and about == (request.serial_number, request.issuer_key_hash) else None
