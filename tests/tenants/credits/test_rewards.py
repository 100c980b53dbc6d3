"""Green credit: how much counts, once a session, under the month's cap, taken back when the price is refunded."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from saas.kit.errors import Forbidden, Invalid, NotFound
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.credits import actions, queries
from tenants.credits.actions import RuleTerms
from tenants.credits.core import inside_window, parts_of, reward
from tenants.credits.errors import AboveBalance, RuleTooOld
from tenants.credits.models import GreenGrant
from tenants.ledger import postings
from tenants.ledger import queries as ledger
from tenants.ledger.actions import post
from tests import builders
from tests.tenants.credits.street import manager, session

pytestmark = pytest.mark.req("ESG-05")
HELSINKI = ZoneInfo("Europe/Helsinki")
BEGAN = datetime(2026, 11, 2, 20, tzinfo=UTC)  # 22:00 in Helsinki
LATER = datetime(2026, 11, 4, tzinfo=UTC)
NIGHT = RuleTerms("off_peak", 22 * 60, 6 * 60, minor_per_mwh=5000, cap_minor=500)


def share(start: datetime, hours: float, first: int, last: int, zone: ZoneInfo = HELSINKI) -> Fraction:
    return inside_window(start=start, end=start + timedelta(hours=hours), first=first, last=last, zone=zone)


def test_the_share_of_a_session_inside_the_window() -> None:
    assert share(BEGAN - timedelta(hours=1), 2, 22 * 60, 6 * 60) == Fraction(1, 2)
    assert share(BEGAN, 8, 22 * 60, 6 * 60) == 1
    assert share(BEGAN, 10, 22 * 60, 6 * 60) == Fraction(8, 10)
    assert share(BEGAN, 48, 0, 0) == 1, "equal ends are the whole day"
    assert share(BEGAN, 0, 0, 0) == 0


def test_the_window_is_by_the_clock_on_the_wall_when_summer_time_ends() -> None:
    """On 25 October 2026 Helsinki's 22:00 to 06:00 lasts nine hours."""
    start = datetime(2026, 10, 24, 22, tzinfo=HELSINKI).astimezone(UTC)
    assert share(start, 9, 22 * 60, 6 * 60) == 1
    assert share(start, 10, 22 * 60, 6 * 60) == Fraction(9, 10)


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(1, 4000))
def test_a_window_and_its_complement_are_the_whole(first: int, last: int, minutes: int) -> None:
    if first == last:
        return
    hours = minutes / 60
    assert share(BEGAN, hours, first, last) + share(BEGAN, hours, last, first) == 1


@given(st.integers(1, 10**6), st.lists(st.integers(1, 999), min_size=2, max_size=6))
def test_parts_cover_the_range_without_gap_or_overlap(first: int, grams: list[int]) -> None:
    last = first + sum(grams) - 1
    found = parts_of(first, last, grams)
    assert found is not None and (found[0][0], found[-1][1]) == (first, last)
    assert all(b[0] == a[1] + 1 for a, b in pairwise(found))
    assert parts_of(first, last + 1, grams) is None


def test_the_amount_is_rounded_once_and_cut_by_what_the_cap_leaves() -> None:
    plain = {"energy_wh": 3001, "price_minor": 0, "share": Fraction(1, 2), "minor_per_mwh": 5000, "percent_bp": 0}
    found = reward(**plain, left_minor=100)  # type: ignore[arg-type]
    assert (found.energy_wh, found.amount_minor, found.capped) == (1500, 8, False)
    cut = reward(**plain, left_minor=5)  # type: ignore[arg-type]
    assert (cut.amount_minor, cut.capped) == (5, True)
    share_of_price = plain | {"minor_per_mwh": 0, "percent_bp": 1000, "price_minor": 400}
    assert reward(**share_of_price, left_minor=100).amount_minor == 20  # type: ignore[arg-type]


@pytest.fixture
def by(ampere: Tenant) -> User:
    made = manager()
    actions.make_rule(terms=NIGHT, valid_from=BEGAN - timedelta(days=1), by=made, now=BEGAN - timedelta(days=2))
    return made


def owed(driver: User) -> int:
    return queries.credit_balance(driver, "EUR")


def test_a_session_is_rewarded_once_into_the_drivers_balance(by: User) -> None:
    driver = builders.person("aino")
    one = session(evse=builders.evse(), wh=20_000, start=BEGAN, driver=driver)
    assert actions.grant_due(now=LATER) == 1
    assert actions.grant_due(now=LATER) == 0
    grant = queries.grant_of(one)
    assert grant is not None and (grant.amount_minor, grant.energy_wh) == (100, 20_000)
    assert owed(driver) == 100
    assert ledger.balance(kind="green_reward", currency="EUR") == -100
    assert ledger.differences() == []


