"""Presence, the running session, the receipt, the host's lines."""

import re
from datetime import timedelta

import pytest

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Telemetry
from saas.devices import simulated
from saas.devices.models import Device
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.charging import actions, queries
from tenants.charging.models import Session
from tenants.marketplace.models import Listing
from tests import builders
from tests.builders import NOW, minutes

from .conftest import visitor

pytestmark = pytest.mark.usefixtures("now")
Story = tuple[Listing, User, Session]


@pytest.fixture
def story(ampere: Tenant) -> Story:
    """A booking whose time is now."""
    cast = builders.cast()
    listing = builders.listing(host=cast.host)
    _, session = builders.confirmed(of=listing, by=cast.driver, start=NOW)
    return listing, cast.driver, session


def charge(session: Session, *, until: int | None = None) -> None:
    """The device starts, measures, and (with `until`, in minutes) stops."""
    device = Device.objects.get(device_id=session.device_id)
    at = NOW + minutes(1)
    common = {"v": 1, "boot": 1, "session": str(session.uid)}
    actions.receive_event(
        device=device, event=Event(**common, seq=1, ts_ms=to_ms(at), type="started", energy_wh=1_000), received_at=at
    )
    sample = Telemetry(**common, seq=2, ts_ms=to_ms(at + minutes(10)), energy_wh=2_234, power_w=7_360)
    actions.receive_sample(device=device, sample=sample, received_at=at + minutes(10))
    if until is not None:
        end = NOW + minutes(until)
        stopped = Event(**common, seq=3, ts_ms=to_ms(end), type="stopped", reason="time", energy_wh=9_000)
        actions.receive_event(device=device, event=stopped, received_at=end)


@pytest.mark.req("MKT-10")
def test_the_code_on_the_charger_starts_the_bookers_session(story: Story) -> None:
    listing, driver, session = story
    token = queries.qr_token(listing.evse)
    client = visitor(user=driver)
    assert "Start charging" in client.get(f"/q/{token}").content.decode()
    answer = client.post(f"/q/{token}/start/")
    assert answer["Location"] == f"/sessions/{session.uid}/"
    session.refresh_from_db()
    assert session.state == "starting"


@pytest.mark.req("MKT-10")
def test_others_are_told_why_not(story: Story) -> None:
    token = queries.qr_token(story[0].evse)
    assert "Log in to start your booking here" in visitor().get(f"/q/{token}/").content.decode()
    other = visitor(user=builders.person("other"))
    assert "Not booked by you now" in other.get(f"/q/{token}/").content.decode()
    assert other.post(f"/q/{token}/start/").status_code == 302
    assert Session.objects.get().state == "permitted"


def test_too_early_is_said_with_the_time(ampere: Tenant) -> None:
    cast = builders.cast()
    listing = builders.listing(host=cast.host)
    builders.confirmed(of=listing, by=cast.driver, start=NOW + timedelta(hours=2))
    page = visitor(user=cast.driver).get(f"/q/{queries.qr_token(listing.evse)}/").content.decode()
    assert "A little early" in page
    assert "12:00" in page


@pytest.mark.parametrize("token", ["nonsense", "%D8%A7", "A" * 32])
def test_a_code_of_nobody_is_not_found(ampere: Tenant, token: str) -> None:
    assert visitor().get(f"/q/{token}/").status_code == 404


@pytest.mark.req("TEN-03")
def test_a_code_of_another_brand_is_not_found(story: Story) -> None:
    assert visitor("barq.localhost").get(f"/q/{queries.qr_token(story[0].evse)}/").status_code == 404


@pytest.mark.req("MKT-11")
def test_the_running_session_shows_its_numbers(story: Story, now: object) -> None:
    _, driver, session = story
    charge(session)
    now.move_to(NOW + minutes(12))  # type: ignore[attr-defined]
    page = visitor(user=driver).get(f"/sessions/{session.uid}/").content.decode()
    assert '<p class="live-number" id="energy">1.23</p>' in page
    assert f"/live/events?audience=session:{session.uid}" in page
    state = visitor(user=driver).get(f"/sessions/{session.uid}/state/").json()
    assert (state["energy_wh"], state["power_w"], state["seconds_left"]) == (1_234, 7_360, 48 * 60)


@pytest.mark.req("MKT-11")
def test_stopping_and_extending(story: Story, now: object) -> None:
    _, driver, session = story
    charge(session)
    now.move_to(NOW + minutes(12))  # type: ignore[attr-defined]
    client = visitor(user=driver)
    client.post(f"/sessions/{session.uid}/extend/", {"minutes": "30"})
    session.refresh_from_db()
    assert session.permit_end_at == NOW + minutes(90)
    client.post(f"/sessions/{session.uid}/stop/")
    assert session.commands.filter(type="stop").exists()


