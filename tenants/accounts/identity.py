"""The identity check: a driver says who they are and what they drive, an operator decides."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from saas.kit.errors import Forbidden, Invalid, NotFound, Refused

from . import audit
from .models import User
from .permissions import can

PLATE_MOST = 16


class AlreadyDecided(Refused):
    """Somebody has decided this already."""

    code = "already_decided"


def submit(*, user: User, name: str, licence_plate: str, vehicle_type: str, now: datetime) -> User:
    """Ask for the check. Invalid names the fields that are missing; whoever was verified before is checked again."""
    given = {"name": name.strip(), "licence_plate": licence_plate.strip().upper(), "vehicle_type": vehicle_type.strip()}
    missing: dict[str, object] = {field: "is missing" for field, value in given.items() if not value}
    if missing or len(given["licence_plate"]) > PLATE_MOST:
        raise Invalid("Name, licence plate and vehicle are needed.", **missing)
    for field, value in given.items():
        setattr(user, field, value)
    user.identity = User.Identity.PENDING
    user.save(update_fields=[*given, "identity"])
    return user


def waiting(*, viewer: User) -> list[User]:
    """People whose check is open, oldest first. Forbidden without the right to review."""
    if not can(viewer, "identity.review"):
        raise Forbidden()
    return list(User.objects.filter(identity=User.Identity.PENDING).order_by("id"))


@transaction.atomic
def decide(*, user_uid: UUID, accept: bool, by: User, now: datetime) -> User:
    """Verified or refused. Forbidden, NotFound, AlreadyDecided. Nobody decides about themselves."""
    if not can(by, "identity.review"):
        raise Forbidden()
    user = User.objects.filter(uid=user_uid).exclude(pk=by.pk).first()
    if user is None:
        raise NotFound()
    state = User.Identity.VERIFIED if accept else User.Identity.REFUSED
    if not User.objects.filter(pk=user.pk, identity=User.Identity.PENDING).update(identity=state):
        raise AlreadyDecided()
    audit.record(actor=by, act="identity.accepted" if accept else "identity.refused", subject=user.email, now=now)
    user.identity = state
    return user
