"""What the web app tells pipelines of a tenant's business: facts of a settled booking, in pages, people hidden."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from saas.contracts import internal
from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import Organisation
from tenants.dashboards import business
from tenants.ledger import actions as ledger
from tenants.ledger import postings
from tenants.ledger.models import Account, Entry
from tenants.ledger.postings import Line
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.req("TEN-05")]


def facts() -> Any:
    """A confirmed booking on a partner's charger."""
    listing = builders.listing(host=builders.person("host"))
    booking, _session = builders.confirmed(of=listing, by=builders.person("driver"))
    partner = Organisation.objects.create(name="North", kind="partner")
    location = booking.listing.evse.location
    location.organisation = partner
    location.save()
    return booking, partner


def get(path: str, *, tenant: str = "ampere", scope: str = "performance:read", host: str = "") -> Any:
    token = internal.mint(tenant=tenant, scope=scope, now_s=int(time.time()))
    headers = {"host": host or f"{tenant}.localhost", "Authorization": f"Bearer {token}"}
    return Client().get(f"/internal/v1/performance/{path}", headers=headers)


def test_a_booking_names_its_partner_and_hides_its_people(ampere: object) -> None:
    booking, partner = facts()
    (told,) = business.bookings(since=None, after=None, limit=10).items
    assert (told.booking, told.host_organisation, told.state) == (str(booking.uid), str(partner.uid), booking.state)
    assert told.driver.startswith("d_") and told.host.startswith("d_") and told.driver != told.host
    assert booking.driver.email not in str(told) and str(booking.driver.uid) not in str(told)
    (listed,) = business.listings(after=None, limit=10).items
    assert (listed.host, listed.host_organisation) == (told.host, str(partner.uid))


def test_only_what_changed_since_is_told(ampere: object) -> None:
    booking, _ = facts()
    assert len(business.bookings(since=booking.changed_at, after=None, limit=10).items) == 1
    later = booking.changed_at + timedelta(seconds=1)
    assert business.bookings(since=later, after=None, limit=10).items == []


def test_pages_follow_each_other_without_a_gap_or_a_repeat(ampere: object) -> None:
    for _ in range(3):
        facts()
    whole = [row.booking for row in business.bookings(since=None, after=None, limit=10).items]
    paged, after = [], None
    while True:
        page = business.bookings(since=None, after=after, limit=1)
        paged += [row.booking for row in page.items]
        after = page.next
        if after is None:
            break
    assert paged == whole and len(set(paged)) == 3


def test_the_lines_of_a_settled_booking_are_told_with_its_partner(ampere: object) -> None:
    booking, partner = facts()
    lines = [
        Line(Account.Kind.DRIVER_HOLD, f"user:{booking.driver.uid}", 500, "EUR"),
        Line(Account.Kind.HOST_PAYABLE, f"user:{booking.listing.host.uid}", -400, "EUR"),
        Line(Account.Kind.COMMISSION, "", -100, "EUR"),
    ]
    ledger.post(name="x", key="k", reference=f"booking:{booking.uid}", lines=lines, now=builders.NOW)
    page = business.movements(since=None, after=None, limit=100)
    told = {row.account: row for row in page.items if row.amount_minor < 0}
    assert set(told) == {"host_payable", "commission"} and Entry.objects.count() > 2
    assert {row.host_organisation for row in told.values()} == {str(partner.uid)}
    assert len({row.host for row in told.values()}) == 1


def test_a_payout_is_of_a_host_never_a_reward_of_a_driver(ampere: object) -> None:
    host, driver = (f"user:{builders.person(role).uid}" for role in ("host", "driver"))
    paid = [Line(Account.Kind.HOST_PAYABLE, host, 300, "EUR"), Line(Account.Kind.PAYOUT, host, -300, "EUR")]
    ledger.post(name="host_paid_out", key="h", reference="transfer 1", lines=paid, now=builders.NOW)
    rewarded = postings.green_paid_out(driver=driver, amount_minor=40, currency="EUR")
    ledger.post(name=postings.GREEN_PAID_OUT, key="g", reference="transfer 2", lines=rewarded, now=builders.NOW)
    told = business.movements(since=None, after=None, limit=100).items
    assert [row.amount_minor for row in told if row.account == "payout"] == [-300]


@pytest.mark.req("TEN-03")
def test_the_outsider_and_the_other_tenant_get_nothing(ampere: object) -> None:
    facts()
    for path in ("bookings", "movements", "listings"):
        assert get(path).status_code == 200
        assert get(path, scope="sessions:read").status_code == 401
        assert get(path, tenant="barq", host="ampere.localhost").status_code == 401
        assert get(path, tenant="barq").json()["items"] == []
        assert Client(headers={"host": "ampere.localhost"}).get(f"/internal/v1/performance/{path}").status_code == 401
    with tenant_schema("barq"):
        assert business.bookings(since=None, after=None, limit=10).items == []


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=-1", "after=zzz", "after=|", "since=yesterday", "since=2026-01-01"]
)
def test_a_crafted_question_is_refused(ampere: object, query: str) -> None:
    assert get(f"bookings?{query}").status_code == 422
