"""An adapter's way in: it says who it is, somebody claims it by the code on its sticker, later somebody lets it go."""

import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from saas.kit.errors import Refused
from saas.kit.ratelimit import Limit
from saas.tenancy.models import Tenant

from . import actions, keys, queries
from .models import Device, Enrolment

BY_ADDRESS = Limit("enrol", most=120, seconds=3600)
FORGOTTEN_AFTER = timedelta(days=90)
QR_TEXT = re.compile(r"WL:(ad_[0-9a-f]{16}):([0-9A-Z]{8})\b", re.IGNORECASE)


class DeviceTaken(Refused):
    """An adapter with this id is known here with other keys. Reset the adapter, so that it makes new ones."""

    code = "device_taken"


class WrongCode(Refused):
    """No adapter that waits has this code. It stands on the sticker; the adapter must have been online once."""

    code = "wrong_claim_code"
    status = 422


class AmbiguousCode(Refused):
    """More than one adapter has this code. Scan the QR code, or give the adapter's id as well."""

    code = "ambiguous_claim_code"


class ClaimedAlready(Refused):
    """This adapter has an owner already. Its owner can release it."""

    code = "claimed_already"


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """What an adapter says of itself. `permit_key`: 32 bytes."""

    device_id: str
    claim: str
    secret: str = field(repr=False)
    permit_key: bytes = field(repr=False)
    firmware: str = ""
    hardware: str = ""


@transaction.atomic
def enrol(*, newcomer: Newcomer, now: datetime) -> str:
    """Note an adapter until somebody claims it. "waiting", or "claimed" when somebody has. May be repeated.

    DeviceTaken when the id is known with another secret, key or code.
    """
    device = Device.objects.filter(device_id=newcomer.device_id).first()
    if device is not None:
        if not _is_that(newcomer, device) and not _is_next(newcomer, device):
            raise DeviceTaken()
        return "claimed"
    waiting = Enrolment.objects.select_for_update().filter(device_id=newcomer.device_id).first()
    if waiting is None:
        return _note(newcomer, now)
    if not _is_that(newcomer, waiting) or waiting.claim_digest != keys.claim_digest(_plain(newcomer.claim)):
        raise DeviceTaken()
    waiting.seen_at, waiting.firmware, waiting.hardware = now, newcomer.firmware, newcomer.hardware
    waiting.save(update_fields=["seen_at", "firmware", "hardware"])
    return "waiting"


@transaction.atomic
def claim(*, code: str, tenant: Tenant, owner: str, now: datetime, device_id: str = "") -> Device:
    """Make an adapter that waits the tenant's, with the secret that it has: it connects within seconds.

    `code`: what its QR code says, or the eight characters of its sticker, alone where they are enough.
    Raises WrongCode, AmbiguousCode, ClaimedAlready.
    """
    found = _waiting(code, device_id)
    device = Device(
        device_id=found.device_id, tenant=tenant, kind=Device.Kind.ADAPTER, owner=owner, created_at=now,
        claim_digest=found.claim_digest, secret_hash=found.secret_hash, secret_sealed=found.secret_sealed,
        secret_at=found.created_at, permit_key=found.permit_key, firmware=found.firmware, hardware=found.hardware,
    )  # fmt: skip
    device.save(force_insert=True)
    found.delete()
    actions.tell(device.device_id)
    return queries.get(device.device_id)


@transaction.atomic
def release(*, device_id: str, now: datetime) -> None:
    """Nobody's any more: shut out within seconds, its keys and password forgotten. It must enrol again to be claimed.

    What it measured stays with the tenant.
    """
    queries.get(device_id).delete()
    actions.tell(device_id)


def forget_unclaimed(*, now: datetime) -> int:
    """Delete adapters that waited for long without a word. Returns how many."""
    return Enrolment.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()[0]


def _waiting(code: str, device_id: str) -> Enrolment:
    asked, short = _read(code, device_id)
    digest = keys.claim_digest(short)
    candidates = Enrolment.objects.select_for_update().filter(claim_digest=digest)
    held = Device.objects.filter(claim_digest=digest)
    if asked:
        candidates, held = candidates.filter(device_id=asked), held.filter(device_id=asked)
    found = list(candidates[:2])
    if len(found) > 1:
        raise AmbiguousCode()
    if not found:
        raise ClaimedAlready() if held.exists() else WrongCode()
    return found[0]


def _read(code: str, device_id: str) -> tuple[str, str]:
    """(device id or empty, the eight characters) of what was scanned or typed."""
    scanned = QR_TEXT.search(code)
    if scanned:
        return scanned[1].lower(), _plain(scanned[2])
    return device_id.strip().lower(), _plain(code)


def _plain(code: str) -> str:
    """As people type it: capitals or not, with dashes and spaces."""
    return re.sub(r"[\s\-]", "", code).upper()


def _note(newcomer: Newcomer, now: datetime) -> str:
    try:
        with transaction.atomic():
            Enrolment.objects.create(
                device_id=newcomer.device_id, claim_digest=keys.claim_digest(_plain(newcomer.claim)),
                secret_hash=keys.digest(newcomer.secret), secret_sealed=keys.seal_password(newcomer.secret),
                permit_key=keys.seal(newcomer.permit_key), firmware=newcomer.firmware, hardware=newcomer.hardware,
                created_at=now, seen_at=now,
            )  # fmt: skip
    except IntegrityError as clash:
        raise DeviceTaken() from clash
    return "waiting"


def _is_that(newcomer: Newcomer, held: Device | Enrolment) -> bool:
    same_key = hmac.compare_digest(keys.unseal(bytes(held.permit_key)), newcomer.permit_key)
    return same_key and keys.matches(newcomer.secret, held.secret_hash)


def _is_next(newcomer: Newcomer, held: Device) -> bool:
    """In the middle of changing its password."""
    return bool(held.next_hash) and keys.matches(newcomer.secret, held.next_hash)
