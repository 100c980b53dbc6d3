"""A station asks for a certificate, gets one, and may come by profile 3."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from saas.kit.home import home
from saas.kit.pki import Authority
from saas.tenancy.models import Tenant
from tenants.charging.models import DeviceCommand
from tenants.stations.actions.effects import certificates
from tenants.stations.models import Item, Notice, StationCommand
from tenants.stations.queries.stations import certificate_holder

from .rig import Rig


def csr(name: str) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.req("CHG-01")
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
@pytest.mark.parametrize(("name", "taken"), [("CP-1", True), ("CP-1", False), ("SN-7", True)])
def test_a_certificate_is_signed_sent_and_taken(ampere: Tenant, protocol: str, name: str, taken: bool) -> None:
    """OCA's TC_074, TC_077 (1.6), TC_A_11, TC_A_14 (2.0.1): it names what the station asks for, its serial number."""
    rig = Rig(protocol, serial_number="SN-7")
    assert rig.tell("SignCertificate", {"csr": csr(name)}) == {"status": "Accepted"}
    command = StationCommand.objects.get(action="CertificateSigned")
    row = DeviceCommand.objects.get(uid=command.uid)
    pem = row.payload["data"]["payload"]["certificateChain"]
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = {part.oid: part.value for part in certificate.subject}
    assert names == {NameOID.ORGANIZATION_NAME: ampere.name, NameOID.COMMON_NAME: name}
    assert certificate_holder(f"{certificate.serial_number:x}") == rig.device.device_id
    assert row.next_at > command.station.created_at or row.next_at.microsecond
    rig.done(command, {"status": "Accepted" if taken else "Rejected"})
    item = Item.objects.get(kind="certificate")
    assert item.data["state"] == ("accepted" if taken else "rejected")
    assert Authority.load_or_make(home().pki).is_revoked(certificate.serial_number) is not taken


@pytest.mark.req("CHG-01")
@pytest.mark.parametrize("request_pem", [csr("SOMEBODY-ELSE"), "no certificate request"])
def test_a_request_in_another_name_is_rejected(ampere: Tenant, request_pem: str) -> None:
    rig = Rig()
    assert rig.tell("SignCertificate", {"csr": request_pem}) == {"status": "Rejected"}
    assert not StationCommand.objects.exists() and Notice.objects.get().summary


@pytest.mark.req("CHG-01")
def test_roots_are_installed_listed_and_deleted(ampere: Tenant) -> None:
    rig = Rig("ocpp2.0.1")
    root = Authority.load_or_make(home().pki).certificate_pem
    kind = "CSMSRootCertificate"
    rig.call("InstallCertificate", {"certificateType": kind, "certificate": root}, {"status": "Accepted"})
    [held] = Item.objects.filter(kind="certificate")
    data = certificates.hash_data(x509.load_pem_x509_certificate(root.encode()))
    other = {**data, "serialNumber": "AA"}
    chain = [{"certificateType": kind, "certificateHashData": one} for one in (data, other)]
    found = {"status": "Accepted", "certificateHashDataChain": chain}
    rig.call("GetInstalledCertificateIds", {"certificateType": [kind]}, found)
    assert Item.objects.filter(kind="certificate").count() == 2
    held.refresh_from_db()
    assert held.data["subject"]
    rig.call("DeleteCertificate", {"certificateHashData": other}, {"status": "Accepted"})
    assert list(Item.objects.filter(kind="certificate").values_list("key", flat=True)) == [held.key]
    rig.call("GetInstalledCertificateIds", {}, {"status": "NotFound"})
    assert not Item.objects.exists()
