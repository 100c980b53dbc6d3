"""Telling that something happened."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from saas.kit.tenant_context import current_schema

from .models import Event

CHANNEL = "wattlane_live"


def publish(*, audience: str, kind: str, data: Mapping[str, object], now: datetime) -> Event:
    """Write the event and NOTIFY `wattlane_live` with `<schema>:<id>`; both count only once the transaction commits.

    `map` and `charger:<uid>` are heard by everybody: their data must hold nothing private.
    """
    event = Event.objects.create(audience=audience, kind=kind, data=dict(data), at=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{current_schema()}:{event.id}"])
    return event
