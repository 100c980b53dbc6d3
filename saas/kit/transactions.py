"""Transactions that are run again when the database had to break a deadlock."""

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

P = ParamSpec("P")
R = TypeVar("R")
ATTEMPTS = 4
PAUSE_S = 0.02


def atomic(function: Callable[P, R]) -> Callable[P, R]:
    """`transaction.atomic`, and once more when this transaction was chosen as a deadlock's victim.

    The ingester keeps many rows locked for a whole batch, so a person's action may now and then cross it. Inside a
    transaction of the caller nothing is repeated: there the whole must be.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                last = attempt == ATTEMPTS - 1
                if last or connection.in_atomic_block or not isinstance(error.__cause__, DeadlockDetected):
                    raise
            # The other one was woken, but may not have taken its lock yet.
            time.sleep(PAUSE_S * (attempt + 1))
        raise AssertionError("the loop returns or raises")

    return run
