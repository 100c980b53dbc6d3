"""Images: taken in only when they fit their signature; served by ranges at an address that nobody guesses."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from saas.kit.errors import Forbidden, Invalid
from saas.kit.tenant_context import current_schema
from tenants.operations import actions, storing
from tenants.operations.actions import Described
from tenants.operations.errors import BadImage, ImageInUse
from tenants.operations.models import FirmwareImage
from tenants.operations.serving import wanted
from tests import builders
from tests.builders import NOW, Cast

from .conftest import Signer

DATA = bytes(range(256)) * 1000
FACTS: dict[str, Any] = {"version": "2.0", "size": len(DATA), "sha256": hashlib.sha256(DATA).hexdigest()}
OCPP = Described(kind="ocpp", vendor="Volta", version="2.0")


def add(people: Cast, described: Described = OCPP, data: bytes = DATA) -> FirmwareImage:
    return actions.add_image(described=described, chunks=[data[:1000], data[1000:]], by=people.operator, now=NOW)


def get(path: str, host: str = "ampere.localhost", method: str = "get", **headers: str) -> HttpResponseBase:
    call = getattr(Client(headers={"host": host}), method)
    answer: HttpResponseBase = call(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def body(answer: HttpResponseBase) -> bytes:
    found: Iterator[bytes] = answer  # type: ignore[assignment]
    return b"".join(found)


@pytest.fixture
def path(people: Cast) -> str:
    image = add(people)
    return f"/firmware/{image.token}/{image.sha256}.bin"


@pytest.mark.req("CHG-04", "DEV-01")
def test_adapters_images_are_taken_only_with_the_installation_s_signature(people: Cast, signer: Signer) -> None:
    good = Described(kind="adapter", version="2.0", signature=signer.sign(**FACTS))
    with pytest.raises(Invalid):
        add(people, replace(good, signature=""))
    for wrong in (replace(good, version="2.1"), replace(good, signature="00" * 256), replace(good, signature="x")):
        with pytest.raises(BadImage):
            add(people, wrong)
    with pytest.raises(BadImage):
        add(people, good, DATA + b"!")
    manifest = json.dumps({**FACTS, "url": "", "sig": signer.sign(**FACTS)})
    image = add(people, Described(kind="adapter", signature=manifest))
    assert (image.version, image.size, image.sha256) == ("2.0", len(DATA), FACTS["sha256"])
    with pytest.raises(BadImage):
        add(people, Described(kind="adapter", signature=manifest), DATA[:-1])
    with pytest.raises(ImageInUse):
        add(people, good)


@pytest.mark.req("CHG-04")
def test_without_a_key_nothing_can_be_checked_and_so_nothing_is_taken(people: Cast) -> None:
    with pytest.raises(BadImage, match="keygen"):
        add(people, Described(kind="adapter", version="2.0", signature="00"))


@pytest.mark.req("CHG-04", "TEN-04")
def test_what_does_not_fit_is_refused_and_leaves_no_half_file(people: Cast) -> None:
    folder = storing.file_of(current_schema(), "0").parent
    before = set(folder.glob("*")) if folder.exists() else set()
    for wrong in (replace(OCPP, kind="x"), replace(OCPP, version=""), replace(OCPP, signature="x")):
        with pytest.raises(Invalid):
            add(people, wrong)
    with pytest.raises(Invalid):
        add(people, data=b"")
    with pytest.raises(storing.TooLarge):
        storing.store(current_schema(), [b"12345", b"67890"], most=9)
    assert not list(folder.glob("*.part")) and len(set(folder.glob("*")) - before) <= 1
    support = builders.person("support", "support")
    with pytest.raises(Forbidden):
        actions.add_image(described=OCPP, chunks=[DATA], by=support, now=NOW)


@pytest.mark.req("CHG-04")
def test_an_image_is_served_whole_and_in_parts(path: str) -> None:
    whole = get(path)
    assert (whole.status_code, body(whole)) == (200, DATA)
    assert whole.headers["Content-Length"] == str(len(DATA)) and whole.headers["Accept-Ranges"] == "bytes"
    part = get(path, Range="bytes=1000-1999")
    assert (part.status_code, body(part)) == (206, DATA[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(DATA)}" and part.headers["Content-Length"] == "1000"
    assert body(get(path, Range="bytes=255990-")) == DATA[255990:] and body(get(path, Range="bytes=-7")) == DATA[-7:]
    beyond = get(path, Range=f"bytes={len(DATA)}-")
    assert beyond.status_code == 416 and beyond.headers["Content-Range"] == f"bytes */{len(DATA)}"
    changed = get(path, Range="bytes=5-9", If_Range='"another"')
    assert (changed.status_code, len(body(changed))) == (200, len(DATA))
    head = get(path, method="head")
    assert head.headers["Content-Length"] == str(len(DATA)) and not body(head)
    assert get(path, method="post").status_code == 405


@pytest.mark.req("CHG-04", "TEN-01")
def test_only_the_exact_address_on_the_right_host_is_an_image(path: str, barq: object) -> None:
    token, sha = path.split("/")[2], path.split("/")[3]
    for wrong in (
        f"/firmware/{token}/{'0' * 64}.bin", f"/firmware/{token[:-1]}/{sha}", f"/firmware/{token}/../{sha}",
        f"/firmware/{token}/..%2f..%2fsecrets.json", f"/firmware/barq.{token.partition('.')[2]}/{sha}",
        f"/firmware/public.{token.partition('.')[2]}/{sha}", "/firmware/", f"/firmware/{token}/{sha}/",
    ):  # fmt: skip
        assert get(wrong).status_code == 404, wrong
    for host in ("localhost", "127.0.0.1", "127.0.0.1:8000", "[::1]"):
        assert get(path, host=host).status_code == 200, host
    for host in ("barq.localhost", "nobody.example", "192.0.2.1"):
        assert get(path, host=host).status_code == 404, host


@pytest.mark.req("CHG-04")
def test_a_withdrawn_image_begins_nothing_but_is_still_found(people: Cast, path: str) -> None:
    image = FirmwareImage.objects.get()
    actions.withdraw_image(image=image, by=people.operator, now=NOW)
    with pytest.raises(Invalid):
        actions.begin_firmware(image=image, by=people.operator, now=NOW)
    assert get(path).status_code == 200


@given(st.text(st.sampled_from("bytes=0123456789-, ")), st.integers(1, 50))
def test_whatever_range_is_asked_for_stays_inside(header: str, size: int) -> None:
    part = wanted(header, size)
    assert part is None or (0 <= part.first <= part.last < size and part.length > 0)
