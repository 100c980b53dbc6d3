"""Stations that repeat, forget, mix up and miscount: one right session, one right bill (CHG-09)."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from saas.devices import actions as registry
from saas.edge.ocpp import v16, v201
from tenants.charging import actions
from tenants.charging.actions import held
from tenants.charging.models import DeviceCommand, HeldFact, Session
from tenants.charging.queries import proof
from tenants.fleets.models import Vehicle
from tenants.sites.actions import create_evse
from tenants.sites.models import Evse
from tests import builders

from .joint import START, Joint, at

pytestmark = pytest.mark.req("CHG-09")
TAG = "04A1B2C3"


@pytest.fixture
def people(ampere: Any) -> builders.Cast:
    return builders.cast()


def station(people: builders.Cast, module: ModuleType = v16, name: str = "CP1", *, price: str = "0.40") -> Joint:
    """A station of one EVSE whose energy has a price, and a card that may charge there."""
    Vehicle.objects.get_or_create(plate="A", defaults={"rfid": TAG, "driver": people.driver})
    device = builders.device(kind="station", station_id=name)
    builders.listing(host=people.host, on=builders.evse(of=device), per_hour=None, per_kwh=price)
    return Joint(module, device)


def add_evse(joint: Joint, number: int) -> None:
    """One more EVSE of the station."""
    place = Evse.objects.filter(device_id=joint.device.device_id).latest("id").location
    create_evse(
        location=place, connector="IEC_62196_T2", max_power_w=11_000, device_id=joint.device.device_id,
        device_evse=number, now=builders.NOW,
    )  # fmt: skip


def start(joint: Joint, minute: float, wh: int, *, clock: str | None = None, **more: Any) -> int:
    payload = {"connectorId": 1, "idTag": TAG, "meterStart": wh, "timestamp": clock or at(minute), **more}
    return int(joint.say("StartTransaction", minute, **payload)["transactionId"])


def stop(joint: Joint, minute: float, transaction: int, wh: int, *, clock: str | None = None, **more: Any) -> Any:
    payload = {"transactionId": transaction, "meterStop": wh, "timestamp": clock or at(minute), **more}
    return joint.say("StopTransaction", minute, **payload)


def values(joint: Joint, minute: float, wh: float, transaction: int | None = None, *, clock: str | None = None) -> None:
    sampled = [{"timestamp": clock or at(minute), "sampledValue": [{"value": str(wh)}]}]
    named = {} if transaction is None else {"transactionId": transaction}
    joint.say("MeterValues", minute, connectorId=1, meterValue=sampled, **named)


def told(session: Session) -> tuple[Any, ...]:
    """What a bill is made of."""
    minutes = [
        round((moment - START) / timedelta(minutes=1)) for moment in (session.started_at, session.ended_at) if moment
    ]
    return session.state, session.energy_wh, session.cost_minor, *minutes


def only(joint: Joint) -> Session:
    (session,) = joint.sessions()
    return session


def doubts(session: Session) -> list[str]:
    return [row.reason for row in session.changes.order_by("id") if not row.reason.startswith(("normal", "local"))]


def pass_time(joint: Joint, minute: float, minutes: float = 20) -> None:
    """The station is heard of, and the platform looks at its sessions every now and then."""
    for step in range(0, int(minutes) + 1, 4):
        now = START + timedelta(minutes=minute + step)
        registry.seen(device_id=joint.device.device_id, now=now, online=True)
        actions.sweep(now=now)


def test_every_repeat_is_the_same_session(people: builders.Cast) -> None:
    joint = station(people)
    first = start(joint, 0, 1000)
    assert start(joint, 0, 1000) == start(joint, 3, 1000, clock=at(0)) == first
    joint.forget()
    assert start(joint, 4, 1000, clock=at(0)) == first
    for _ in range(3):
        values(joint, 10, 2500, first)
    stop(joint, 30, first, 6000)
    stop(joint, 31, first, 6000, clock=at(30))
    stop(joint, 90, first, 6000, reason="PowerLoss")  # told anew after a restart, by another clock
    assert start(joint, 91, 1000, clock=at(0)) == first
    assert told(only(joint)) == ("closed", 5000, 200, 0, 30) and joint.poison == [] and proof() == []


def test_a_start_said_anew_with_another_time_is_the_same_session(people: builders.Cast) -> None:
    joint = station(people)
    first, second = start(joint, 0, 1000), start(joint, 2, 1000)
    assert first != second
    values(joint, 10, 2500, second)
    stop(joint, 30, first, 6000)
    stop(joint, 31, second, 6000)
    assert told(only(joint)) == ("closed", 5000, 200, 0, 30)


@pytest.mark.parametrize("nameless", [0, -1])
def test_a_stop_that_never_learnt_its_number_ends_the_one_session_it_can_mean(
    people: builders.Cast, nameless: int
) -> None:
    joint = station(people)
    start(joint, 0, 1000)
    assert stop(joint, 30, nameless, 6000, idTag=TAG)["idTagInfo"]["status"] == "Accepted"
    assert told(only(joint)) == ("closed", 5000, 200, 0, 30)


@pytest.mark.parametrize("nameless", [None, -1])
def test_a_stop_before_its_start_waits_for_it(people: builders.Cast, nameless: int | None) -> None:
    joint = station(people)
    other = station(people, name="CP2")
    number = start(other, 0, 1000)  # the number depends on the content alone
    stop(joint, 30, nameless or number, 6000)
    assert joint.sessions() == [] and HeldFact.objects.count() == 1
    start(joint, 40, 1000, clock=at(0))
    assert told(only(joint)) == ("closed", 5000, 200, 0, 30) and HeldFact.objects.count() == 0
    assert only(other).state == "charging"


def test_a_transaction_of_another_station_is_not_touched(people: builders.Cast) -> None:
    mine, other = station(people), station(people, name="CP2")
    number = start(other, 0, 1000)
    assert stop(mine, 5, number, 9000) == {}
    values(mine, 6, 9000, number)
    assert told(only(other)) == ("charging", 0, 0, 0) and mine.sessions() == [] and mine.poison == []


def test_nonsense_fills_no_table(people: builders.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MOST", 20)
    joint = station(people)
    for number in range(1, 30):
        stop(joint, 1, number * 8 + 1, number)
    for minute in range(9):
        values(joint, minute, minute, 4711)
    assert joint.sessions() == [] and HeldFact.objects.count() <= 20
    assert HeldFact.objects.filter(kind="telemetry").count() == 2
    actions.sweep(now=START + timedelta(days=31))
    assert HeldFact.objects.count() == 0


def test_values_after_the_stop_change_no_bill(people: builders.Cast) -> None:
    joint = station(people)
    number = start(joint, 0, 1000)
    stop(joint, 30, number, 6000)
    values(joint, 31, 7000, number)
    values(joint, 20, 4000, number)
    assert told(only(joint)) == ("closed", 5000, 200, 0, 30)


def test_values_that_name_no_transaction_belong_to_the_one_that_runs(people: builders.Cast) -> None:
    joint = station(people)
    start(joint, 0, 1000)
    values(joint, 10, 2500)
    assert only(joint).energy_wh == 1500


# Registers: (start, samples, stop) and the energy that is billed with what is said of it.
LIFETIME = 1_234_567
REGISTERS: list[tuple[str, int, list[float], int | None, int, str]] = [
    ("lifetime", LIFETIME, [LIFETIME + 2000], LIFETIME + 5000, 5000, ""),
    ("from zero", 0, [2000], 5000, 5000, ""),
    ("no samples", 0, [], 5000, 5000, ""),
    ("start not filled in", 0, [LIFETIME + 100, LIFETIME + 2000], LIFETIME + 5000, 4900, "another meter"),
    ("stop not filled in", LIFETIME, [LIFETIME + 2000], 0, 2000, "does not fit"),
    ("neither filled in", 0, [LIFETIME, LIFETIME + 2000], 0, 2000, "same register"),
    ("samples of the session", LIFETIME, [100, 2000], LIFETIME + 5000, 5000, ""),
    ("stop of the session too", LIFETIME, [100, 2000], 5000, 5000, "counts the session"),
    ("samples in kWh", 1_000_000, [1001, 1003], None, 3000, "kWh"),
    ("stop below start", 9000, [], 4000, 0, "contradict"),
    ("restarted in mid-session", 1000, [5000, 200], 800, 4000, "does not fit"),
    ("a spike", 1000, [4_294_967_295], 6000, 5000, ""),
    ("more than was ever sold", 0, [], LIFETIME, 0, "contradict"),
]


@pytest.mark.parametrize(
    ("_name", "begin", "samples", "end", "energy_wh", "doubt"), REGISTERS, ids=[r[0] for r in REGISTERS]
)
def test_registers_that_contradict_each_other(
    people: builders.Cast, _name: str, begin: int, samples: list[float], end: int | None, energy_wh: int, doubt: str
) -> None:
    joint = station(people)
    number = start(joint, 0, begin)
    for place, wh in enumerate(samples):
        values(joint, 5 + place, wh, number)
    if end is not None:
        stop(joint, 30, number, end)
    else:
        joint.say("StatusNotification", 30, connectorId=1, errorCode="NoError", status="Available", timestamp=at(30))
    pass_time(joint, 31)
    session = only(joint)
    assert (session.state, session.energy_wh, session.cost_minor) == ("closed", energy_wh, energy_wh * 40 // 1000)
    assert not doubt or any(doubt in said for said in doubts(session)), doubts(session)


# Clocks: of the start and of the stop, and the minutes at which the session is taken to begin and end.
CLOCKS: list[tuple[str, str, str, int, int]] = [
    ("right", at(0), at(30), 0, 30),
    ("never set", "1970-01-01T00:05:00Z", "1970-01-01T00:35:00Z", 0, 30),
    ("of tomorrow", at(1440), at(1470), 0, 30),
    ("set in mid-session", "1970-01-01T00:05:00Z", at(30), 0, 30),
    ("lost in mid-session", at(0), "1970-01-01T00:00:10Z", 0, 30),
    ("set back in mid-session", at(4), at(30), 0, 30),
    ("jumped ahead", at(0), at(2000), 0, 30),
]


@pytest.mark.parametrize(("_name", "begin", "end", "first", "last"), CLOCKS, ids=[clock[0] for clock in CLOCKS])
def test_clocks_that_are_wrong(people: builders.Cast, _name: str, begin: str, end: str, first: int, last: int) -> None:
    joint = station(people)
    number = start(joint, 0, 1000, clock=begin)
    stop(joint, 30, number, 6000, clock=end)
    pass_time(joint, 31)
    assert told(only(joint)) == ("closed", 5000, 200, first, last)


def test_an_unset_clock_keeps_its_duration_when_all_is_replayed_at_once(people: builders.Cast) -> None:
    joint = station(people)
    number = start(joint, 90, 1000, clock="1970-01-01T00:05:00Z")
    stop(joint, 90, number, 6000, clock="1970-01-01T00:35:00Z")
    pass_time(joint, 91)
    assert told(only(joint)) == ("closed", 5000, 200, 60, 90)
    assert any("clock" in doubt for doubt in doubts(only(joint)))


def test_a_new_start_ends_what_never_stopped(people: builders.Cast) -> None:
    joint = station(people)
    first = start(joint, 0, 1000)
    values(joint, 20, 4000, first)
    second = start(joint, 60, 7000)
    pass_time(joint, 61)
    stop(joint, 90, second, 9000)
    assert [told(session) for session in joint.sessions()] == [
        ("closed", 3000, 120, 0, 20),
        ("closed", 2000, 80, 60, 90),
    ]
    assert any("no stop was heard" in doubt for doubt in doubts(joint.sessions()[0]))


@pytest.mark.parametrize("sign", ["boot", "status"])
def test_a_station_that_is_free_again_ended_its_session(people: builders.Cast, sign: str) -> None:
    joint = station(people)
    number = start(joint, 0, 1000)
    values(joint, 20, 4000, number)
    if sign == "boot":
        joint.say("BootNotification", 40, chargePointVendor="V", chargePointModel="M")
    else:
        joint.say("StatusNotification", 40, connectorId=1, errorCode="NoError", status="Available", timestamp=at(40))
    pass_time(joint, 41, 12)
    assert only(joint).state == "charging", "the stop may still come"
    pass_time(joint, 56, 1)
    assert told(only(joint)) == ("closed", 3000, 120, 0, 20)
    stop(joint, 60, number, 9000, clock=at(30))
    assert told(only(joint)) == ("closed", 3000, 120, 0, 20) and proof() == []


def test_the_stop_that_a_station_kept_over_its_restart_counts(people: builders.Cast) -> None:
    joint = station(people)
    number = start(joint, 0, 1000)
    joint.say("BootNotification", 40, chargePointVendor="V", chargePointModel="M")
    joint.say("StatusNotification", 40, connectorId=1, errorCode="NoError", status="Available", timestamp=at(40))
    pass_time(joint, 41, 8)
    stop(joint, 50, number, 6000, clock=at(35), reason="PowerLoss")
    assert told(only(joint)) == ("closed", 5000, 200, 0, 35)


@pytest.mark.parametrize("sign", ["sample", "status"])
def test_a_session_that_goes_on_after_a_restart_goes_on(people: builders.Cast, sign: str) -> None:
    joint = station(people)
    number = start(joint, 0, 1000)
    joint.say("BootNotification", 40, chargePointVendor="V", chargePointModel="M")
    if sign == "sample":
        values(joint, 50, 4000, number)
    else:
        joint.say("StatusNotification", 41, connectorId=1, errorCode="NoError", status="Charging", timestamp=at(41))
    pass_time(joint, 51, 60)
    assert only(joint).state == "charging"


@pytest.mark.req("CHG-10")
def test_a_card_that_may_not_charge_gets_a_number_and_is_stopped(people: builders.Cast) -> None:
    joint = station(people)
    answer = joint.say("StartTransaction", 0, connectorId=1, idTag="STRANGER", meterStart=0, timestamp=at(0))
    assert answer["idTagInfo"]["status"] == "Invalid" and answer["transactionId"] > 0
    waits = DeviceCommand.objects.get(type="stop")
    assert (
        waits.next_at - START == timedelta(minutes=1)
        and joint.command("stop")["transactionId"] == answer["transactionId"]
    )
    stop(joint, 0.5, answer["transactionId"], 10, reason="DeAuthorized")
    waits.refresh_from_db()
    assert waits.state == "expired" and only(joint).state == "closed"


@pytest.mark.req("CHG-10")
def test_one_card_charges_once_at_a_time(people: builders.Cast) -> None:
    one, other = station(people), station(people, name="CP2")
    number = start(one, 0, 1000)
    payload = {"connectorId": 1, "idTag": TAG.lower(), "meterStart": 0, "timestamp": at(1)}
    assert other.say("StartTransaction", 1, **payload)["idTagInfo"]["status"] == "ConcurrentTx"
    again = one.say("StartTransaction", 2, connectorId=1, idTag=TAG, meterStart=1000, timestamp=at(0))
    assert (again["transactionId"], again["idTagInfo"]["status"]) == (number, "Accepted"), "a repeat is no second start"
    assert one.say("Authorize", 3, idTag=TAG)["idTagInfo"]["status"] == "Accepted", "it may be shown to stop"


def event(joint: Joint, minute: float, kind: str, seq_no: int, trigger: str, wh: int | None = None, **more: Any) -> Any:
    """A TransactionEvent of tx-1 on EVSE 1 (unless `evse` is None)."""
    info = {"transactionId": "tx-1", **more.pop("info", {})}
    body: dict[str, Any] = {"evse": {"id": 1, "connectorId": 1}, **more}
    if wh is not None:
        body["meterValue"] = [{"timestamp": at(minute), "sampledValue": [{"value": wh}]}]
    body = {key: value for key, value in body.items() if value is not None}
    return joint.say(
        "TransactionEvent", minute, eventType=kind, seqNo=seq_no, triggerReason=trigger, timestamp=at(minute),
        transactionInfo=info, **body,
    )  # fmt: skip


TOKEN = {"idToken": TAG, "type": "ISO14443"}
CHARGING = {"chargingState": "Charging"}
DONE = ("closed", 5000, 200, 0, 30)


def test_a_token_and_an_evse_that_are_named_only_later(people: builders.Cast) -> None:
    joint = station(people, v201)
    event(joint, 0, "Started", 0, "ChargingStateChanged", 1000, info=CHARGING)
    event(joint, 1, "Updated", 1, "Authorized", idToken=TOKEN)
    event(joint, 30, "Ended", 2, "StopAuthorized", 6000)
    assert told(only(joint)) == DONE and only(joint).id_tag == TAG


def test_a_transaction_that_is_authorised_before_the_plug(people: builders.Cast) -> None:
    joint = station(people, v201)
    add_evse(joint, 2)  # which of them it will be is not known before the plug
    event(joint, 0, "Started", 0, "Authorized", 1000, idToken=TOKEN, evse=None)
    assert joint.sessions() == []
    event(joint, 1, "Updated", 1, "CablePluggedIn", 1000)
    event(joint, 30, "Ended", 2, "StopAuthorized", 6000)
    assert told(only(joint)) == DONE


def test_updates_before_the_start_and_two_ends(people: builders.Cast) -> None:
    joint = station(people, v201)
    event(joint, 10, "Updated", 1, "MeterValuePeriodic", 2000)
    event(joint, 30, "Ended", 2, "StopAuthorized", 6000)
    event(joint, 30, "Ended", 2, "StopAuthorized", 6000)
    event(joint, 31, "Ended", 3, "EVDeparted", 6000)
    assert joint.sessions() == []
    joint.say(
        "TransactionEvent", 40, eventType="Started", seqNo=0, triggerReason="Authorized", timestamp=at(0), offline=True,
        transactionInfo={"transactionId": "tx-1"}, evse={"id": 1}, idToken=TOKEN,
        meterValue=[{"timestamp": at(0), "sampledValue": [{"value": 1000}]}],
    )  # fmt: skip
    pass_time(joint, 41)
    assert told(only(joint))[:3] == DONE[:3]


def test_a_transaction_without_any_register_is_a_session_all_the_same(people: builders.Cast) -> None:
    joint = station(people, v201)
    event(joint, 0, "Started", 0, "Authorized", idToken=TOKEN)
    event(joint, 10, "Updated", 1, "MeterValuePeriodic", 2000)
    event(joint, 30, "Ended", 2, "StopAuthorized", 6000)
    pass_time(joint, 31)
    assert told(only(joint)) == ("closed", 4000, 160, 0, 30) and "counted from first sample" in str(doubts(only(joint)))


def test_a_start_button_needs_no_token(people: builders.Cast) -> None:
    joint = station(people, v201)
    nobody = {"idToken": "", "type": "NoAuthorization"}
    answer = event(joint, 0, "Started", 0, "ChargingStateChanged", 1000, info=CHARGING, idToken=nobody)
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    event(joint, 30, "Ended", 1, "StopAuthorized", 6000)
    assert told(only(joint)) == DONE


def test_a_transaction_that_goes_through_a_restart(people: builders.Cast) -> None:
    joint = station(people, v201)
    event(joint, 0, "Started", 0, "Authorized", 1000, idToken=TOKEN)
    joint.forget()
    joint.say("BootNotification", 10, reason="PowerUp", chargingStation={"vendorName": "V", "model": "M"})
    event(joint, 11, "Updated", 1, "MeterValuePeriodic", 2000)
    pass_time(joint, 12, 40)
    assert only(joint).state == "charging"
    event(joint, 60, "Ended", 2, "StopAuthorized", 6000)
    pass_time(joint, 61, 4)
    assert told(only(joint)) == ("closed", 5000, 200, 0, 60)


def test_sessions_at_unknown_evses_are_not_lost(people: builders.Cast) -> None:
    joint = station(people)
    number = int(
        joint.say("StartTransaction", 0, connectorId=3, idTag=TAG, meterStart=1000, timestamp=at(0))["transactionId"]
    )
    stop(joint, 30, number, 6000)
    assert joint.sessions() == [] and joint.poison == []
    add_evse(joint, 3)
    pass_time(joint, 31, 4)
    assert told(only(joint))[:2] == ("closed", 5000)
