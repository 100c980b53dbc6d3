"""Certificates whose issuers are asked: a real responder on this machine, answers signed by `cryptography`."""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as rfc6960
from cryptography.x509.oid import NameOID

from saas.contracts import rpc
from saas.edge.answers import methods, ocsp
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.cards.models import Card
from tests import builders
from tests.builders import NOW

pytestmark = pytest.mark.req("CHG-01")
Status = rfc6960.OCSPCertStatus
KEY = ec.generate_private_key(ec.SECP256R1())
Answer = Callable[[bytes], bytes]


def certificate(serial: int = 0x1A2B) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Issuer")])
    made = x509.CertificateBuilder(name, name, KEY.public_key(), serial, NOW - timedelta(days=1), NOW)
    return made.sign(KEY, hashes.SHA256())


def saying(status: Status, *, serial: int = 0x1A2B, until: datetime = NOW + timedelta(days=1)) -> Answer:
    """A responder that says so of the certificate of this number, whatever it is asked."""

    def answer(_asked: bytes) -> bytes:
        issued, revoked = certificate(serial), NOW if status is Status.REVOKED else None
        made = rfc6960.OCSPResponseBuilder().add_response(
            issued, certificate(1), hashes.SHA256(), status, NOW - timedelta(hours=1), until, revoked, None
        )
        made = made.responder_id(rfc6960.OCSPResponderEncoding.HASH, certificate(1))
        return made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)

    return answer


@contextmanager
def responder(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/ocsp-request"
            rfc6960.load_der_ocsp_request(asked)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer(asked))

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ocsp"
    finally:
        server.shutdown()
        server.server_close()


def asked(url: str, **more: str) -> dict[str, str]:
    """OCSPRequestDataType of the certificate."""
    about = rfc6960.OCSPRequestBuilder().add_certificate(certificate(), certificate(1), hashes.SHA256()).build()
    named = {
        "hashAlgorithm": "SHA256", "issuerNameHash": about.issuer_name_hash.hex(),
        "issuerKeyHash": about.issuer_key_hash.hex(), "serialNumber": "1a2b", "responderURL": url,
    }  # fmt: skip
    return {**named, **more}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only there a responder may be on this machine."""
    monkeypatch.setenv("WATTLANE_CONFORMANCE", "conformance")


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (saying(Status.GOOD), "Accepted"),
        (saying(Status.REVOKED), "CertificateRevoked"),
        (saying(Status.UNKNOWN), "CertChainError"),
        (saying(Status.GOOD, serial=7), "CertChainError"),
        (saying(Status.GOOD, until=NOW - timedelta(minutes=1)), "CertChainError"),
        (lambda _: rfc6960.OCSPResponseBuilder.build_unsuccessful(
            rfc6960.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER), "CertChainError"),
        (lambda _: b"no DER", "CertChainError"),
        (lambda _: b"x" * 100_000, "CertChainError"),
    ],
)  # fmt: skip
def test_a_contract_is_good_only_where_its_issuer_says_so(answer: Answer, status: str) -> None:
    with responder(answer) as url:
        assert ocsp.contract_status([asked(url)], NOW) == status
        in_base64 = base64.b64encode(bytes.fromhex(asked(url)["issuerKeyHash"])).decode()
        assert ocsp.contract_status([asked(url, issuerKeyHash=in_base64)], NOW) == status


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://10.0.0.8/", "http://[::1]/", "ftp://a.example/", "?"])
def test_only_the_public_internet_is_asked(url: str) -> None:
    with pytest.raises(ocsp.NoResponse):
        ocsp.status_of(asked(url), NOW)


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize("more", [{"issuerKeyHash": "zz"}, {"serialNumber": "x"}, {"issuerNameHash": "aabb"}])
def test_what_names_no_certificate_is_not_asked_about(more: dict[str, str]) -> None:
    with pytest.raises(ocsp.NoResponse):
        ocsp.status_of(asked("http://127.0.0.1:9/", **more), NOW)


@pytest.mark.usefixtures("bench")
@pytest.mark.django_db
def test_stations_hear_what_the_responder_says(ampere: Tenant) -> None:
    """OCA's TC_M_24 and TC_C_50 to TC_C_52."""
    station = builders.device(kind="station", station_id="CP-1")
    Card.objects.create(id_tag="DE-TZI-C12345-A", kind="eMAID")
    now = datetime.now(UTC)

    def status(url: str) -> dict[str, Any]:
        told = rpc.Heard(
            device=station.device_id, protocol="ocpp2.0.1", action="GetCertificateStatus",
            payload={"ocspRequestData": asked(url)}, ts_ms=to_ms(NOW),
        )  # fmt: skip
        return dict(methods.heard(told, now).payload)

    def charges(**shown: Any) -> tuple[str, str | None]:
        question = rpc.Authorise(device=station.device_id, id_tag="DE-TZI-C12345-A", kind="eMAID", **shown)
        told = methods.authorise(question, now)
        return told.status, told.certificate

    with responder(saying(Status.GOOD, until=now + timedelta(days=1))) as url:
        answer = status(url)
        assert answer["status"] == "Accepted"
        told = rfc6960.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
        assert told.certificate_status is Status.GOOD
        assert charges(hashes=[asked(url)]) == ("Accepted", "Accepted")
        assert charges(certificate="PEM") == ("Invalid", "CertChainError") and charges() == ("Accepted", None)
    with responder(saying(Status.REVOKED, until=now + timedelta(days=1))) as url:
        assert charges(hashes=[asked(url)]) == ("Invalid", "CertificateRevoked")
    assert status(url) == {"status": "Failed"}, "it is away"
