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

from . import actions, audit, bearer, branding, identity, queries, team
from .schemas import (
    AuditEntry,
    Brand,
    BrandChanges,
    Decision,
    Identity,
    Invitation,
    Me,
    Member,
    NewOrganisation,
    Organisation,
    PasswordGrant,
    RefreshGrant,
    Review,
    Revocation,
    TokenPair,
)

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


@router.get("/members", response=PageOf[Member], operation_id="members")
def members(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """The team: everybody with a role, newest first."""
    page = team.members(viewer=bearer.caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [queries.membership(person) for person in page.items], "next": page.next}


@router.post("/members", response={201: Member}, operation_id="invite_member")
def invite(request: HttpRequest, body: Invitation) -> Status[object]:
    """Give somebody a role. They get a mail of the brand; whoever is new sets a password by its link."""
    person = team.invite(by=bearer.caller(request), now=timezone.now(), **body.model_dump())
    return Status(201, queries.membership(person))


@router.delete("/members/{uuid:uid}/roles/{role}", response={204: None}, operation_id="take_role")
def take_role(request: HttpRequest, uid: UUID, role: str, organisation: UUID | None = None) -> Status[None]:
    """Take a role away. A brand keeps its last owner."""
    by = bearer.caller(request)
    team.take(user_uid=uid, role=role, organisation=organisation, by=by, now=timezone.now())
    return Status(204, None)


@router.get("/organisations", response=PageOf[Organisation], operation_id="organisations")
def organisations(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Fleets, enterprises, business hosts and partners of this tenant, newest first."""
    page = team.organisations(viewer=bearer.caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": page.items, "next": page.next}


@router.post("/organisations", response={201: Organisation}, operation_id="add_organisation")
def add_organisation(request: HttpRequest, body: NewOrganisation) -> Status[object]:
    """A new organisation. Roles within it are given by `POST /members`."""
    made = team.add_organisation(name=body.name, kind=body.kind, by=bearer.caller(request), now=timezone.now())
    return Status(201, made)


@router.get("/brand", response=Brand, operation_id="brand")
def brand(request: HttpRequest) -> object:
    """All that makes this brand, for whoever may change it."""
    return branding.shown(viewer=bearer.caller(request))


@router.patch("/brand", response=Brand, operation_id="change_brand")
def change_brand(request: HttpRequest, body: BrandChanges) -> object:
    """Change the brand. Pages follow within seconds."""
    by = bearer.caller(request)
    branding.change(by=by, now=timezone.now(), **body.model_dump(exclude_unset=True))
    return branding.shown(viewer=by)


@router.get("/audit", response=PageOf[AuditEntry], operation_id="audit")
def audit_log(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """What was changed here and by whom, newest first."""
    page = audit.entries(viewer=bearer.caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": page.items, "next": page.next}
