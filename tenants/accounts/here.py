"""Who sends a request, typed."""

from typing import cast

from django.http import HttpRequest

from .models import User


def person(request: HttpRequest) -> User:
    """Who is logged in. Only behind `login_required`: for a stranger it would be a lie."""
    return cast(User, request.user)
