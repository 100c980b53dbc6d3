"""Limits on what anybody may send without being known: by address, over all processes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from . import outage
from .http import client_ip
from .ratelimit import Limit, TooMany

Next = Callable[[HttpRequest], HttpResponse]
# Adding an entrance is adding a line. The API's own are beside its operations.
LIMITS = {
    "/accounts/login/": Limit("page_login", most=60, seconds=60),
    "/accounts/signup/": Limit("page_signup", most=30, seconds=60),
    "/accounts/password/reset/": Limit("page_reset", most=20, seconds=60),
    "/start/": Limit("page_start", most=20, seconds=3600),
}


class EntranceLimits:
    """429 for an address that sends one of the public forms too often."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = LIMITS.get(request.path) if request.method == "POST" else None
        if limit is not None:
            try:
                limit.hit(client_ip(request), now=timezone.now())
            except TooMany as refusal:
                answer = outage.answer(request, 429, refusal.code, str(refusal), getattr(request, "tenant", None))
                answer.headers["Retry-After"] = str(refusal.retry_after)
                return answer
        return self.get_response(request)
