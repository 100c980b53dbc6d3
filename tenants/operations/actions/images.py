"""Taking firmware images in."""

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from saas.kit.errors import Forbidden, Invalid
from saas.kit.tenant_context import current_schema
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from .. import signing, storing
from ..errors import BadImage, ImageInUse
from ..models import FirmwareImage

Kind = FirmwareImage.Kind
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+()/:-]{0,49}")
ADAPTER_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*([-+][A-Za-z0-9.]{1,20})?")  # adapters compare them as numbers
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
    downgrade: bool = False


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
        audit.record(actor=by, act="firmware.withdrawn", now=now, subject=image.version)
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
    signature, downgrade = str(manifest.get("sig", "")), manifest.get("downgrade") is True
    return replace(described, version=version, signature=signature, downgrade=downgrade), manifest


def _check(described: Described) -> None:
    if described.kind not in Kind.values:
        raise Invalid("There is no such kind of image.", kind=f"one of {', '.join(Kind.values)}")
    if not VERSION.fullmatch(described.version):
        raise Invalid("The version is missing or not a version.", version="as the device reports it")
    if described.kind == Kind.ADAPTER and not ADAPTER_VERSION.fullmatch(described.version):
        raise Invalid("Versions of adapters are numbers with dots.", version="such as 1.4.0")
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
            version=described.version, size=stored.size, sha256=stored.sha256, signature=described.signature,
            downgrade=described.downgrade,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise BadImage("This installation has no signing key. Make one with `wattlane firmware keygen`.") from error
    if not good:
        raise BadImage("The signature is not of this file, this version and this installation's key.")


@transaction.atomic
def _save(described: Described, stored: storing.Stored, by: User) -> FirmwareImage:
    if (known := _signed_anew(described, stored)) is not None:
        return known
    token = f"{current_schema()}.{secrets.token_urlsafe(24)}"
    try:
        with transaction.atomic():
            return FirmwareImage.objects.create(
                **vars(described), token=token, size=stored.size, sha256=stored.sha256, uploaded_by=by
            )
    except IntegrityError as clash:
        raise ImageInUse(version=described.version) from clash


def _signed_anew(described: Described, stored: storing.Stored) -> FirmwareImage | None:
    """The same bytes once more, now signed as a way back: the image stays, with the wider signature."""
    if not described.downgrade:
        return None
    rows = FirmwareImage.objects.filter(kind=described.kind, version=described.version, sha256=stored.sha256)
    known = rows.filter(vendor=described.vendor, model=described.model).first()
    if known is not None:
        known.signature, known.downgrade, known.withdrawn_at = described.signature, True, None
        known.save(update_fields=["signature", "downgrade", "withdrawn_at"])
    return known
