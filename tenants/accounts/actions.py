"""Changes to people and their roles."""

from collections.abc import Callable, Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from saas.kit.errors import Invalid, Refused

from .models import Membership, Organisation, User


class EmailTaken(Refused):
    """There is an account with this e-mail address already."""

    code = "email_taken"


@transaction.atomic
def add_user(
    *,
    email: str,
    password: str | None,
    now: datetime,
    name: str = "",
    language: str = "",
    roles: Iterable[tuple[str, Organisation | None]] = (),
    verified: bool = False,
) -> User:
    """A person with roles: (role, organisation, or None for the whole tenant). Invalid, EmailTaken.

    Without a password the person sets one by the reset mail. `verified`: the address is known to be theirs.
    """
    address = email.strip().lower()
    _check(address, password)
    try:
        with transaction.atomic():
            user = User.objects.create_user(address, password, name=name, language=language)
    except IntegrityError as error:
        raise EmailTaken() from error
    EmailAddress.objects.create(user=user, email=address, primary=True, verified=verified)
    for role, organisation in roles:
        grant(user=user, role=role, organisation=organisation, now=now)
    return user


def grant(*, user: User, role: str, organisation: Organisation | None, now: datetime) -> Membership:
    """Give a role, once. Invalid when there is no such role."""
    if role not in Membership.Role.values:
        raise Invalid(f"There is no role {role!r}.", role="unknown")
    return Membership.objects.get_or_create(user=user, role=role, organisation=organisation)[0]


def revoke(*, user: User, role: str, organisation: Organisation | None, now: datetime) -> None:
    """Take a role away. Doing it twice is the same as once."""
    Membership.objects.filter(user=user, role=role, organisation=organisation).delete()


def add_organisation(*, name: str, kind: str, now: datetime) -> Organisation:
    """A fleet, enterprise, host or partner inside the tenant. Invalid."""
    if kind not in Organisation.Kind.values or not name.strip():
        raise Invalid("An organisation has a name and a kind: fleet, enterprise, host or partner.", kind="unknown")
    return Organisation.objects.create(name=name.strip(), kind=kind)


def _check(address: str, password: str | None) -> None:
    rules: dict[str, Callable[[], None]] = {"email": lambda: validate_email(address)}
    if password is not None:
        rules["password"] = lambda: validate_password(password, User(email=address))
    for field, rule in rules.items():
        try:
            rule()
        except ValidationError as error:
            raise Invalid(" ".join(error.messages), **{field: error.messages}) from error
