"""Certificates of stations: signed for them, installed on them, taken away; and where they should be proved."""

import hashlib
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from saas.kit.errors import Refused
from saas.kit.home import home
from saas.kit.pki import Authority
from saas.tenancy.queries import current
from tenants.charging.models import DeviceCommand

from ... import protocol
from ...models import Item, Station
from ..sending import send
from .base import Done, Json, Said, drop, keep, note

Kind = Item.Kind
SIGNED = "ChargingStationCertificate"
AFTER = timedelta(milliseconds=500)  # the station hears our answer to its request before it gets the certificate


class WrongRequest(Refused):
    """The certificate request names somebody else than the station that sent it."""

    code = "wrong_certificate_request"


def requested(said: Said) -> Json:
    """SignCertificate: signed when it names the station and its key is good; the certificate follows by itself."""
    asked = said.payload.get("certificateType", SIGNED)
    try:
        if asked != SIGNED:
            raise WrongRequest(f"There is no authority for a {asked} here.")
        pem = _signed(said.station, said.payload["csr"])
    except Refused as no:
        note(said, str(no))
        return {"status": "Rejected"}
    note(said, "signed")
    _keep_signed(said, pem)
    _deliver(said, pem)
    return {"status": "Accepted"}


def delivered(done: Done) -> None:
    """CertificateSigned: the station took it, or found it wanting; then it is worth nothing."""
    key = _serial(_first(done.payload["certificateChain"]))
    item = Item.objects.filter(station=done.station, kind=Kind.CERTIFICATE, key=key).first()
    if item is not None:
        item.data["state"] = "accepted" if done.status == "Accepted" else "rejected"
        item.save(update_fields=["data"])
    if item is not None and done.status != "Accepted":
        Authority.load_or_make(home().pki).revoke(item.data["pem"])


def installed(done: Done) -> None:
    """InstallCertificate."""
    if done.status != "Accepted":
        return
    certificate = _first(done.payload["certificate"])
    if certificate is not None:
        data = {"type": done.payload["certificateType"], "state": "installed", "hash": hash_data(certificate)}
        keep(done.station, Kind.CERTIFICATE, _key(data["hash"]), {**data, **_facts(certificate)}, done.now)


def listed(done: Done) -> None:
    """GetInstalledCertificateIds: of the types that were asked for, these and no others are there."""
    asked = done.payload.get("certificateType")
    types = [asked] if isinstance(asked, str) else asked
    found = _chains(done)
    rows = Item.objects.filter(station=done.station, kind=Kind.CERTIFICATE, data__state="installed")
    gone = rows.exclude(key__in=[_key(one["hash"]) for one in found])
    (gone.filter(data__type__in=types) if types else gone).delete()
    for one in found:
        known = rows.filter(key=_key(one["hash"])).first()
        data = {**(known.data if known else {}), **one, "state": "installed"}
        keep(done.station, Kind.CERTIFICATE, _key(one["hash"]), data, done.now)


def deleted(done: Done) -> None:
    """DeleteCertificate: deleted, or never there."""
    if done.status in ("Accepted", "NotFound"):
        drop(done.station, Kind.CERTIFICATE, [_key(done.payload["certificateHashData"])])


def hash_data(certificate: x509.Certificate) -> dict[str, str]:
    """OCPP's CertificateHashDataType of a root: it is its own issuer."""
    name = certificate.issuer.public_bytes()
    form = serialization.PublicFormat.PKCS1
    key = certificate.public_key()
    try:
        bits = key.public_bytes(serialization.Encoding.DER, form)
    except (ValueError, TypeError):
        point = serialization.PublicFormat.UncompressedPoint
        bits = key.public_bytes(serialization.Encoding.X962, point)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": hashlib.sha256(name).hexdigest(),
        "issuerKeyHash": hashlib.sha256(bits).hexdigest(),
        "serialNumber": f"{certificate.serial_number:x}",
    }


def _signed(station: Station, csr: str) -> str:
    """Raises Refused: WrongRequest, or what the authority says.

    The subject is our name and the one that the station asks for: its id, or (as OCA's TC_074 has it) its serial
    number. As serial numbers are the stations' own words, queries.certificate_holder says whose it is.
    """
    try:
        subject = x509.load_pem_x509_csr(csr.encode()).subject
    except ValueError as wrong:
        raise WrongRequest(f"The certificate request cannot be read: {wrong}") from wrong
    names = [str(part.value) for part in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    own = [name for name in (station.station_id, station.serial_number) if name and name in names]
    if not own:
        raise WrongRequest(f"The certificate request names {', '.join(names) or 'nobody'}.")
    return Authority.load_or_make(home().pki).sign_request(csr, common_name=own[0], organisation=current().name)


def _keep_signed(said: Said, pem: str) -> None:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    data = {"type": SIGNED, "state": "sent", "pem": pem, **_facts(certificate)}
    keep(said.station, Kind.CERTIFICATE, _serial(certificate), data, said.now)


def _deliver(said: Said, pem: str) -> None:
    payload: Json = {"certificateChain": pem}
    if protocol.version_of(said.station.protocol) != "1.6":
        payload["certificateType"] = SIGNED
    command = send(
        station=said.station, action="CertificateSigned", payload=payload, now=said.now, origin="certificate"
    )
    DeviceCommand.objects.filter(uid=command.uid).update(next_at=said.now + AFTER)


def _chains(done: Done) -> list[dict[str, Any]]:
    if done.old:
        asked = done.payload["certificateType"]
        return [{"type": asked, "hash": one} for one in done.answer.get("certificateHashData") or []]
    return [
        {
            "type": one["certificateType"],
            "hash": one["certificateHashData"],
            "children": one.get("childCertificateHashData") or [],
        }
        for one in done.answer.get("certificateHashDataChain") or []
    ]


def _key(hashes: dict[str, str]) -> str:
    """Serial numbers are unique for one issuer only."""
    return f"{hashes['serialNumber'].lower()}:{hashes['issuerKeyHash'].lower()[:40]}"


def _serial(certificate: x509.Certificate | None) -> str:
    return f"{certificate.serial_number:x}" if certificate else ""


def _first(chain: str) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(chain.encode())[0]
    except ValueError:
        return None


def _facts(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "subject": certificate.subject.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "not_after": certificate.not_valid_after_utc.isoformat(),
    }
