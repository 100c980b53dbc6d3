"""TLS of stations: security profiles 2 (password) and 3 (client certificate) on one port."""

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from saas.contracts import rpc
from saas.kit.pki import Authority

# Security whitepaper 3.3, 2.0.1 A00.FR.318: of TLS 1.2 these four and no weaker; the two with forward secrecy for
# RSA besides, as every newer station has them. TLS 1.3 has good ones only.
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)


def context(authority: Authority, server_files: list[Path], *, key: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer. A client may show a certificate; one that the authority did not issue ends the handshake."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers(":".join(CIPHERS))
    tls.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    for file in server_files:
        tls.load_cert_chain(file, key)
    tls.load_verify_locations(authority.certificate_file)
    tls.verify_mode = ssl.CERT_OPTIONAL
    return tls


def certificate_of(tls: ssl.SSLObject | None) -> rpc.Certificate | None:
    """What the client's certificate says; None without one. Chain and dates are checked already."""
    der = tls.getpeercert(binary_form=True) if tls else None
    if not der:
        return None
    held = x509.load_der_x509_certificate(der)
    return rpc.Certificate(
        common_name=_only(held, NameOID.COMMON_NAME),
        organisation=_only(held, NameOID.ORGANIZATION_NAME),
        serial=f"{held.serial_number:x}",
        sha256=held.fingerprint(hashes.SHA256()).hex(),
    )


def _only(held: x509.Certificate, name: x509.ObjectIdentifier) -> str:
    """The one value of that kind in the subject; empty when there is none, or doubt."""
    values = [str(part.value) for part in held.subject.get_attributes_for_oid(name)]
    return values[0] if len(values) == 1 else ""
