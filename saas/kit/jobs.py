"""Jobs: every one names its schema, works on a healthy connection, and may be run twice."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

import structlog
from django.db import close_old_connections
from django.utils import timezone

from .tenant_context import tenant_schema

log = structlog.get_logger("wattlane.job")
Work = Callable[[datetime], object]


def inside(name: str, work: Work) -> Callable[..., None]:
    """`work` as the body of a job of one schema: called with the time, its outcome logged when it did something."""

    @wraps(work)
    def run(*, schema: str) -> None:
        close_old_connections()
        try:
            with tenant_schema(schema), structlog.contextvars.bound_contextvars(job=name, tenant=schema):
                outcome = work(timezone.now())
                if _worth_telling(outcome):
                    log.info("done", outcome=outcome)
        finally:
            close_old_connections()

    return run


def _worth_telling(outcome: object) -> bool:
    return any(outcome.values()) if isinstance(outcome, dict) else bool(outcome)
