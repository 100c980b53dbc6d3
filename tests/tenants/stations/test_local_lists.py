"""The tenant's cards get onto stations' local lists, step by step, whatever the station does."""

from typing import Any

import pytest

from saas.tenancy.models import Tenant
from tenants.cards import actions as cards
from tenants.charging.models import DeviceCommand
from tenants.stations import actions, queries
from tenants.stations.models import LocalListEntry, StationCommand, StationPolicy, Variable
from tests import builders
from tests.builders import NOW

from .rig import Rig


class Listener(Rig):
    """A station with a list of its own, as the standard wants it."""

    def __init__(self, protocol: str, most: int = 2) -> None:
        super().__init__(protocol, booted_at=NOW)
        key = "SendLocalListMaxLength" if protocol == "ocpp1.6" else "LocalAuthListCtrlr/ItemsPerMessage"
        Variable.objects.create(station=self.station, key=key, name=key, value=str(most), at=NOW)
        self.most, self.version, self.tokens = most, 0, set[str]()
        self.kinds: list[str] = []

    def answer_all(self) -> None:
        """Answer what waits until nothing does."""
        while command := StationCommand.objects.filter(done_at=None).first():
            sent = DeviceCommand.objects.get(uid=command.uid).payload["data"]
            self.done(command, getattr(self, sent["action"])(sent["payload"]))

    def GetLocalListVersion(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"listVersion" if self.protocol == "ocpp1.6" else "versionNumber": self.version}

    def SendLocalList(self, payload: dict[str, Any]) -> dict[str, Any]:
        number = payload["listVersion" if self.protocol == "ocpp1.6" else "versionNumber"]
        entries = payload.get("localAuthorizationList", [])
        assert len(entries) <= self.most
        self.kinds.append(payload["updateType"])
        if payload["updateType"] == "Differential" and number <= self.version:
            return {"status": "VersionMismatch"}
        if payload["updateType"] == "Full":
            self.tokens = set()
        for entry in entries:
            name = entry["idTag"] if self.protocol == "ocpp1.6" else entry["idToken"]["idToken"]
            listed = "idTagInfo" in entry or "idTokenInfo" in entry
            (self.tokens.add if listed else self.tokens.discard)(name)
        self.version = number
        return {"status": "Accepted"}


def card(tag: str) -> Any:
    return cards.register(id_tag=tag, kind="ISO14443", by=builders.person("operator", "operator"), now=NOW)


@pytest.mark.req("CHG-10")
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_the_list_is_sent_in_parts_and_follows_changes(ampere: Tenant, protocol: str) -> None:
    made = [card(tag) for tag in ("A1A1", "B2B2", "C3C3", "D4D4", "E5E5")]
    station = Listener(protocol)
    assert actions.sync_local_list(station=station.fresh, now=NOW)
    station.answer_all()
    assert station.tokens == {"A1A1", "B2B2", "C3C3", "D4D4", "E5E5"}
    assert station.kinds == ["Full", "Differential", "Differential"]
    assert station.fresh.local_list_version == station.version == 3
    assert not actions.sync_local_list(station=station.fresh, now=NOW)
    by = builders.person("operator", "operator")
    cards.remove(card=made[0], by=by, now=NOW)
    cards.block(card=made[1], by=by, now=NOW)
    actions.sync_local_list(station=station.fresh, now=NOW)
    station.answer_all()
    assert station.tokens == {"B2B2", "C3C3", "D4D4", "E5E5"} and station.kinds[-1] == "Differential"
    assert LocalListEntry.objects.get(id_tag="B2B2").status == "Blocked"
    assert len(queries.local_list(station=station.fresh).items) == 4


@pytest.mark.req("CHG-10")
def test_a_station_that_lost_its_list_gets_the_whole_again(ampere: Tenant) -> None:
    made = card("A1A1")
    station = Listener("ocpp1.6")
    actions.sync_local_list(station=station.fresh, now=NOW)
    station.answer_all()
    station.version, station.tokens = 40, {"STRANGER"}
    cards.block(card=made, by=builders.person("operator", "operator"), now=NOW)
    actions.sync_local_list(station=station.fresh, now=NOW)
    station.answer_all()
    assert station.tokens == {"A1A1"} and station.kinds == ["Full", "Differential", "Full"]
    assert station.fresh.local_list_version == station.version == 41


@pytest.mark.req("CHG-10")
def test_lists_are_kept_by_policy_alone_and_a_station_without_one_is_left_alone(ampere: Tenant) -> None:
    card("A1A1")
    station = Listener("ocpp1.6")
    assert actions.sync_lists(now=NOW) == 0
    StationPolicy.objects.create(local_lists=True)
    assert (actions.sync_lists(now=NOW), actions.sync_lists(now=NOW)) == (1, 0)
    station.version = -1
    station.answer_all()
    assert actions.sync_lists(now=NOW) == 0 and station.kinds == []
