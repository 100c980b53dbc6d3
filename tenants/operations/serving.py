"""`/firmware/<token>/<sha256>.bin`: images for devices, who have no cookie and often no right host name either.

The token is the proof: nobody guesses it, and its beginning names the tenant. An address of another tenant's host
answers 404. Ranges are served, so that a device goes on where its connection broke.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from saas.kit import outage
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.middleware import bare_host, tenant_of_host
from saas.tenancy.models import Tenant

from .models import FirmwareImage
from .storing import PREFIX, file_of

Next = Callable[[HttpRequest], HttpResponseBase]
PATH = re.compile(
    r"/firmware/(?P<token>(?P<schema>[a-z0-9_]{1,63})\.[A-Za-z0-9_-]{20,64})/(?P<sha256>[0-9a-f]{64})\.bin"
)
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Part:
    """Bytes `first` up to and including `last`."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class FirmwareDoor:
    """Answers what lies under `/firmware/` before a tenant is looked for by host name."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return outage.answer(request, 405, "method_not_allowed", "Images are read only.")
        found = _image(request)
        if found is None:
            return outage.answer(request, 404, "not_found", "There is no such image.")
        image, file = found
        return _answer(request, image, file)


def _image(request: HttpRequest) -> tuple[FirmwareImage, Path] | None:
    asked = PATH.fullmatch(request.path_info)
    if asked is None or not _may_come_from(request, asked["schema"]):
        return None
    known = Tenant.objects.filter(schema_name=asked["schema"], state=Tenant.State.ACTIVE)
    if asked["schema"] == settings.PUBLIC_SCHEMA_NAME or not known.exists():
        return None
    with tenant_schema(asked["schema"]):
        image = FirmwareImage.objects.filter(token=asked["token"], sha256=asked["sha256"]).first()
    file = file_of(asked["schema"], asked["sha256"])
    return (image, file) if image is not None and file.is_file() else None


def _may_come_from(request: HttpRequest, schema: str) -> bool:
    """The tenant's own host, the platform's, or this machine's own address."""
    host = bare_host(request.headers.get("Host", ""))
    tenant = tenant_of_host(host)
    if tenant is not None:
        return tenant.schema_name in (schema, settings.PUBLIC_SCHEMA_NAME)
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _answer(request: HttpRequest, image: FirmwareImage, file: Path) -> HttpResponseBase:
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{image.sha256}"', "Cache-Control": "private, max-age=86400"}
    part = wanted(request.headers.get("Range", ""), image.size)
    if request.headers.get("If-Range", headers["ETag"]) != headers["ETag"]:
        part = Part(0, image.size - 1)
    if part is None:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{image.size}"})
    if part.length < image.size:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{image.size}"
    headers["Content-Length"] = str(part.length)
    body = _read(file, part) if request.method == "GET" else iter(())
    status = 206 if "Content-Range" in headers else 200
    return StreamingHttpResponse(body, status=status, headers=headers, content_type="application/octet-stream")


def wanted(header: str, size: int) -> Part | None:
    """The bytes that a Range header asks for (RFC 9110): all of them where it is absent, malformed or of several
    ranges; None where it asks for what is not there."""
    whole, asked = Part(0, size - 1), RANGE.fullmatch(header.replace(" ", ""))
    if asked is None or asked[1] == asked[2] == "":
        return whole
    if asked[1] == "":
        length = int(asked[2])
        return Part(max(0, size - length), size - 1) if length else None
    first, last = int(asked[1]), int(asked[2]) if asked[2] else size - 1
    if asked[2] and last < first:
        return whole
    return Part(first, min(last, size - 1)) if first < size else None


def _read(file: Path, part: Part) -> Iterator[bytes]:
    with file.open("rb") as source:
        source.seek(part.first)
        left = part.length
        while left and (chunk := source.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
