"""What accounts does when others tell that something happened."""

from datetime import datetime

from saas.tenancy.actions import Owner

from . import actions
from .models import Membership


def make_owner(sender: object, *, owner: Owner, now: datetime, **_: object) -> None:
    """The first person of a new tenant, with the role OWNER. Runs inside the tenant's schema."""
    actions.add_user(
        email=owner.email,
        password=owner.password,
        name=owner.name,
        roles=((Membership.Role.OWNER, None),),
        verified=True,
        now=now,
    )
