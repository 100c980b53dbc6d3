"""A driver cancels in the very moment in which the device starts: one of them is first, and the books agree."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.bookings.actions import WrongState
from tenants.charging.actions import cancel_booking, sweep
from tenants.charging.models import Session
from tenants.charging.queries import proof
from tests.builders import cast, confirmed, listing, minutes
from tests.tenants.charging.story import START, Story

ROUNDS = 6


@pytest.mark.req("MKT-09", "MKT-11", "BIL-06")
def test_cancelling_and_starting_at_once_ends_as_one_of_them(committed: Tenant) -> None:
    people = cast()
    stories = [Story(confirmed(of=listing(host=people.host), by=people.driver)[1]) for _ in range(ROUNDS)]
    ready = threading.Barrier(2 * ROUNDS)

    def cancel(told: Story) -> str:
        assert told.session.booking is not None
        try:
            cancel_booking(booking_uid=told.session.booking.uid, by=people.driver, now=START - minutes(5))
        except WrongState:
            return "too late"
        return "cancelled"

    def start(told: Story) -> str:
        told.tell(*told.whole())
        return "told"

    def run(job: tuple[object, Story]) -> str:
        try:
            with tenant_schema(committed.schema_name):
                ready.wait(timeout=60)
                return job[0](job[1])  # type: ignore[operator, no-any-return]
        finally:
            connection.close()

    with ThreadPoolExecutor(2 * ROUNDS) as pool:
        answers = list(pool.map(run, [(act, told) for told in stories for act in (cancel, start)]))
    states = [Session.objects.get(pk=told.session.pk).state for told in stories]
    assert [answer == "cancelled" for answer in answers[::2]] == [state == "cancelled" for state in states]
    sweep(now=START + minutes(300))
    assert set(states) <= {"cancelled", "closed"} and proof() == []
