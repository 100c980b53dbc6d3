from datetime import timedelta

import pytest

from saas.contracts.telemetry.messages import Permit, permit_text
from saas.devices import actions as registry
from saas.devices.queries import permit_key
from saas.kit.errors import Forbidden, NotFound
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.bookings.actions import one_time_code
from tenants.charging import actions, queries
from tenants.charging.errors import (
    AlreadyRunning,
    BookingNeeded,
    ChargerOffline,
    NotRunning,
    TimeOver,
    TooEarly,
    WrongCharger,
)
from tenants.charging.models import DeviceCommand, Session
from tests.builders import NOW, Cast, cast, confirmed, device, evse, listing, minutes
from tests.tenants.charging.story import START, Story


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


@pytest.fixture
def session(people: Cast) -> Session:
    return confirmed(of=listing(host=people.host), by=people.driver)[1]


def scan(session: Session, by: object, now: object = START, token: str | None = None) -> Session:
    code = token or queries.qr_token(session.evse)
    return actions.activate(session_uid=session.uid, driver=by, qr_token=code, now=now)  # type: ignore[arg-type]


@pytest.mark.req("MKT-10", "MKT-12", "DEV-03")
def test_the_permit_is_signed_with_the_devices_key_and_hides_the_code(session: Session) -> None:
    import hashlib
    import hmac

    command = DeviceCommand.objects.get(session=session)
    permit = Permit(**command.payload["permit"])
    told = Story(session)
    expected = hmac.new(permit_key(told.device), permit_text(session.device_id, permit).encode(), hashlib.sha256)
    assert permit.sig == expected.hexdigest()
    assert (permit.start_ms, permit.end_ms) == (1_795_165_200_000, 1_795_168_800_000)
    assert session.booking is not None
    code = one_time_code(session.booking)
    assert len(code) == 6 and code.isdigit() and code not in str(command.payload)
    assert permit.code_hash == hashlib.sha256(f"{session.uid}|{code}".encode()).hexdigest()


@pytest.mark.req("MKT-10")
def test_only_the_booker_only_in_time_only_at_this_charger(people: Cast, session: Session) -> None:
    with pytest.raises(TooEarly):
        scan(session, people.driver, now=START - minutes(1))
    with pytest.raises(TimeOver):
        scan(session, people.driver, now=START + minutes(60))
    with pytest.raises(NotFound):
        scan(session, people.outsider)
    with pytest.raises(WrongCharger):
        scan(session, people.driver, token=queries.qr_token(evse()))
    with pytest.raises(NotFound):
        scan(session, people.driver, token=queries.qr_token(session.evse)[:-2] + "AA")
    assert not DeviceCommand.objects.filter(type="activate").exists()
    assert scan(session, people.driver).state == "starting"
    assert scan(session, people.driver).state == "starting"  # a second scan is no second command
    assert DeviceCommand.objects.filter(type="activate").count() == 1


@pytest.mark.req("MKT-10")
def test_the_qr_code_of_one_tenant_is_nothing_in_the_other(session: Session) -> None:
    token = queries.qr_token(session.evse)
    assert queries.evse_of_token(token).pk == session.evse_id
    with tenant_schema("barq"), pytest.raises(NotFound):
        queries.evse_of_token(token)
    for nonsense in ("", "???", "AAAA", token[:-1]):
        with pytest.raises(NotFound):
            queries.evse_of_token(nonsense)


@pytest.mark.req("MKT-10", "MKT-12")
def test_an_offline_charger_names_the_way_out(people: Cast, session: Session) -> None:
    registry.seen(device_id=session.device_id, now=NOW, online=False)
    with pytest.raises(ChargerOffline, match="one-time code"):
        scan(session, people.driver)


@pytest.mark.req("MKT-10")
def test_a_device_that_refuses_lets_the_driver_try_again(people: Cast, session: Session) -> None:
    from saas.contracts.telemetry.messages import Reply
    from tenants.charging.errors import UnknownCommand

    scan(session, people.driver)
    told, command = Story(session), DeviceCommand.objects.get(type="activate")
    reply = Reply(v=1, boot=7, seq=1, ts_ms=1, id=str(command.uid), ok=False, error="device_fault")
    assert told.tell(reply, reply).state == "permitted"
    command.refresh_from_db()
    assert (command.state, command.error) == ("refused", "device_fault")
    for stranger in ("nonsense", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(UnknownCommand):
            told.tell(Reply(v=1, boot=7, seq=1, ts_ms=1, id=stranger, ok=True))


@pytest.mark.req("MKT-11", "TEN-04")
def test_driver_host_and_staff_stop_a_running_session_nobody_else(people: Cast, session: Session) -> None:
    with pytest.raises(NotRunning):
        actions.stop(session_uid=session.uid, by=people.driver, now=START)
    told = Story(session)
    told.tell(told.event("started", energy_wh=0))
    with pytest.raises(NotFound):
        actions.stop(session_uid=session.uid, by=people.outsider, now=START)
    assert actions.stop(session_uid=session.uid, by=people.host, now=START).stop_by == "host"
    assert actions.stop(session_uid=session.uid, by=people.driver, now=START).stop_by == "host"  # who was first


@pytest.mark.req("MKT-11", "TEN-04")
def test_an_operator_starts_a_charger_remotely_once(people: Cast) -> None:
    free = evse(of=device(kind="station", station_id="CP-7"))
    with pytest.raises(Forbidden):
        actions.start_by_operator(evse=free, by=people.driver, now=NOW)
    assert actions.start_by_operator(evse=free, by=people.operator, now=NOW).state == "starting"
    with pytest.raises(AlreadyRunning):
        actions.start_by_operator(evse=free, by=people.operator, now=NOW)
    with pytest.raises(BookingNeeded):
        actions.start_by_operator(evse=evse(), by=people.operator, now=NOW)
    assert actions.sweep(now=NOW + minutes(5))["no_shows"] == 1  # it never started: free for the next try
    assert actions.start_by_operator(evse=free, by=people.operator, now=NOW + minutes(6)).state == "starting"


@pytest.mark.req("MKT-11", "TEN-03", "TEN-04")
def test_who_may_see_a_session(people: Cast, session: Session) -> None:
    for viewer in (people.driver, people.host, people.operator, people.owner):
        assert queries.get(uid=session.uid, viewer=viewer) == session
    with pytest.raises(NotFound):
        queries.get(uid=session.uid, viewer=people.outsider)
    with pytest.raises(NotFound):
        queries.get(uid=session.uid, viewer=None)
    with tenant_schema("barq"), pytest.raises(NotFound):
        queries.get(uid=session.uid, viewer=cast().owner)


@pytest.mark.req("MKT-11")
def test_the_outbox_repeats_until_the_device_replies_or_time_is_up(session: Session) -> None:
    from saas.contracts.telemetry.messages import Reply

    (first,) = actions.claim_commands(now=NOW)
    assert first.payload["id"] == str(first.uid) and queries.due_commands(now=NOW) == []
    assert actions.claim_commands(now=NOW + timedelta(seconds=1)) == []
    (second,) = actions.claim_commands(now=NOW + timedelta(seconds=2))
    assert second.pk == first.pk and second.attempts == 2
    told = Story(session)
    told.tell(Reply(v=1, boot=7, seq=1, ts_ms=1, id=str(first.uid), ok=True))
    assert queries.due_commands(now=NOW + timedelta(minutes=9)) == []