@pytest.mark.parametrize("wrong", ["", "x", "-5", "100000"])
def test_extending_by_nonsense_changes_nothing(story: Story, now: object, wrong: str) -> None:
    _, driver, session = story
    charge(session)
    now.move_to(NOW + minutes(12))  # type: ignore[attr-defined]
    assert visitor(user=driver).post(f"/sessions/{session.uid}/extend/", {"minutes": wrong}).status_code == 302
    session.refresh_from_db()
    assert session.permit_end_at == NOW + minutes(60)


@pytest.mark.req("MKT-11")
def test_the_receipt_of_the_driver(story: Story, now: object) -> None:
    _, driver, session = story
    charge(session, until=60)
    now.move_to(NOW + minutes(61))  # type: ignore[attr-defined]
    client = visitor(user=driver)
    assert client.get(f"/sessions/{session.uid}/")["Location"] == f"/sessions/{session.uid}/receipt/"
    page = client.get(f"/sessions/{session.uid}/receipt/").content.decode()
    assert "8.00\u00a0kWh" in page
    assert "€6.00" in page
    assert "test card •••• 4242" in page


@pytest.mark.req("MKT-13")
def test_the_host_reads_price_commission_and_credit_but_not_the_card(story: Story, now: object) -> None:
    listing, _, session = story
    charge(session, until=60)
    now.move_to(NOW + minutes(61))  # type: ignore[attr-defined]
    host = visitor(user=listing.host)
    page = host.get(f"/sessions/{session.uid}/receipt/").content.decode()
    assert "Commission" in page
    assert "€5.10" in page
    assert "4242" not in page
    assert "€5.10" in host.get("/host/").content.decode()


@pytest.mark.req("TEN-03")
@pytest.mark.parametrize("path", ["", "state/", "receipt/"])
def test_sessions_of_others_are_not_there(story: Story, path: str) -> None:
    _, _, session = story
    assert visitor(user=builders.person("outsider")).get(f"/sessions/{session.uid}/{path}").status_code == 404
    assert visitor("barq.localhost").get(f"/sessions/{session.uid}/{path}").status_code == 302


@pytest.mark.req("MKT-10")
def test_the_host_prints_the_code_that_starts_sessions(story: Story) -> None:
    listing, driver, _ = story
    page = visitor(user=listing.host).get(f"/host/codes/{listing.uid}/").content.decode()
    assert f"http://ampere.localhost/q/{queries.qr_token(listing.evse)}" in page
    assert "<svg" in page and 'class="qr"' in page
    assert visitor(user=driver).get(f"/host/codes/{listing.uid}/").status_code == 404


def test_the_scan_page_shows_the_code_of_the_coming_session(story: Story) -> None:
    assert 'class="code"' in visitor(user=story[1]).get("/scan/").content.decode()
    assert 'class="code"' not in visitor(user=builders.person("other")).get("/scan/").content.decode()


def test_more_time_on_a_card_whose_bank_asks(story: Story) -> None:
    _, driver, session = story
    hold = session.booking.payments.get().operations.get(kind="hold")  # type: ignore[union-attr]
    hold.detail["token"] = "tok_challenge"
    hold.save()
    charge(session)
    client, address = visitor(user=driver), f"/sessions/{session.uid}/extend/"
    page = client.post(address, {"minutes": "15"}).content.decode()
    assert "Is it you?" in page and f'action="{address}"' in page
    hidden = dict(re.findall(r'name="(payment|minutes)" value="([^"]+)"', page))
    assert client.post(address, hidden | {"answer": "yes"})["Location"] == f"/sessions/{session.uid}/"
    end = session.permit_end_at
    session.refresh_from_db()
    assert end is not None and session.permit_end_at == end + minutes(15)
    assert client.get(address)["Location"] == f"/sessions/{session.uid}/"


def test_the_keypad_of_a_simulated_charger(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    _, driver, session = story
    client, booking = visitor(user=driver), f"/bookings/{session.booking.uid}/"  # type: ignore[union-attr]
    assert "simulated" not in client.get(booking).content.decode()
    assert client.post(f"{booking}keypad/", {"code": "1"}).status_code == 404
    typed: list[str] = []
    monkeypatch.setattr(simulated, "is_simulated", lambda device: True)
    monkeypatch.setattr(simulated, "type_code", lambda *, device_id, code: typed.append(code) or wire.REFUSE_CODE)
    assert "This charger is simulated" in client.get(booking).content.decode()
    refused = client.post(f"{booking}keypad/", {"code": "۱۲ 34-56"}, follow=True).content.decode()
    assert typed == ["123456"] and "Wrong code." in refused
    monkeypatch.setattr(simulated, "type_code", lambda *, device_id, code: "")
    assert client.post(f"{booking}keypad/", {"code": "1"})["Location"] == f"/sessions/{session.uid}/"
    assert visitor(user=builders.person("x")).post(f"{booking}keypad/", {"code": "1"}).status_code == 404
