"""Small models are learned by one thread: where cores are shared, several wait for each other most of the time."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
T = TypeVar("T")


def alone(work: Callable[P, T]) -> Callable[P, T]:
    """The same work with OpenMP and BLAS held to one thread while it lasts."""

    @wraps(work)
    def held(*args: P.args, **kwargs: P.kwargs) -> T:
        with threadpool_limits(limits=1):
            return work(*args, **kwargs)

    return held
