"""The installation's certificate authority, judged by OpenSSL's strict rules in real handshakes."""

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from saas.kit.pki import Authority, BadRequest

pytestmark = pytest.mark.req("DEV-01", "CHG-01")
NAMES = ["localhost", "127.0.0.1"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_make(tmp_path_factory.mktemp("pki"))


def files(folder: Path, pair: tuple[str, str]) -> Path:
    file = folder / "client.pem"
    file.write_text(pair[1] + pair[0])
    return file


def client_context(authority: Authority, certificate: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.certificate_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if certificate:
        context.load_cert_chain(certificate)
    return context


def greet(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost") -> dict[str, object]:
    """One handshake and one byte; what the server saw of the client. ssl.SSLError when one side refuses."""
    here, there = socket.socketpair()
    here.settimeout(5)
    there.settimeout(5)
    seen: dict[str, object] = {}

    def serve() -> None:
        try:
            with server.wrap_socket(here, server_side=True) as answered:
                seen.update(answered.getpeercert() or {}, version=answered.version())
                answered.send(b"x")
        except (ssl.SSLError, OSError) as error:
            seen["error"] = error

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(there, server_hostname=name) as asked:
            assert asked.recv(1) == b"x"
    finally:
        there.close()
        thread.join(10)
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_a_server_is_believed_under_its_names(authority: Authority, name: str) -> None:
    assert greet(authority.server_context(NAMES), client_context(authority), name)["version"] == "TLSv1.3"


def test_a_server_is_not_believed_under_another_name(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        greet(authority.server_context(["localhost"]), client_context(authority), "elsewhere.example")


def test_another_authority_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    other = Authority.load_or_make(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        greet(authority.server_context(NAMES), client_context(other))


def test_old_tls_is_refused(authority: Authority) -> None:
    old = client_context(authority)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        greet(authority.server_context(NAMES), old)


def mutual(authority: Authority) -> ssl.SSLContext:
    """A server that wants a certificate of ours which is not on the list."""
    context = authority.server_context(NAMES)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_CRL_CHECK_LEAF
    context.load_verify_locations(cadata=authority.certificate_pem)
    file = authority.folder / "crl.pem"
    file.write_text(authority.crl())
    context.load_verify_locations(cafile=file)
    return context


def test_a_client_shows_who_it_is_until_it_is_revoked(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue_client("CP-7", "ampere")
    client = client_context(authority, files(tmp_path, pair))
    seen = greet(mutual(authority), client)
    assert seen["subject"] == ((("organizationName", "ampere"),), (("commonName", "CP-7"),))
    for _ in range(2):
        authority.revoke(pair[0])
    assert authority.is_revoked(x509.load_pem_x509_certificate(pair[0].encode()).serial_number)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        greet(mutual(authority), client)


def test_a_servers_certificate_does_not_pass_as_a_clients(authority: Authority, tmp_path: Path) -> None:
    client = client_context(authority, files(tmp_path, authority.issue_server(["localhost"])))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        greet(mutual(authority), client)


def request_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "I am the root")])
    wanted = x509.BasicConstraints(ca=True, path_length=None)
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(wanted, critical=True)
    return builder.sign(key, hashes.SHA256())


def pem(request: x509.CertificateSigningRequest) -> str:
    return request.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_request_is_signed_under_the_name_that_we_know(authority: Authority, tmp_path: Path, kind: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    chain = authority.sign_request(pem(request_of(key)), common_name="CP-8", organisation="ampere", days=30)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    client = client_context(authority, files(tmp_path, (chain, private.decode())))
    seen = greet(mutual(authority), client)
    assert seen["subject"] == ((("organizationName", "ampere"),), (("commonName", "CP-8"),))
    assert not x509.load_pem_x509_certificate(chain.encode()).extensions.get_extension_for_class(
        x509.BasicConstraints
    ).value.ca  # fmt: skip


def forged() -> str:
    """A request whose last signature byte is another one."""
    request = request_of(ec.generate_private_key(ec.SECP256R1()))
    raw = bytearray(request.public_bytes(serialization.Encoding.DER))
    raw[-1] ^= 1
    return pem(x509.load_der_x509_csr(bytes(raw)))


def edwards() -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    key = ed25519.Ed25519PrivateKey.generate()
    return pem(x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, None))


BAD = {
    "nothing": lambda: "",
    "no request": lambda: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    "no ASCII": lambda: "ключ",
    "forged": forged,
    "weak RSA": lambda: pem(request_of(rsa.generate_private_key(65537, 1024))),
    "weak EC": lambda: pem(request_of(ec.generate_private_key(ec.SECP192R1()))),
    "Ed25519": edwards,
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_refused_by_name(authority: Authority, case: str) -> None:
    with pytest.raises(BadRequest):
        authority.sign_request(BAD[case](), common_name="CP", organisation="ampere")


def test_many_at_once_make_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Authority.load_or_make(tmp_path / "pki"), range(8)))
    assert len({authority.certificate_pem for authority in made}) == 1
    assert (tmp_path / "pki" / "ca.pem").read_text() == made[0].certificate_pem
    assert (tmp_path / "pki" / "authority.pem").stat().st_mode & 0o077 == 0


def test_a_servers_file_is_made_anew_before_it_expires(tmp_path: Path) -> None:
    authority = Authority.load_or_make(tmp_path)
    first = authority.server_file(NAMES).read_bytes()
    assert authority.server_file(NAMES).read_bytes() == first
    certificate, key = authority.issue_server(NAMES, days=20)
    authority.server_file(NAMES).write_text(key + certificate)
    renewed = authority.server_file(NAMES)
    assert renewed.read_text() != key + certificate and renewed.stat().st_mode & 0o077 == 0
