"""Who may call `/internal/v1`, and how bodies are read and written."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from saas.contracts import internal
from saas.kit import problems
from saas.kit.errors import Invalid, Refused
from saas.kit.tenant_context import current_schema

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class Unauthenticated(Refused):
    """This needs a token of the pipelines for this very tenant and scope."""

    code = "unauthenticated"
    status = 401


def guarded(method: str, scope: str) -> Callable[[View[P]], View[P]]:
    """Only with this method, and a token that was minted for the tenant of this host and this scope."""

    def wrap(view: View[P]) -> View[P]:
        @csrf_exempt
        @wraps(view)
        def guard(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != method:
                return problems.response(405, "method_not_allowed", headers={"Allow": method})
            try:
                _check(request, scope)
                return view(request, *args, **kwargs)
            except Refused as error:
                return problems.of_refusal(error)

        return cast(View[P], guard)

    return wrap


def body(request: HttpRequest, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Invalid(str(error)) from error


def moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Invalid("`since` is an RFC 3339 time.", since=text) from error
    if moment.tzinfo is None:
        raise Invalid("`since` names its zone.", since=text)
    return moment


def json(said: object) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(said), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _check(request: HttpRequest, scope: str) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        internal.verify(token.strip(), tenant=current_schema(), scope=scope, now_s=int(time.time()))
    except internal.BadToken as error:
        raise Unauthenticated() from error
    if scheme.lower() != "bearer":
        raise Unauthenticated()
