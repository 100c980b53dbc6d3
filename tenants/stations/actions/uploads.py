"""Files that stations put: logs and diagnostics, each at an address of its own that takes one file."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from saas.kit.errors import Forbidden, NotFound
from saas.kit.tenant_context import current_schema
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from ..errors import FileTooLarge, UploadedAlready
from ..models import Station, StationCommand, Upload
from ..queries.details import file_of
from .effects import storable

VALID = timedelta(days=2)  # a station may try for long
MOST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Place:
    """Where a station is to put its file: `path` below the tenant's site, ending with a slash."""

    upload: Upload
    path: str


@transaction.atomic
def new_upload(*, station: Station, now: datetime, by: User | None = None) -> Place:
    """An address for one file. The token in it is kept as a digest only. Forbidden."""
    if by is not None and not can(by, "station.command", station):
        raise Forbidden()
    token = secrets.token_urlsafe(24)
    made = Upload.objects.create(station=station, token_hash=_digest(token), expires_at=now + VALID)
    if by is not None:
        audit.record(actor=by, act="station.upload_allowed", now=now, subject=station.station_id)
    return Place(made, f"/api/v1/uploads/{token}/")


@transaction.atomic
def asked_for(*, upload: Upload, command: StationCommand) -> None:
    """The call that told the station the address."""
    Upload.objects.filter(pk=upload.pk).update(command=command)


@transaction.atomic
def receive_file(*, token: str, name: str, data: bytes, now: datetime) -> Upload:
    """Keep a station's file. NotFound for an address that never was or is over, UploadedAlready, FileTooLarge."""
    rows = Upload.objects.select_for_update(of=("self",)).select_related("station")
    upload = rows.filter(token_hash=_digest(token), expires_at__gt=now).first()
    if upload is None:
        raise NotFound("This address takes no file.")
    if upload.received_at is not None:
        raise UploadedAlready()
    if len(data) > MOST_BYTES:
        raise FileTooLarge(most_bytes=MOST_BYTES)
    upload.name = (storable(Path(name).name) or "log")[:120]
    upload.size, upload.sha256, upload.received_at = len(data), hashlib.sha256(data).hexdigest(), now
    upload.save(update_fields=["name", "size", "sha256", "received_at"])
    _write(file_of(upload), data)
    return upload


def forget_files(*, before: datetime) -> int:
    """Files that came before then go; how many."""
    old = list(Upload.objects.filter(received_at__lt=before)[:500])
    for upload in old:
        file_of(upload).unlink(missing_ok=True)
        upload.delete()
    return len(old)


def _digest(token: str) -> str:
    return hashlib.sha256(f"{current_schema()}|{token}".encode()).hexdigest()


def _write(file: Path, data: bytes) -> None:
    part = file.with_suffix(f".{secrets.token_hex(4)}")
    part.write_bytes(data)
    part.replace(file)
