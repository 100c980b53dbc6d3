"""Taking firmware images in."""

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from saas.contracts.telemetry import wire
from saas.kit.errors import Forbidden, Invalid
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from .. import signing, storing
from ..errors import BadImage, ImageInUse
from ..models import FirmwareImage

Kind = FirmwareImage.Kind
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+()/:-]{0,49}")
MOST_BYTES = {Kind.ADAPTER: 8_000_000, Kind.OCPP: 512_000_000}
LONGEST_SIGNATURE, LONGEST_CERTIFICATE = 800, 5500  # as OCPP has them


@dataclass(frozen=True)
class Described:
    """What is said of an image. `signature` of an adapter's: hex, or its whole manifest as JSON (wire.OTA_FIELDS)."""

    kind: str
    version: str = ""
    vendor: str = ""
    model: str = ""
    signature: str = ""
    certificate: str = ""
    notes: str = ""


def add_image(*, described: Described, chunks: Iterable[bytes], by: User, now: datetime) -> FirmwareImage:
    """Take an image in. Forbidden, Invalid, BadImage (its signature does not fit), ImageInUse."""
    if not can(by, "station.manage"):
        raise Forbidden()
    described, manifest = _with_manifest(described)
    _check(described)
    try:
        stored = storing.store(current_schema(), chunks, most=MOST_BYTES[Kind(described.kind)])
    except storing.TooLarge as error:
        most = MOST_BYTES[Kind(described.kind)]
        raise Invalid(f"The image may have at most {most} bytes.", file=f"more than {most} bytes") from error
    _check_bytes(described, manifest, stored)
    return _save(described, stored, by)


@transaction.atomic
def withdraw_image(*, image: FirmwareImage, by: User, now: datetime) -> FirmwareImage:
    """No new roll-out takes it; those that run still find the file. May be repeated. Forbidden."""
    if not can(by, "station.manage"):
        raise Forbidden()
    if image.withdrawn_at is None:
        image.withdrawn_at = now
        image.save(update_fields=["withdrawn_at"])
    return image


def _with_manifest(described: Described) -> tuple[Described, dict[str, object]]:
    """A manifest in the place of the signature says version and signature, and what the bytes must be."""
    text = described.signature.strip()
    if described.kind != Kind.ADAPTER or not text.startswith("{"):
        return replace(described, signature=text), {}
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise Invalid("The manifest is not JSON.", signature="not JSON") from error
    version = str(manifest.get("version", ""))
    if described.version.strip() not in ("", version):
        raise Invalid("The manifest is of another version.", version=f"{version} in the manifest")
    return replace(described, version=version, signature=str(manifest.get("sig", ""))), manifest


def _check(described: Described) -> None:
    if described.kind not in Kind.values:
        raise Invalid("There is no such kind of image.", kind=f"one of {', '.join(Kind.values)}")
    if not VERSION.fullmatch(described.version):
        raise Invalid("The version is missing or not a version.", version="as the device reports it")
    for name, most in (("signature", LONGEST_SIGNATURE), ("certificate", LONGEST_CERTIFICATE)):
        if len(getattr(described, name)) > most:
            raise Invalid(f"The {name} is too long.", **{name: f"at most {most} characters"})
    if described.kind == Kind.ADAPTER and not described.signature:
        raise Invalid("Adapters take signed images only.", signature="is missing")
    if described.kind == Kind.OCPP and bool(described.signature) != bool(described.certificate):
        raise Invalid("A signed image needs signature and certificate.", certificate="both or none")


def _check_bytes(described: Described, manifest: dict[str, object], stored: storing.Stored) -> None:
    if not stored.size:
        raise Invalid("The file is empty.", file="is empty")
    if described.kind != Kind.ADAPTER:
        return
    for name in ("size", "sha256"):
        if name in manifest and str(manifest[name]) != str(getattr(stored, name)):
            raise BadImage(f"The manifest is of another file: its {name} differs.")
    try:
        good = signing.is_signed(
            version=described.version, size=stored.size, sha256=stored.sha256, signature=described.signature
        )
    except FileNotFoundError as error:
        raise BadImage("This installation has no signing key. Make one with `wattlane firmware keygen`.") from error
    if not good:
        raise BadImage("The signature is not of this file, this version and this installation's key.")


@transaction.atomic
def _save(described: Described, stored: storing.Stored, by: User) -> FirmwareImage:
    token = f"{current_schema()}.{secrets.token_urlsafe(24)}"
    try:
        with transaction.atomic():
            return FirmwareImage.objects.create(
                **vars(described), token=token, size=stored.size, sha256=stored.sha256, uploaded_by=by
            )
    except IntegrityError as clash:
        raise ImageInUse(version=described.version) from clash


def manifest_of(image: FirmwareImage, url: str) -> dict[str, object]:
    """What an adapter is told: wire.OTA_FIELDS."""
    told = {
        "version": image.version, "url": url, "size": image.size, "sha256": image.sha256, "sig": image.signature,
    }  # fmt: skip
    assert tuple(told) == wire.OTA_FIELDS
    return told
