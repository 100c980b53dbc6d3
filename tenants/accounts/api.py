"""`/auth` and `/me`: getting, renewing and revoking tokens; who one is."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from ninja.security import HttpBearer

from saas.kit.http import client_ip
from saas.kit.ratelimit import Limit

from . import actions, bearer, queries
from .schemas import Me, PasswordGrant, RefreshGrant, Revocation, TokenPair

router = Router(tags=["accounts"])
BY_ADDRESS = Limit("token", most=30, seconds=60)


class Bearer(HttpBearer):
    """An access token from `POST /auth/token`."""

    def authenticate(self, request: HttpRequest, token: str) -> object:
        return bearer.authenticate(request)


class Anyone:
    """Lets everybody in, and knows a person who shows a good token. A bad token is refused, not ignored."""

    def __call__(self, request: HttpRequest) -> object:
        if "Authorization" in request.headers:
            return bearer.authenticate(request)
        return "anyone"


@router.post("/auth/token", auth=None, response={200: TokenPair}, operation_id="token")
def token(request: HttpRequest, body: PasswordGrant | RefreshGrant) -> dict[str, object]:
    """An access token for some minutes, and a refresh token for the next pair."""
    now = timezone.now()
    BY_ADDRESS.hit(client_ip(request), now=now)
    if isinstance(body, RefreshGrant):
        grant = actions.refresh(token=body.refresh_token, now=now)
    else:
        grant = actions.log_in(email=body.email, password=body.password, now=now)
    return {"access_token": grant.access, "refresh_token": grant.refresh, "expires_in": grant.expires_s}


@router.post("/auth/revoke", auth=None, response={204: None}, operation_id="revoke_token")
def revoke(request: HttpRequest, body: Revocation) -> Status[None]:
    """End all tokens that came of this refresh token. Says nothing about whether it existed."""
    now = timezone.now()
    BY_ADDRESS.hit(client_ip(request), now=now)
    actions.revoke_token(token=body.token, now=now)
    return Status(204, None)


@router.get("/me", response=Me, operation_id="me")
def me(request: HttpRequest) -> object:
    """The person whose token this is, with the roles held here."""
    return queries.profile(bearer.caller(request))
