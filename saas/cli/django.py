"""Commands that need Django load it late, so that the others start at once."""

import functools
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def with_django(function: Callable[P, R]) -> Callable[P, R]:
    """Set Django up before the call."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")
        import django

        django.setup()
        return function(*args, **kwargs)

    return call
