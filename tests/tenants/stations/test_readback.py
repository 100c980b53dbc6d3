"""Everything that is known of a station is read back through the API, by who may see it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from saas.contracts import rpc
from saas.kit import framelog
from saas.kit.time import iso, to_ms
from saas.tenancy.models import Tenant
from tenants.charging.models import Session
from tenants.stations import actions
from tests import builders
from tests.builders import NOW
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

from .rig import Rig

OK = {"status": "Accepted"}


@pytest.fixture
def rig(ampere: Tenant) -> Rig:
    """A station with one of everything."""
    rig = Rig()
    keys = [{"key": f"Key{n}", "readonly": n == 0, "value": str(n)} for n in range(3)]
    rig.call("GetConfiguration", {}, {"configurationKey": keys})
    tokens = [{"idTag": f"TAG{n}", "idTagInfo": OK} for n in range(3)]
    rig.call("SendLocalList", {"listVersion": 4, "updateType": "Full", "localAuthorizationList": tokens}, OK)
    until = iso(NOW + timedelta(hours=1))
    rig.call("ReserveNow", {"connectorId": 1, "expiryDate": until, "idTag": "TAG0", "reservationId": 9}, OK)
    rig.tell("FirmwareStatusNotification", {"status": "Installed"})
    spot = builders.evse(of=rig.device)
    status = rpc.StatusReport(
        device=rig.device.device_id, evse=1, status="Faulted", error_code="GroundFailure", ts_ms=to_ms(NOW)
    )
    actions.station_status(device=rig.device, status=status, now=NOW)
    for number, state in (("1", "closed"), ("2", "charging")):
        Session.objects.create(
            evse=spot, device_id=rig.device.device_id, transaction_id=number, id_tag="TAG0", state=state,
            meter_start_wh=100, meter_stop_wh=300, energy_wh=200, started_at=NOW, stop_reason="local",
            evidence={"word": "EVDisconnected"},
        )  # fmt: skip
    return rig


@pytest.fixture
def operator(ampere: Tenant) -> Api:
    return Api("ampere", person("ampere", "", "operator"))


@pytest.mark.req("CHG-02", "CHG-08")
def test_one_answer_holds_all_that_a_kit_looks_for(rig: Rig, operator: Api) -> None:
    seen = said(operator.get("/stations/CP-1"))
    assert (seen["registration"], seen["online"], seen["protocol"]) == ("accepted", True, "ocpp1.6")
    assert [(c["evse"], c["status"], c["error_code"]) for c in seen["connectors"]] == [(1, "Faulted", "GroundFailure")]
    assert {v["key"]: (v["value"], v["readonly"]) for v in seen["configuration"]} == {
        "Key0": ("0", True), "Key1": ("1", False), "Key2": ("2", False)
    }  # fmt: skip
    assert seen["local_list"]["version"] == 4 and len(seen["local_list"]["entries"]) == 3
    assert [(r["reservation_id"], r["state"]) for r in seen["reservations"]] == [(9, "active")]
    assert [t["transaction_id"] for t in seen["running"]] == ["2"]
    assert [t["transaction_id"] for t in seen["transactions"]] == ["2", "1"]
    assert (seen["transactions"][1]["energy_wh"], seen["transactions"][1]["meter_stop_wh"]) == (200, 300)
    assert seen["transactions"][1]["stopped_reason"] == "EVDisconnected"
    assert seen["progress"]["firmware"]["status"] == "Installed"
    assert seen["uid"] == said(operator.get(f"/stations/{seen['uid']}"))["uid"]


@pytest.mark.req("CHG-02", "TEN-03")
@pytest.mark.parametrize(
    ("part", "count"),
    [
        ("configuration", 3), ("local-list", 3), ("reservations", 1), ("transactions", 2), ("notices", 1),
        ("items/charging_profile", 0), ("commands", 3), ("messages", 0), ("uploads", 0),
    ],
)  # fmt: skip
def test_each_list_has_pages_and_is_nobody_elses(rig: Rig, operator: Api, part: str, count: int) -> None:
    path: str | None = f"/stations/CP-1/{part}"
    found: list[Any] = []
    page = said(operator.get(f"{path}?limit=2"))
    found += page["items"]
    while page["next"]:
        page = said(operator.get(f"{path}?limit=2&after={page['next']}"))
        found += page["items"]
    assert len(found) == count
    unknown_to_others(str(path))


@pytest.mark.req("MNT-04")
def test_the_raw_log_is_searched_and_downloaded(rig: Rig, operator: Api) -> None:
    folder = framelog.folder_of(rig.device.device_id)
    folder.mkdir(parents=True)
    lines = [
        {
            "ts_ms": to_ms(NOW + timedelta(minutes=n)),
            "way": "in" if n % 2 else "out",
            "frame": f'[2,"{n}","Heartbeat",{{}}]',
        }
        for n in range(4)
    ]
    (folder / "2026-11-20.0001.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

    def frames(query: str) -> list[str]:
        return [m["frame"].split('"')[1] for m in said(operator.get(f"/stations/CP-1/messages?{query}"))["items"]]

    assert frames("") == ["3", "2", "1", "0"] and frames("way=in") == ["3", "1"]
    assert frames("search=heartBEAT&limit=1") == ["3"] and frames("search=nothing") == []
    assert frames(f"since={iso(NOW + timedelta(minutes=1))}&until={iso(NOW + timedelta(minutes=3))}") == ["2", "1"]
    whole = operator.get("/stations/CP-1/messages/download")
    assert len(b"".join(whole.streaming_content).splitlines()) == 4  # type: ignore[attr-defined]
    assert len(said(operator.get("/stations/CP-1"))["messages"]) == 4
    assert code(operator.get("/stations/CP-1/messages?way=sideways")) == (422, "invalid")
    unknown_to_others("/stations/CP-1/messages/download")
    assert actions.forget(now=NOW + timedelta(days=29)) == 0
    assert actions.forget(now=NOW + timedelta(days=32)) == 2  # the file, and the notice of the firmware
    assert framelog.parts(folder) == []


@pytest.mark.req("CHG-02")
def test_a_start_uses_its_reservation_and_an_end_takes_its_profile(rig: Rig, operator: Api) -> None:
    from tenants.charging import signals

    session = Session.objects.get(transaction_id="2")
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
    profile = {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative", "chargingSchedule": schedule,
    }  # fmt: skip
    rig.call("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile}, OK)
    signals.began.send(Session, session=session, reservation=None, now=NOW)
    [reservation] = said(operator.get("/stations/CP-1/reservations"))["items"]
    assert (reservation["state"], reservation["transaction_id"]) == ("used", "2")
    assert len(said(operator.get("/stations/CP-1"))["charging_profiles"]) == 1
    signals.ended.send(Session, session=session, now=NOW)
    assert said(operator.get("/stations/CP-1"))["charging_profiles"] == []


@pytest.mark.req("CHG-02")
def test_a_reservation_ends_with_its_time(rig: Rig, operator: Api) -> None:
    assert actions.sweep(now=NOW + timedelta(minutes=59))["reservations"] == 0
    assert actions.sweep(now=NOW + timedelta(hours=1))["reservations"] == 1
    assert said(operator.get("/stations/CP-1/reservations"))["items"][0]["state"] == "expired"
