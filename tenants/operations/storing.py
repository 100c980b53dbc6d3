"""Where the bytes of firmware images lie, and at which address devices load them."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from saas.kit.home import home
from saas.tenancy.models import Tenant
from saas.tenancy.queries import address

from .models import FirmwareImage

PREFIX = "/firmware/"
ADDRESS_NAME = "WATTLANE_FIRMWARE_URL"


class TooLarge(Exception):
    """More bytes than allowed."""


@dataclass(frozen=True)
class Stored:
    """What was written down, under its own digest."""

    size: int
    sha256: str


def file_of(schema: str, sha256: str) -> Path:
    """The file of these bytes in a tenant's folder."""
    return home().files / schema / "firmware" / f"{sha256}.bin"


def store(schema: str, chunks: Iterable[bytes], *, most: int) -> Stored:
    """Write the bytes whole or not at all; the same bytes twice are one file. TooLarge."""
    folder = file_of(schema, "0").parent
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                if size > most:
                    raise TooLarge
                part.write(chunk)
            part.flush()
            os.fsync(part.fileno())
        Path(name).replace(file_of(schema, digest.hexdigest()))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Stored(size, digest.hexdigest())


def url_of(image: FirmwareImage, tenant: Tenant) -> str:
    """Where devices load it. WATTLANE_FIRMWARE_URL names another origin, such as a plain one for old modems.

    On one machine it is the loopback address itself: not every system resolves names below `localhost`.
    """
    origin = os.environ.get(ADDRESS_NAME, "").rstrip("/")
    if not origin and settings.BASE_DOMAIN == "localhost":
        origin = f"http://127.0.0.1:{home().web_port}"
    return f"{origin or address(tenant).rstrip('/')}{PREFIX}{image.token}/{image.sha256}.bin"
