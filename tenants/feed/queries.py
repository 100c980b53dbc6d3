"""Reading what happened, and who may hear it."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from tenants.accounts.models import User
from tenants.accounts.permissions import can

from .models import Event

Hearer = User | AnonymousUser | None


def may_hear(*, user: Hearer, audience: str) -> bool:
    """Whether this person may subscribe. `map` and `charger:` are public; the rest asks the permission table."""
    kind, _, uid = audience.partition(":")
    rule = _RULES.get(kind)
    return rule is not None and rule(user, uid)


def since(*, audiences: Iterable[str], after_id: int, limit: int = 500) -> list[Event]:
    """Events of these audiences with a higher id, oldest first. Who may hear them is for the caller to ask first."""
    return list(Event.objects.filter(audience__in=list(audiences), id__gt=after_id).order_by("id")[:limit])


def last_id() -> int:
    """The id of the newest event; 0 when nothing happened yet."""
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _of_session(user: Hearer, uid: str) -> bool:
    session = _find("charging", "Session", uid)
    return session is not None and can(user, "session.view", session)


def _of_user(user: Hearer, uid: str) -> bool:
    return isinstance(user, User) and user.is_active and str(user.uid) == uid


def _of_station(user: Hearer, uid: str) -> bool:
    return can(user, "station.view")


def _find(app: str, model: str, uid: str) -> Model | None:
    """By name, not by import: the feed lies below all other apps."""
    try:
        found: Model | None = apps.get_model(app, model)._default_manager.filter(uid=UUID(uid)).first()
    except ValueError:
        return None
    return found


_RULES: dict[str, Callable[[Hearer, str], bool]] = {
    "map": lambda user, uid: uid == "",
    "charger": lambda user, uid: uid != "",
    "session": _of_session,
    "user": _of_user,
    "station": _of_station,
    "operations": lambda user, uid: uid == "" and can(user, "station.view"),
}
