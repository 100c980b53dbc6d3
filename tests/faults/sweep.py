"""`python -m tests.faults.sweep MINUTES`: the regular sweep of both tenants, as it will run so many minutes from now.

A process of its own, for the reason of prepare.py.
"""

import sys
from datetime import UTC, datetime, timedelta

from . import prepare  # first: it sets Django up

# isort: split
from saas.kit.tenant_context import tenant_schema
from tenants.charging.actions import sweep


def main(minutes: int) -> None:
    for schema in prepare.SCHEMAS:
        with tenant_schema(schema):
            sweep(now=datetime.now(UTC) + timedelta(minutes=minutes))


if __name__ == "__main__":
    main(int(sys.argv[1]))
