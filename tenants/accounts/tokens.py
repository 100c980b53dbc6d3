"""Access tokens: JWT, minutes long, of one tenant. Pure: keys and the clock are given by the caller or the settings."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from django.conf import settings

ALGORITHM = "HS256"
ISSUER = "wattlane"
LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=30)
LEEWAY_S = 5


class BadToken(Exception):
    """Forged, malformed, of another tenant, or expired."""


@dataclass(frozen=True)
class Access:
    """Whose token it is, and the family of refresh tokens that it dies with."""

    user_uid: str
    family: str


def encode(access: Access, *, tenant: str, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """A signed token that is good for minutes (`lifetime`) in this tenant only."""
    claims = {
        "iss": ISSUER,
        "aud": tenant,
        "sub": access.user_uid,
        "fam": access.family,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    return jwt.encode(claims, _key(tenant), algorithm=ALGORITHM, headers={"typ": "at+jwt"})


def decode(token: str, *, tenant: str, now: datetime) -> Access:
    """Whose token it is. BadToken."""
    try:
        claims = jwt.decode(
            token,
            _key(tenant),
            algorithms=[ALGORITHM],
            audience=tenant,
            issuer=ISSUER,
            options={"require": ["iss", "aud", "sub", "fam", "exp"], "verify_exp": False, "verify_iat": False},
        )
        expires = int(claims["exp"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadToken("not a token of this site") from error
    if expires + LEEWAY_S <= now.timestamp():
        raise BadToken("expired")
    return Access(user_uid=str(claims["sub"]), family=str(claims["fam"]))


def digest(refresh_token: str) -> str:
    """What is stored of a refresh token."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()


def _key(tenant: str) -> bytes:
    """A key per tenant: a token of one can not even be verified by another."""
    return hmac.new(settings.JWT_SECRET.encode(), f"access|{tenant}".encode(), hashlib.sha256).digest()
