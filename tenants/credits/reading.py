"""What a request names, looked up: organisations and people of this tenant."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from saas.kit.errors import NotFound
from tenants.accounts.models import Organisation, User

from . import queries


def wanted(viewer: User, given: Mapping[str, Any]) -> queries.Wanted:
    """NotFound for outsiders, and for an organisation that is not here."""
    queries.may(viewer)
    organisation = None
    if given["organisation"] is not None:
        organisation = Organisation.objects.filter(uid=given["organisation"]).first()
        if organisation is None:
            raise NotFound("There is no such organisation.")
    return queries.Wanted(**{**given, "organisation": organisation})


def driver(viewer: User, uid: UUID) -> User:
    """NotFound for outsiders, and for somebody who is not here."""
    queries.may(viewer)
    found = User.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such person.")
    return found
