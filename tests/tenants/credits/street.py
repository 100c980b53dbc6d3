"""Closed sessions to claim: chargers, drivers, kilowatt-hours."""

from datetime import date, datetime, timedelta
from typing import Any

from tenants.accounts.models import User
from tenants.charging.models import Session
from tenants.credits import queries
from tenants.sites.models import Evse
from tests import builders

NOW = builders.NOW
START = datetime(2026, 11, 2, 10, tzinfo=NOW.tzinfo)


def session(*, evse: Evse, wh: int = 10_000, start: datetime = START, minutes: int = 60, **more: Any) -> Session:
    """A closed session without a booking, as a station's is."""
    fields = {"device_id": evse.device_id or "", "state": Session.State.CLOSED, "currency": "EUR", "cost_minor": 300}
    end = start + timedelta(minutes=minutes)
    return Session.objects.create(evse=evse, started_at=start, ended_at=end, energy_wh=wh, **(fields | more))


def wanted(**more: Any) -> queries.Wanted:
    """A batch of November 2026 by VM0038: electric buses in Finland."""
    plain: dict[str, Any] = {
        "method": "vm0038", "version": "1.0", "region": "FI",
        "inputs": {"fleet": "electric-bus", "grid_mg_per_kwh": 79_000, "grid_source": "OWID 2023"},
        "period_start": date(2026, 11, 1), "period_end": date(2026, 12, 1),
    }  # fmt: skip
    return queries.Wanted(**(plain | more))


def manager() -> User:
    return builders.person("carbon", "admin")
