"""Errors as RFC 9457 problem details: one shape for every refusal that a program gets."""

import json
from collections.abc import Mapping

from django.http import HttpResponse

from .errors import Refused

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request is malformed",
    401: "Log in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Refused",
    413: "Too large",
    415: "Unsupported media type",
    422: "The input does not fit",
    429: "Too many requests",
    500: "Something broke on our side",
    502: "A part of the service does not answer",
    503: "Not available right now",
}


def body(status: int, code: str, detail: str = "", **more: object) -> dict[str, object]:
    """The members of a problem. `code` is stable and for programs; `detail` is for people."""
    problem: dict[str, object] = {"type": f"urn:wattlane:problem:{code}", "title": TITLES.get(status, "Error")}
    problem |= {"status": status, "code": code, "detail": detail or TITLES.get(status, "")}
    return problem | {key: value for key, value in more.items() if key not in problem}


def response(
    status: int, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: object
) -> HttpResponse:
    """A problem as an HTTP answer, never cached."""
    content = json.dumps(body(status, code, detail, **more), default=str, ensure_ascii=False)
    held = {"Cache-Control": "no-store", **(headers or {})}
    return HttpResponse(content, status=status, content_type=MEDIA_TYPE, headers=held)


def of_refusal(error: Refused) -> HttpResponse:
    """The problem of a refusal by name: its code, status and details; `retry` says whether trying again may help."""
    headers = {"WWW-Authenticate": 'Bearer realm="api"'} if error.status == 401 else None
    return response(error.status, error.code, str(error), headers=headers, retry=error.retry, **error.details)
