"""The outcome table, row by row: driver, host, rounding."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.tenancy.models import Tenant
from tenants.bookings.actions import WrongState
from tenants.charging import outcomes
from tenants.charging.actions import cancel_booking, refund, stop, sweep
from tenants.charging.errors import HostTooLate, Unsettled
from tenants.charging.models import Session
from tenants.charging.outcomes import Delivered
from tenants.charging.queries import host_receipt, proof, receipt
from tenants.ledger import queries as ledger
from tests.builders import NOW, Cast, cast, confirmed, listing, minutes
from tests.tenants.charging.story import START, Story, lapse


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


def book(people: Cast, **details: Any) -> tuple[Any, Session]:
    length = details.pop("length", 60)
    details.setdefault("per_hour", "6.00")
    return confirmed(of=listing(host=people.host, **details), by=people.driver, length=length)


def shares(people: Cast) -> tuple[int, int, int, int]:
    """Host, commission, fee, tax."""
    host = ledger.balance(kind="host_payable", owner=f"user:{people.host.uid}", currency="EUR")
    own = (ledger.balance(kind=kind, currency="EUR") for kind in ("commission", "cancellation_fee", "tax_payable"))
    return (host, *own)  # type: ignore[return-value]


def paid(booking: Any) -> tuple[str, int]:
    payment = booking.payments.get()
    return payment.state, payment.captured_minor


@pytest.mark.req("MKT-09", "BIL-06")
@pytest.mark.parametrize(("length", "fee"), [(60, 30), (1, 0), (37, 18), (59, 29)])
def test_ten_minutes_before_the_start_95_percent_go_back(people: Cast, length: int, fee: int) -> None:
    booking, session = book(people, length=length)
    cancelled = cancel_booking(booking_uid=booking.uid, by=people.driver, now=START - minutes(10))
    assert cancelled.state == "cancelled_by_driver"
    assert shares(people) == (0, 0, fee, 0)
    assert paid(booking) == (("captured", fee) if fee else ("released", 0))
    session.refresh_from_db()
    assert session.state == "cancelled" and receipt(session).back_minor == booking.amount_minor - fee
    assert proof() == []


@pytest.mark.req("MKT-09")
def test_a_minute_later_nothing_goes_back_and_the_host_is_credited(people: Cast) -> None:
    booking, _ = book(people, tax_bp=2400)
    cancel_booking(booking_uid=booking.uid, by=people.driver, now=START - minutes(10) + timedelta(seconds=1))
    assert shares(people) == (510, 90, 0, 144)
    assert paid(booking) == ("captured", 744) and proof() == []


@pytest.mark.req("MKT-09")
def test_a_host_cancels_three_hours_ahead_or_not_at_all(people: Cast) -> None:
    early, _ = confirmed(of=listing(host=people.host), by=people.driver, start=NOW + timedelta(hours=3))
    assert cancel_booking(booking_uid=early.uid, by=people.host, now=NOW).state == "cancelled_by_host"
    assert paid(early) == ("released", 0)
    late, _ = book(people)
    with pytest.raises(HostTooLate):
        cancel_booking(booking_uid=late.uid, by=people.host, now=NOW)
    ended = cancel_booking(booking_uid=late.uid, by=people.operator, now=START - minutes(1), reason="Cable was cut")
    assert (ended.state, ended.reason, paid(late)) == ("cancelled_by_operator", "Cable was cut", ("released", 0))
    assert shares(people) == (0, 0, 0, 0) and proof() == []


@pytest.mark.req("MKT-09", "BIL-06")
def test_cancelling_twice_is_once(people: Cast) -> None:
    booking, _ = book(people)
    for _ in range(2):
        cancel_booking(booking_uid=booking.uid, by=people.driver, now=NOW)
    assert shares(people) == (0, 0, 30, 0)
    with pytest.raises(WrongState):
        cancel_booking(booking_uid=booking.uid, by=people.operator, now=NOW)


@pytest.mark.req("MKT-09", "MKT-13")
def test_who_does_not_come_pays_and_the_host_is_credited(people: Cast) -> None:
    booking, session = book(people)
    assert lapse(session, 54) == 0 and lapse(session, 60) == 1
    booking.refresh_from_db()
    session.refresh_from_db()
    assert (booking.state, session.outcome, shares(people)) == ("no_show", "no_show", (510, 90, 0, 0))
    assert proof() == []


@pytest.mark.req("MKT-09", "MKT-13")
def test_booked_time_is_paid_in_full_when_the_driver_stops_early(people: Cast) -> None:
    _, session = book(people)
    told = Story(session)
    told.tell(told.event("started", energy_wh=0))
    stop(session_uid=session.uid, by=people.driver, now=told.at(10))
    told.tell(told.event("stopped", 10, energy_wh=900, reason="remote"))
    assert (told.session.outcome, shares(people)) == ("early_stop", (510, 90, 0, 0))


@pytest.mark.req("MKT-09", "MKT-13")
def test_energy_is_paid_to_the_watt_hour_and_the_rest_of_the_hold_released(people: Cast) -> None:
    booking, session = book(people, per_hour=None, per_kwh="0.30")
    assert booking.amount_minor == 330 and booking.energy_limit_wh == 11_000
    told = Story(session)
    told.tell(*told.whole(20, 3_335, "unplugged"))
    sweep(now=told.at(130))
    assert told.session.cost_minor == 100 and paid(booking) == ("captured", 100)
    view = receipt(told.session)
    assert (view.total_minor, view.held_minor, view.back_minor) == (100, 330, 230)
    assert [(line.kind, line.volume, line.amount_minor) for line in view.lines] == [("ENERGY", 3335, 100)]
    assert [(line.kind, line.amount_minor) for line in host_receipt(told.session).lines] == [
        ("PRICE", 100), ("COMMISSION", -15)
    ]  # fmt: skip
    assert proof() == []


@pytest.mark.req("MKT-09")
@pytest.mark.parametrize(
    ("price", "minutes_run", "energy_wh", "total"),
    [
        ({"per_hour": "6.00"}, 30, 500, 300),
        ({"per_hour": "6.01"}, 20, 500, 200),  # 200.33 rounded down
        ({"per_hour": None, "per_kwh": "0.30"}, 30, 1_100, 33),  # a tenth of the energy, half the time
        ({"per_hour": None, "per_kwh": "0.30"}, 6, 2_200, 33),  # a fifth of the energy, a tenth of the time
    ],
)
def test_a_fault_costs_the_part_delivered_by_time_or_energy_the_lower(
    people: Cast, price: dict[str, Any], minutes_run: int, energy_wh: int, total: int
) -> None:
    _, session = book(people, **price)
    told = Story(session)
    told.tell(*told.whole(minutes_run, energy_wh, "fault"))
    assert (told.session.outcome, told.session.cost_minor) == ("fault", total)
    assert sum(line.amount_minor for line in receipt(told.session).lines) == total
    assert proof() == []


@pytest.mark.req("MKT-09")
def test_when_staff_ends_it_the_driver_pays_the_part(people: Cast) -> None:
    _, session = book(people)
    told = Story(session)
    told.tell(told.event("started", energy_wh=0))
    stop(session_uid=session.uid, by=people.operator, now=told.at(15))
    told.tell(told.event("stopped", 15, energy_wh=900, reason="remote"))
    assert (told.session.outcome, told.session.cost_minor) == ("cut_off", 150)


@pytest.mark.req("BIL-06")
def test_a_refund_for_cause_takes_from_everybody_their_part(people: Cast) -> None:
    booking, session = book(people, tax_bp=2400)
    told = Story(session)
    with pytest.raises(Unsettled):
        refund(session_uid=session.uid, by=people.owner, reason="x", now=NOW)
    told.tell(*told.whole())
    for _ in range(2):
        refund(session_uid=session.uid, by=people.owner, reason="charger was blocked", now=told.at(130))
    assert shares(people) == (0, 0, 0, 0)
    assert booking.payments.get().refunded_minor == 744 and proof() == []


QUOTE = {
    "elements": [{"price_components": [
        {"type": "TIME", "price": "6.00", "step_size": 60}, {"type": "ENERGY", "price": "0.25", "step_size": 1},
    ]}],
    "currency": "EUR", "tax_bp": 2400, "zone": "Europe/Helsinki", "start": "2026-11-20T09:00:00Z",
    "end": "2026-11-20T10:00:00Z", "energy_wh": 11_000, "refund_bp": 9500, "refund_notice_minutes": 10,
}  # fmt: skip
HELD = 1085


@pytest.mark.req("MKT-09", "BIL-05")
@given(st.integers(-10, 70), st.integers(0, 80), st.integers(0, 20_000), st.integers(0, 11_000))
def test_no_outcome_costs_more_than_was_held_or_than_normal_use(begin: int, ran: int, wh: int, asked: int) -> None:
    delivered = Delivered(START + minutes(begin), START + minutes(begin + ran), wh)
    usual = outcomes.used(quote=QUOTE, delivered=delivered, held_minor=HELD)
    broken = outcomes.broken(quote=QUOTE, delivered=delivered, held_minor=HELD, requested_wh=asked)
    full = outcomes.unused(quote=QUOTE, held_minor=HELD)
    assert 0 <= broken.total_minor <= usual.total_minor <= full.total_minor == HELD
    for bill in (usual, broken, full):
        assert sum(line.amount_minor for line in bill.lines) == bill.total_minor
        assert bill.net_minor >= 0 and bill.tax_minor >= 0


@pytest.mark.req("MKT-09")
@given(st.integers(0, 10**9), st.integers(0, 10_000))
def test_tenants_may_be_kinder_than_95_percent_not_harsher(held: int, tenants_bp: int) -> None:
    bill = outcomes.cancelled_in_time(quote={"refund_bp": tenants_bp}, held_minor=held)
    assert bill.fee_minor * 100 <= held * 5
