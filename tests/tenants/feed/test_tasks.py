from datetime import UTC, datetime, timedelta

import pytest

from tenants.feed.actions import publish
from tenants.feed.models import Event
from tenants.feed.tasks import forget_events

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.req("CHG-08")
def test_events_that_no_page_resumes_from_are_forgotten(ampere: object) -> None:
    for age in (31, 29):
        publish(audience="map", kind="availability", data={}, now=NOW - timedelta(days=age))
    assert forget_events(NOW) == 1
    assert Event.objects.get().at == NOW - timedelta(days=29)
