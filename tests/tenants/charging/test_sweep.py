from contextlib import nullcontext
from datetime import timedelta

import pytest

from saas.devices import actions as registry
from saas.tenancy.models import Tenant
from tenants.charging.actions import activate, sweep
from tenants.charging.errors import ChargerOffline
from tenants.charging.models import DeviceCommand, Session
from tenants.charging.queries import live_state, proof, qr_token
from tests.builders import NOW, Cast, cast, confirmed, listing, minutes
from tests.tenants.charging.story import START, Story, lapse


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


@pytest.fixture
def session(people: Cast) -> Session:
    return confirmed(of=listing(host=people.host), by=people.driver)[1]


@pytest.mark.req("MKT-12", "CHG-09")
def test_a_device_that_is_away_has_a_day_to_say_that_it_was_used(session: Session) -> None:
    registry.seen(device_id=session.device_id, now=NOW, online=False)
    for hour in (1, 2, 23):
        assert sweep(now=START + timedelta(hours=hour))["no_shows"] == 0
    registry.seen(device_id=session.device_id, now=START + timedelta(hours=23), online=True)
    assert sweep(now=START + timedelta(hours=23))["no_shows"] == 0  # it is back; what it kept comes next
    told = Story(session)
    told.tell(*told.whole(), now=START + timedelta(hours=23, minutes=4))
    assert (told.session.state, told.session.outcome) == ("closed", "normal")
    assert sweep(now=START + timedelta(hours=30))["no_shows"] == 0 and proof() == []


@pytest.mark.req("MKT-09")
def test_a_device_that_stays_away_is_settled_after_a_day(session: Session) -> None:
    registry.seen(device_id=session.device_id, now=NOW, online=False)
    assert sweep(now=START + timedelta(hours=25))["no_shows"] == 0
    assert sweep(now=START + timedelta(hours=26))["no_shows"] == 1
    session.refresh_from_db()
    assert (session.outcome, session.cost_minor) == ("fault", 0) and proof() == []


@pytest.mark.req("MKT-09", "MKT-10")
@pytest.mark.parametrize("online", [True, False])
def test_who_came_and_got_no_power_pays_nothing(people: Cast, session: Session, online: bool) -> None:
    registry.seen(device_id=session.device_id, now=NOW, online=online)
    with nullcontext() if online else pytest.raises(ChargerOffline):
        activate(session_uid=session.uid, driver=people.driver, qr_token=qr_token(session.evse), now=START)
    assert lapse(session, 60) == 1
    session.refresh_from_db()
    assert (session.state, session.outcome, session.cost_minor) == ("closed", "fault", 0)
    assert session.booking is not None and session.booking.state == "completed" and proof() == []


@pytest.mark.req("MKT-12", "MKT-11")
def test_a_session_whose_device_fell_silent_is_closed_with_what_is_known(session: Session) -> None:
    told = Story(session)
    told.tell(told.event("started", energy_wh=1000), told.sample(30, 4000))
    assert sweep(now=told.at(119))["silent"] == 0  # not heard since the end: it may still tell
    assert lapse(session, 120, patience=14) == 0 and sweep(now=told.at(135))["silent"] == 1
    session.refresh_from_db()
    assert (session.state, session.energy_wh, session.ended_at, session.stop_reason) == (
        "closed", 3000, told.at(60), "silent"
    )  # fmt: skip
    told.tell(told.event("stopped", 60, energy_wh=8000, reason="time"))
    assert session.energy_wh == 3000 and proof() == []


@pytest.mark.req("MKT-11")
def test_a_stop_whose_start_was_lost_is_closed_in_the_drivers_favour(session: Session) -> None:
    told = Story(session)
    told.tell(told.event("stopped", 60, energy_wh=8000, reason="time"))
    assert lapse(session, 61, patience=15) == 1
    session.refresh_from_db()
    assert (session.state, session.energy_wh, session.cost_minor) == ("closed", 0, 600) and proof() == []


@pytest.mark.req("MKT-10")
def test_commands_past_their_time_are_given_up(people: Cast, session: Session) -> None:
    activate(session_uid=session.uid, driver=people.driver, qr_token=qr_token(session.evse), now=START)
    assert sweep(now=START + minutes(1))["commands"] == 1
    assert DeviceCommand.objects.get(type="activate").state == "expired"


@pytest.mark.req("MKT-11")
def test_time_left_and_cost_run_while_it_charges(session: Session) -> None:
    told = Story(session)
    told.tell(told.event("started", 0, energy_wh=0))
    seen = [live_state(told.session, told.at(minute)) for minute in (0.5, 30, 59.5, 61)]
    assert [state["seconds_left"] for state in seen] == [3570, 1800, 30, 0]
    assert [state["cost_minor"] for state in seen] == [10, 300, 600, 600]
    assert seen[0]["held_minor"] == 600
