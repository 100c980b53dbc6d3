"""A station puts one file to an address that was made for it; operators read it, nobody else."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.stations import actions, queries
from tenants.stations.models import Upload
from tests.builders import NOW
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

from .rig import Rig


@pytest.fixture
def operator(ampere: Tenant) -> Api:
    return Api("ampere", person("ampere", "", "operator"))


def path_of(operator: Api, rig: Rig) -> str:
    made = operator.post(f"/stations/{rig.station.uid}/uploads")
    assert made.status_code == 201
    return str(said(made)["url"]).split("localhost", 1)[1]


@pytest.mark.req("MNT-04")
@pytest.mark.parametrize("form", [False, True])
def test_one_file_is_put_kept_and_read(ampere: Tenant, operator: Api, form: bool) -> None:
    rig, station = Rig(), Client(headers={"host": "ampere.localhost"})
    path = path_of(operator, rig)
    if form:
        put = station.post(path, {"file": SimpleUploadedFile("diag.zip", b"\x00\xff")})
    else:
        put = station.put(f"{path}logs/diag.zip", b"\x00\xff", content_type="application/zip")
    assert put.status_code == 201
    again = station.put(f"{path}other.zip", b"x", content_type="application/zip")
    assert code(again) == (409, "uploaded_already")
    [file] = said(operator.get(f"/stations/{rig.station.uid}/uploads"))["items"]
    assert (file["name"], file["size"]) == ("diag.zip", 2)
    content = f"/stations/{rig.station.uid}/uploads/{file['uid']}"
    got = operator.get(content)
    assert b"".join(got.streaming_content) == b"\x00\xff"  # type: ignore[attr-defined]
    assert got.headers["Content-Disposition"] == 'attachment; filename="diag.zip"'
    unknown_to_others(content)
    unknown_to_others(f"/stations/{rig.station.uid}/uploads")


@pytest.mark.req("MNT-04", "TEN-03")
def test_no_address_takes_what_it_was_not_made_for(ampere: Tenant, barq: Tenant, operator: Api) -> None:
    with tenant_schema("ampere"):
        rig = Rig()
        path = path_of(operator, rig)
        other, own = Client(headers={"host": "barq.localhost"}), Client(headers={"host": "ampere.localhost"})
        assert code(other.put(path, b"x")) == (404, "not_found")
        assert code(own.put(f"{path[:-5]}wrong/", b"x")) == (404, "not_found")
        Upload.objects.update(expires_at=NOW - timedelta(days=9))
        assert code(own.put(path, b"x")) == (404, "not_found")
        support = Api("ampere", person("ampere", "", "support"))
        assert code(support.post(f"/stations/{rig.station.uid}/uploads")) == (403, "forbidden")


@pytest.mark.req("MNT-04")
def test_files_that_are_too_large_are_refused_and_old_ones_go(ampere: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenants.stations.actions import uploads
    from tenants.stations.errors import FileTooLarge

    rig = Rig()
    token = actions.new_upload(station=rig.station, now=NOW).path.split("/")[-2]
    monkeypatch.setattr(uploads, "MOST_BYTES", 3)
    with pytest.raises(FileTooLarge):
        actions.receive_file(token=token, name="a", data=b"1234", now=NOW)
    kept = actions.receive_file(token=token, name="../../etc/passwd", data=b"123", now=NOW)
    assert kept.name == "passwd" and queries.file_of(kept).read_bytes() == b"123"
    assert actions.forget(now=NOW + timedelta(days=31)) == 1
    assert not queries.file_of(kept).exists() and not Upload.objects.exists()
