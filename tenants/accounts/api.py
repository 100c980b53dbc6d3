"""`/auth` and `/me`: getting, renewing and revoking tokens; who one is."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status
from ninja.security import HttpBearer

from saas.kit.http import client_ip
from saas.kit.pagination import link_next, oldest_first
from saas.kit.ratelimit import Limit
from saas.kit.schemas import PageOf, Paging

from . import actions, bearer, identity, queries
from .schemas import Decision, Identity, Me, PasswordGrant, RefreshGrant, Review, Revocation, TokenPair

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


@router.post("/me/identity", response=Me, operation_id="submit_identity")
def submit_identity(request: HttpRequest, body: Identity) -> object:
    """Ask for the identity check. Whoever was verified before is checked again."""
    person = identity.submit(user=bearer.caller(request), now=timezone.now(), **body.dict())
    return queries.profile(person)


@router.get("/identity-reviews", response=PageOf[Review], operation_id="identity_reviews")
def identity_reviews(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Open identity checks, for staff who may decide them."""
    waiting = identity.waiting(viewer=bearer.caller(request))
    page = oldest_first(waiting, after=asked.after, limit=asked.limit, key=lambda person: person.pk)
    link_next(request, response, page.next)
    return {"items": page.items, "next": page.next}


@router.post("/identity-reviews/{uuid:uid}", response=Review, operation_id="decide_identity")
def decide_identity(request: HttpRequest, uid: UUID, body: Decision) -> object:
    """Accept or refuse. The person sees it at once."""
    return identity.decide(user_uid=uid, accept=body.accept, by=bearer.caller(request), now=timezone.now())
