"""What people and programs get when no view answered: pages of the brand, or problems under program paths."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from saas.kit import outage, problems
from saas.web import views


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(outage.PROGRAM_PATHS):
        return problems.response(404, "not_found")
    return views.not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(outage.PROGRAM_PATHS):
        return problems.response(403, "forbidden")
    return views.forbidden(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    brand = getattr(request, "tenant", None)
    if isinstance(exception, RequestDataTooBig):
        return outage.answer(request, 413, "too_large", "What was sent is too large.", brand)
    return outage.answer(request, 400, "malformed", "The request is malformed.", brand)


def broken(request: HttpRequest) -> HttpResponse:
    """A bug, or a database that is gone; the page of the latter must not need the database."""
    brand = getattr(request, "tenant", None)
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        text = "The database does not answer. Try again in a few seconds."
        return outage.answer(request, 503, "database_down", text, brand)
    return outage.answer(request, 500, "internal_error", "We have been told. Trying again may help.", brand)
