"""The installation's own certificate authority: certificates of servers, of clients, and for stations that ask.

One EC P-256 root per folder, made at first use. It serves a laptop, a test bench and a private network; where the
public must trust a server, that server's certificate comes from a public authority instead. Needs no Django.
"""

import hashlib
import ipaddress
import os
import secrets
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .errors import Refused

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
CLIENT_DAYS = 825
CRL_DAYS = 7
RENEW_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(days=1)  # a station whose clock is somewhat late must be able to use its certificate
LEAST_BITS = {"rsa": 2048, "ec": 224}  # OCPP 2.0.1 A00.FR.503, security whitepaper 3.2
RSA_BITS = 2048
KeyKind = Literal["ec", "rsa"]
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class BadRequest(Refused):
    """The certificate request cannot be signed: it is broken, its proof is wrong, or its key is too weak."""

    code = "bad_certificate_request"
    status = 422


class Authority:
    """Issues and revokes. Everything it must remember lies in its folder, readable by its owner alone.

    All PEM texts are `str`. Several processes may use one folder at once.
    """

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.folder, self.certificate = folder, certificate
        self._key = key

    @classmethod
    def load_or_make(cls, folder: Path) -> Self:
        """The authority of this folder. `ca.pem` in it is the certificate that clients must trust."""
        file = folder / "authority.pem"
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _write_once(file, _new_authority())
        pem = file.read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{file} holds no EC key.")
        authority = cls(folder, x509.load_pem_x509_certificate(pem), key)
        if not authority.certificate_file.exists():
            _write_once(authority.certificate_file, authority.certificate_pem, mode=0o644)
        return authority

    @property
    def certificate_file(self) -> Path:
        """What clients are given as `ca_certs`."""
        return self.folder / "ca.pem"

    @property
    def certificate_pem(self) -> str:
        return _pem(self.certificate)

    def issue_server(self, names: Sequence[str], *, days: int = SERVER_DAYS, kind: KeyKind = "ec") -> tuple[str, str]:
        """Certificate and key of a server that is reached by these host names or addresses."""
        key: PrivateKey = (
            rsa.generate_private_key(65537, RSA_BITS) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
        )
        names_of = x509.SubjectAlternativeName([_general_name(name) for name in names])
        subject = _name(names[0])
        builder = self._leaf(subject, key.public_key(), days, ExtendedKeyUsageOID.SERVER_AUTH)
        return self._sign(builder.add_extension(names_of, critical=False)), _key_pem(key)

    def issue_client(self, common_name: str, organisation: str, *, days: int = CLIENT_DAYS) -> tuple[str, str]:
        """Certificate and key of a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(common_name, organisation)
        return self._sign(self._leaf(subject, key.public_key(), days, ExtendedKeyUsageOID.CLIENT_AUTH)), _key_pem(key)

    def sign_request(self, csr_pem: str, *, common_name: str, organisation: str, days: int = CLIENT_DAYS) -> str:
        """A client certificate for the key that this PKCS#10 request proves; BadRequest when it proves none.

        The subject is ours, not the request's. The chain has one link: the root signs, and roots are not sent along.
        """
        subject = _name(common_name, organisation)
        return self._sign(self._leaf(subject, _proved_key(csr_pem), days, ExtendedKeyUsageOID.CLIENT_AUTH))

    def server_file(self, names: Sequence[str], *, kind: KeyKind = "ec") -> Path:
        """Key and certificate for these names in one file, made anew when it is about to expire."""
        name = hashlib.sha256("|".join(names).encode()).hexdigest()[:12]
        file = self.folder / f"server-{name}{'-rsa' if kind == 'rsa' else ''}.pem"
        if not file.exists() or _expires_soon(file, self.certificate):
            certificate, key = self.issue_server(names, kind=kind)
            _write_private(file, key + certificate)
        return file

    def server_context(self, names: Sequence[str]) -> ssl.SSLContext:
        """TLS 1.2 or newer for a server with these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server_file(names))
        return context

    def revoke(self, certificate_pem: str) -> None:
        """Put a certificate of ours on the list. May be repeated."""
        serial = x509.load_pem_x509_certificate(certificate_pem.encode()).serial_number
        folder = self.folder / "revoked"
        folder.mkdir(exist_ok=True)
        (folder / f"{serial:x}").touch(exist_ok=True)

    def is_revoked(self, serial: int) -> bool:
        """Whether the certificate with this serial number is on the list."""
        return (self.folder / "revoked" / f"{serial:x}").exists()

    def crl(self) -> str:
        """The signed list of revoked certificates, good for a week."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now).next_update(now + timedelta(days=CRL_DAYS))
        for file in sorted((self.folder / "revoked").glob("*")):
            moment = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            entry = x509.RevokedCertificateBuilder().serial_number(int(file.name, 16)).revocation_date(moment)
            builder = builder.add_revoked_certificate(entry.build())
        builder = builder.add_extension(self._authority_key(), critical=False)
        builder = builder.add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def _leaf(
        self, subject: x509.Name, key: PublicKey, days: int, usage: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_key_usage(signs=True, enciphers=isinstance(key, rsa.RSAPublicKey)), True),
            (x509.ExtendedKeyUsage([usage]), False),
            (x509.SubjectKeyIdentifier.from_public_key(key), False),
            (self._authority_key(), False),
        ]
        builder = _builder(subject, self.certificate.subject, key, days)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder

    def _authority_key(self) -> x509.AuthorityKeyIdentifier:
        held = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held)

    def _sign(self, builder: x509.CertificateBuilder) -> str:
        return _pem(builder.sign(self._key, hashes.SHA256()))


def _new_authority() -> str:
    """Key and self-signed certificate. Its name is its own: two installations' roots must not be mistaken."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(f"Wattlane installation {secrets.token_hex(4)}", "Wattlane")
    builder = _builder(subject, subject, key.public_key(), AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(issues=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return _key_pem(key) + _pem(builder.sign(key, hashes.SHA256()))


def _builder(subject: x509.Name, issuer: x509.Name, key: PublicKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - CLOCK_SKEW).not_valid_after(now + timedelta(days=days))


def _name(common_name: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64])] if organisation else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, signs: bool = False, enciphers: bool = False, issues: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs, key_encipherment=enciphers, key_cert_sign=issues, crl_sign=issues,
        content_commitment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _proved_key(csr_pem: str) -> PublicKey:
    """The public key of a request whose signature is right and whose key is strong enough."""
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key, proved = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as wrong:
        raise BadRequest(f"The certificate request cannot be read: {wrong}") from wrong
    if not proved:
        raise BadRequest("The certificate request is not signed by the key that it names.")
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise BadRequest("The key is neither RSA nor on an elliptic curve that TLS servers take.")
    kind = "rsa" if isinstance(key, rsa.RSAPublicKey) else "ec"
    if key.key_size < LEAST_BITS[kind]:
        raise BadRequest(f"The key has {key.key_size} bits; at least {LEAST_BITS[kind]} are asked for.")
    return key


def _expires_soon(file: Path, issuer: x509.Certificate) -> bool:
    """Also when another authority had issued it."""
    held = x509.load_pem_x509_certificate(file.read_bytes())
    return held.issuer != issuer.subject or held.not_valid_after_utc < datetime.now(UTC) + RENEW_BEFORE


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: PrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _write_private(file: Path, text: str) -> None:
    _written(file, text, 0o600).replace(file)


def _write_once(file: Path, text: str, mode: int = 0o600) -> None:
    """Of several that make the file at once, the first wins and all read the same."""
    part = _written(file, text, mode)
    try:
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _written(file: Path, text: str, mode: int) -> Path:
    """Beside `file`, under a name of its own."""
    part = file.with_suffix(f".{secrets.token_hex(6)}")
    part.touch(mode=mode)
    part.write_text(text, encoding="ascii")
    return part
