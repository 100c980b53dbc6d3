"""Many drivers, one slot, real commits: the database lets exactly one have it."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from saas.kit.errors import Refused
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.bookings.actions import hold
from tenants.bookings.models import Booking
from tenants.marketplace.models import Listing
from tests.builders import NOW, listing, minutes, person

THREADS = 50
START = NOW + timedelta(hours=1)


def attempts(tenant: Tenant, of: Listing, driver: User, starts: list[int]) -> Counter[str]:
    """Everybody tries at the same moment; how often each answer came."""
    ready = threading.Barrier(len(starts))

    def attempt(offset: int) -> str:
        try:
            with tenant_schema(tenant.schema_name):
                connection.ensure_connection()
                ready.wait(timeout=60)
                begin = START + minutes(offset)
                hold(listing_uid=of.uid, driver=driver, start=begin, end=begin + minutes(30), now=NOW)
                return "held"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(starts)) as pool:
        return Counter(pool.map(attempt, starts))


@pytest.mark.req("MKT-08")
def test_fifty_drivers_at_once_get_one_slot_between_them(committed: Tenant) -> None:
    charger = listing(host=person("host"))
    answers = attempts(committed, charger, person("driver"), [0] * THREADS)
    assert answers == {"held": 1, "slot_taken": THREADS - 1}
    assert Booking.objects.count() == 1


@pytest.mark.req("MKT-08")
def test_overlapping_wishes_never_leave_two_bookings_that_overlap(committed: Tenant) -> None:
    charger = listing(host=person("host"), gap_minutes=5)
    answers = attempts(committed, charger, person("driver"), [7 * i for i in range(24)])
    kept = sorted(booking.during.lower for booking in Booking.objects.all())
    assert len(kept) == answers["held"] >= 1 and answers["held"] + answers["slot_taken"] == 24
    assert all(b - a >= minutes(35) for a, b in pairwise(kept))
