"""Who is at the door: what the door tells Streamlit about a person, in a header that only we can write."""

from dataclasses import asdict, dataclass

from .signing import BadSeal, seal, secret_of, unseal

HEADER = "X-Wattlane-Identity"
USE = "door"
BadIdentity = BadSeal


@dataclass(frozen=True, slots=True)
class Identity:
    """A logged-in person of one tenant. `tenant` is the schema; `organisations` are uids that the roles are over.

    `tenant_wide` says that a role covers the whole tenant; otherwise only the organisations may be shown.
    `expires_s` is Unix seconds; the door closes the socket before and lets the browser come again.
    """

    tenant: str
    user: str
    roles: tuple[str, ...]
    language: str
    organisations: tuple[str, ...]
    tenant_wide: bool
    expires_s: int


def sign(identity: Identity, *, secret: str | None = None) -> str:
    """The value of the header. The secret is the installation's `door` unless given."""
    claims = asdict(identity)
    claims["exp"] = claims.pop("expires_s")
    return seal(claims, use=USE, secret=secret or secret_of(USE))


def verify(header: str, *, now_s: int, secret: str | None = None) -> Identity:
    """The identity in a header. BadIdentity when it is forged, malformed or expired: then show no data."""
    claims = unseal(header, use=USE, secret=secret or secret_of(USE), now_s=now_s)
    try:
        return Identity(
            tenant=str(claims["tenant"]),
            user=str(claims["user"]),
            roles=_words(claims["roles"]),
            language=str(claims["language"]),
            organisations=_words(claims["organisations"]),
            tenant_wide=claims["tenant_wide"] is True,
            expires_s=int(str(claims["exp"])),
        )
    except (KeyError, TypeError) as error:
        raise BadIdentity("incomplete") from error


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(str(item) for item in value)
