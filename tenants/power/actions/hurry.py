"""Something has changed: let the loop look at this tenant at once."""

from django.db import connection

from saas.kit.tenant_context import current_schema

CHANNEL = "wattlane_power"


def hurry() -> None:
    """NOTIFY `wattlane_power` with the schema. It counts once the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, current_schema()])
