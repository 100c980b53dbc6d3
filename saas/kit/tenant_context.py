"""Working inside one tenant, named explicitly: jobs, processes and tests use this; web requests get it by host."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection as _connection

connection: Any = _connection  # the tenant backend adds schema_name, tenant and the setters


@contextmanager
def tenant_schema(schema: str) -> Iterator[None]:
    """Run the block with `schema` first in the search path. Restores what was there before."""
    before = connection.schema_name
    connection.set_schema(schema)
    try:
        yield
    finally:
        connection.set_schema(before)


def current_schema() -> str:
    """The schema this thread works in; `public` outside every tenant."""
    name: str = connection.schema_name
    return name
