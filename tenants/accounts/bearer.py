"""Who calls the API: the person of the bearer token."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from saas.kit.ratelimit import Local

from .models import User
from .permissions import Someone
from .queries import by_access_token

PER_PERSON = Local(most=settings.API_PER_MINUTE, seconds=60)


def authenticate(request: HttpRequest) -> User | None:
    """The person of the Authorization header, looked up once a request; None without a good token. TooMany."""
    if not hasattr(request, "_bearer"):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        person = by_access_token(token.strip(), now=timezone.now()) if scheme.lower() == "bearer" else None
        request._bearer = person  # type: ignore[attr-defined]
        if person is not None:
            PER_PERSON.hit(str(person.uid))
    held: User | None = request._bearer  # type: ignore[attr-defined]
    return held


def caller(request: HttpRequest) -> User:
    """The person, in an operation that demands a token."""
    person = authenticate(request)
    assert person is not None, "the operation demands no token"
    return person


def viewer(request: HttpRequest) -> Someone:
    """The person, or None, in an operation that anybody may call."""
    return authenticate(request)