def test_outside_the_window_nothing_and_without_a_driver_nothing(by: User) -> None:
    driver = builders.person("aino")
    session(evse=builders.evse(), wh=20_000, start=BEGAN + timedelta(hours=10), driver=driver)
    session(evse=builders.evse(), wh=20_000, start=BEGAN)
    assert actions.grant_due(now=LATER) == 0
    assert GreenGrant.objects.get().amount_minor == 0


def test_the_months_cap_holds_over_sessions(by: User) -> None:
    driver, here = builders.person("aino"), builders.evse()
    for hour in range(3):
        session(evse=here, wh=60_000, start=BEGAN + timedelta(hours=hour), minutes=30, driver=driver)
    actions.grant_due(now=LATER)
    rows = list(GreenGrant.objects.order_by("session__started_at").values_list("amount_minor", "capped"))
    assert rows == [(300, False), (200, True), (0, True)] and owed(driver) == 500


def test_a_new_version_changes_no_grant_and_sessions_keep_the_rule_of_their_start(by: User) -> None:
    driver = builders.person("aino")
    early = session(evse=builders.evse(), wh=10_000, start=BEGAN, driver=driver)
    twice = RuleTerms("contract", instrument="GoO 7", minor_per_mwh=10_000, cap_minor=5000)
    actions.make_rule(terms=twice, valid_from=BEGAN + timedelta(hours=5), by=by, now=BEGAN)
    late = session(evse=builders.evse(), wh=10_000, start=BEGAN + timedelta(hours=12), driver=driver)
    actions.grant_due(now=LATER)
    amounts = [(g.rule.version, g.amount_minor) for s in (early, late) if (g := queries.grant_of(s))]
    assert amounts == [(1, 50), (2, 100)]


def test_rules_that_cannot_be(by: User) -> None:
    for bad in (RuleTerms("contract", minor_per_mwh=1), RuleTerms("off_peak"), RuleTerms("sun", minor_per_mwh=1)):
        with pytest.raises(Invalid):
            actions.make_rule(terms=bad, valid_from=LATER, by=by, now=BEGAN)
    with pytest.raises(RuleTooOld):
        actions.make_rule(terms=NIGHT, valid_from=BEGAN - timedelta(days=1), by=by, now=BEGAN)
    with pytest.raises(NotFound):
        actions.make_rule(terms=NIGHT, valid_from=LATER, by=builders.person("outsider"), now=BEGAN)
    with pytest.raises(Forbidden):
        actions.make_rule(terms=NIGHT, valid_from=LATER, by=builders.person("au", "auditor"), now=BEGAN)


def test_a_refund_takes_the_reward_back_once(by: User) -> None:
    cast = builders.cast()
    booking, of_booking = builders.confirmed(of=builders.listing(host=cast.host), by=cast.driver)
    of_booking.state, of_booking.energy_wh, of_booking.currency = "closed", 10_000, "EUR"
    of_booking.started_at, of_booking.ended_at = BEGAN, BEGAN + timedelta(hours=1)
    of_booking.save()
    actions.grant_due(now=LATER)
    assert owed(cast.driver) == 50 and actions.reverse_refunded(now=LATER) == 0
    lines = [postings.Line("provider", "", -1, "EUR"), postings.Line("commission", "", 1, "EUR")]
    post(name="payment_refunded", key=f"refund:{booking.uid}", reference=f"booking:{booking.uid}", lines=lines,
         now=LATER)  # fmt: skip
    assert actions.reverse_refunded(now=LATER) == 1
    assert actions.reverse_refunded(now=LATER) == 0
    assert owed(cast.driver) == 0 and actions.grant_due(now=LATER) == 0
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE credits_greengrant SET reversed_at = NULL")


def test_a_balance_is_paid_out_once_and_no_more_than_it_is(by: User) -> None:
    driver = builders.person("aino")
    session(evse=builders.evse(), wh=20_000, start=BEGAN, driver=driver)
    actions.grant_due(now=LATER)
    for _ in range(2):
        actions.pay_out(driver=driver, amount_minor=60, reference="SEPA 1", key="k", by=by, now=LATER)
    assert owed(driver) == 40
    with pytest.raises(AboveBalance):
        actions.pay_out(driver=driver, amount_minor=41, reference="SEPA 2", key="k2", by=by, now=LATER)
    with pytest.raises(NotFound):
        actions.pay_out(driver=driver, amount_minor=1, reference="x", key="k3", by=driver, now=LATER)
