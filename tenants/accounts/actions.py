"""Changes to people and their roles."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from saas.kit.errors import Invalid, Refused
from saas.kit.ratelimit import Limit
from saas.kit.tenant_context import current_schema

from . import tokens
from .models import Membership, Organisation, RefreshToken, User

LOCK_OUT = Limit("login", most=5, seconds=300)  # failures of one account; pages and API count together


class EmailTaken(Refused):
    """There is an account with this e-mail address already."""

    code = "email_taken"


class WrongLogin(Refused):
    """E-mail address or password is wrong."""

    code = "wrong_login"
    status = 401


class TokenRefused(Refused):
    """This refresh token is unknown, used already, revoked or expired. Log in again."""

    code = "token_refused"
    status = 401


@dataclass(frozen=True)
class Grant:
    """A pair of tokens. The refresh token is shown this once."""

    access: str
    refresh: str
    expires_s: int


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


def log_in(*, email: str, password: str, now: datetime) -> Grant:
    """Tokens for an e-mail address and password. WrongLogin; TooMany after failures, even with the right one."""
    address = email.strip().lower()
    LOCK_OUT.check(address, now=now)
    user = User.objects.filter(email=address, is_active=True).first()
    if not check_password(password, user.password if user else _nobodys_password()) or user is None:
        LOCK_OUT.hit(address, now=now)
        raise WrongLogin()
    LOCK_OUT.reset(address)
    user.last_login = now
    user.save(update_fields=["last_login"])
    return _grant(user, uuid4(), now)


def refresh(*, token: str, now: datetime) -> Grant:
    """The next pair. TokenRefused; a token that was used before revokes its whole family: one of the two is a thief."""
    with transaction.atomic():
        held = RefreshToken.objects.select_for_update(of=("self",)).select_related("user")
        row = held.filter(token_hash=tokens.digest(token)).first()
        if row is not None and _alive(row, now):
            row.rotated_at = now
            row.save(update_fields=["rotated_at"])
            return _grant(row.user, row.family, now)
    if row is not None and row.rotated_at is not None:
        _revoke_family(row.family, now)
    raise TokenRefused()


def revoke_token(*, token: str, now: datetime) -> None:
    """End the family of a refresh token, its access tokens included. An unknown one is no error (RFC 7009)."""
    row = RefreshToken.objects.filter(token_hash=tokens.digest(token)).first()
    if row is not None:
        _revoke_family(row.family, now)


def revoke_all_tokens(*, user: User, now: datetime) -> None:
    """End every API token of a person."""
    RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)


def token_for_programs(*, user: User, days: int, now: datetime) -> str:
    """An access token that lives for days: for demos and scripts of the person who runs the machine."""
    lifetime, family = timedelta(days=days), uuid4()
    _keep(user, family, secrets.token_urlsafe(32), now, lifetime)
    access = tokens.Access(user_uid=str(user.uid), family=str(family))
    return tokens.encode(access, tenant=current_schema(), now=now, lifetime=lifetime)


def forget_old_tokens(*, now: datetime) -> int:
    """Delete refresh tokens that expired. Returns how many."""
    return RefreshToken.objects.filter(expires_at__lt=now).delete()[0]


def _grant(user: User, family: UUID, now: datetime) -> Grant:
    fresh = secrets.token_urlsafe(32)
    _keep(user, family, fresh, now, tokens.REFRESH_LIFETIME)
    access = tokens.encode(tokens.Access(str(user.uid), str(family)), tenant=current_schema(), now=now)
    return Grant(access, fresh, int(tokens.LIFETIME.total_seconds()))


def _keep(user: User, family: UUID, token: str, now: datetime, lifetime: timedelta) -> None:
    digest = tokens.digest(token)
    RefreshToken.objects.create(user=user, family=family, token_hash=digest, issued_at=now, expires_at=now + lifetime)


def _alive(row: RefreshToken, now: datetime) -> bool:
    return row.rotated_at is None and row.revoked_at is None and row.expires_at > now and row.user.is_active


def _revoke_family(family: UUID, now: datetime) -> None:
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=now)


@cache
def _nobodys_password() -> str:
    """Checked when the address is unknown, so that the time of the answer tells nothing."""
    return make_password(secrets.token_urlsafe(16))
