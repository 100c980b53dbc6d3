"""Every neutral verb makes a lawful call, in both versions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from saas.kit.errors import Invalid
from tenants.stations import keys, protocol, requests
from tenants.stations.errors import BrokenPayload, UnknownAction

WHEN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PROTOCOLS = ("ocpp1.6", "ocpp2.0.1")


def profile(version: str, purpose: requests.Purpose, **more: Any) -> requests.Request:
    made = requests.charging_profile(
        version, id=1, purpose=purpose, stack_level=0, unit="A", periods=[requests.Period(0, 11.1, 3)], **more
    )
    return requests.set_charging_profile(version, evse=1, profile=made)


def configuration(version: str) -> str:
    return "HeartbeatInterval" if version == "ocpp1.6" else "OCPPCommCtrlr/HeartbeatInterval"


TOKENS = [
    requests.Token("04AB", parent="GROUP1", expires_at=WHEN),
    requests.Token("gone", status=None),
]
VERBS: dict[str, Callable[[str], requests.Request]] = {
    "reset": requests.reset,
    "reset hard": lambda v: requests.reset(v, hard=True),
    "unlock": lambda v: requests.unlock(v, evse=1),
    "availability": lambda v: requests.availability(v, operative=False),
    "availability of one": lambda v: requests.availability(v, operative=True, evse=2, connector=1),
    "clear_cache": requests.clear_cache,
    "get_configuration": requests.get_configuration,
    "get_configuration of some": lambda v: requests.get_configuration(v, keys=[configuration(v)]),
    "set_configuration": lambda v: requests.set_configuration(v, values={configuration(v): "60"})[0],
    "update_firmware": lambda v: requests.update_firmware(v, location="http://x/y", retrieve_at=WHEN),
    "update_firmware signed": lambda v: requests.update_firmware(
        v, location="http://x/y", retrieve_at=WHEN, install_at=WHEN, certificate="PEM", signature="c2ln", retries=3
    ),
    "get_log": lambda v: requests.get_log(v, location="http://x/y", since=WHEN, until=WHEN),
    "get_log of security": lambda v: requests.get_log(v, location="http://x/y", security=True),
    "profile of the station": lambda v: profile(v, "station_max", starts_at=WHEN, duration_s=60),
    "profile of a transaction": lambda v: profile(v, "tx", transaction_id="17", least_rate=6.0),
    "clear_charging_profile": lambda v: requests.clear_charging_profile(v, id=1),
    "clear_charging_profile by purpose": lambda v: requests.clear_charging_profile(v, purpose="tx", stack_level=1),
    "get_composite_schedule": lambda v: requests.get_composite_schedule(v, evse=1, duration_s=60, unit="W"),
    "reserve": lambda v: requests.reserve(v, id=1, evse=1, id_tag="A", expires_at=WHEN, parent="G"),
    "reserve any": lambda v: requests.reserve(v, id=1, evse=0, id_tag="A", expires_at=WHEN),
    "cancel_reservation": lambda v: requests.cancel_reservation(v, id=1),
    "get_local_list_version": requests.get_local_list_version,
    "send_local_list": lambda v: requests.send_local_list(v, version=2, tokens=TOKENS, full=False),
    "send_local_list empty": lambda v: requests.send_local_list(v, version=2, tokens=[], full=True),
    "data_transfer": lambda v: requests.data_transfer(v, vendor="V", message="M", data="D"),
    **{f"trigger {name}": lambda v, name=name: requests.trigger(v, message=name) for name in requests.TRIGGERS},
}  # fmt: skip


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize("version", PROTOCOLS)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_lawful_call(version: str, verb: str) -> None:
    protocol.check(version, *VERBS[verb](version))


@pytest.mark.req("CHG-01", "CHG-02")
@pytest.mark.parametrize("version", PROTOCOLS)
def test_every_call_of_the_standard_is_known_once_and_the_rest_is_told(version: str) -> None:
    """The two tables and the messages with ways of their own are together all that the standard has."""
    from importlib.resources import files

    number = protocol.version_of(version)
    folder = files("ocpp") / {"1.6": "v16", "2.0.1": "v201"}[number] / "schemas"
    names = {entry.name.removesuffix(".json").removesuffix("Request") for entry in folder.iterdir()}
    requests_known = {name for name in names if not name.endswith("Response") and not name.startswith("__")}
    own_ways = {"Authorize", "BootNotification", "Heartbeat", "MeterValues", "StatusNotification"}
    own_ways |= {"StartTransaction", "StopTransaction"} if number == "1.6" else {"TransactionEvent"}
    calls, told = set(protocol.CALLS[number]), set(protocol.TOLD[number])
    assert calls | told | own_ways == requests_known
    assert calls & told == {"DataTransfer"} and not own_ways & (calls | told)


def test_what_breaks_the_schema_is_refused_with_path_and_rule() -> None:
    with pytest.raises(BrokenPayload) as wrong:
        protocol.check("ocpp1.6", "Reset", {"type": "Lukewarm"})
    assert wrong.value.details == {"path": "/type", "rule": "enum"}
    with pytest.raises(UnknownAction) as unknown:
        protocol.check("ocpp2.0.1", "ChangeConfiguration", {})
    assert "SetVariables" in unknown.value.details["actions"]
    with pytest.raises(UnknownAction):
        protocol.check("ocpp1.6", "reset", {"type": "Soft"})
    with pytest.raises(Invalid):
        requests.trigger("ocpp1.6", message="Everything")
    with pytest.raises(Invalid):
        requests.get_configuration("ocpp2.0.1", keys=["HeartbeatInterval"])


@pytest.mark.parametrize(
    "text", ["HeartbeatInterval", "A/B", "A[x]/B[y]", "EVSE@1/Power#Target", "Connector[i]@1.2/Available#MaxSet"]
)
def test_a_key_reads_back(text: str) -> None:
    key = keys.parse(text)
    assert str(key) == text
    if key.component:
        assert keys.of_json(key.component_json(), key.variable_json(), key.attribute) == key
