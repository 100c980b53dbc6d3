"""Stations of the `ocpp` package charge through a running gateway; commands, absent peers. See test_connecting."""

import asyncio
import json
from pathlib import Path

import pytest
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201
from websockets.exceptions import ConnectionClosed, InvalidStatus

from saas.contracts import rpc
from saas.contracts.stations import tag_of_session

from .fakes import House, opened, play, until
from .stations import AT, Station16, Station201, ask, dial, hear, plugged, say

START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 100, "timestamp": AT}
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


@pytest.mark.req("CHG-01", "CHG-02", "CHG-08", "CHG-10")
def test_a_16_station_charges(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, plugged(house, Station16, "ocpp1.6") as station:
            boot = await station.call(call16.BootNotification(charge_point_vendor="V", charge_point_model="M"))
            assert (boot.status, boot.interval) == ("Accepted", 300)
            assert (await station.call(call16.Heartbeat())).current_time
            house.broker.command("st_1", id="c1", type="activate", session="s1", evse=2)
            await until(lambda: house.broker.of("reply"))
            tag = tag_of_session("s1")
            assert station.started == (tag, 2)
            assert (await station.call(call16.Authorize(id_tag=tag))).id_tag_info["status"] == "Accepted"
            start = await station.call(call16.StartTransaction(2, tag, 100, AT))
            meter = [{"timestamp": AT, "sampledValue": [{"value": "0.5", "unit": "kWh"}]}]
            await station.call(call16.MeterValues(2, meter, start.transaction_id))
            house.broker.command("st_1", id="c2", type="stop", session="s1")
            await until(lambda: len(house.broker.of("reply")) == 2)
            await station.call(call16.StopTransaction(600, AT, start.transaction_id, "Remote"))
            assert house.broker.events() == ["boot", "started", "stopped"]
            _, started, stopped = house.broker.of("event")
            assert (started["session"], started["id_tag"], started["energy_wh"]) == (
                str(start.transaction_id),
                tag,
                100,
            )
            assert (stopped["session"], stopped["energy_wh"], stopped["reason"]) == (started["session"], 600, "remote")
            assert [sample["energy_wh"] for sample in house.broker.of("telemetry")] == [500]
            assert [reply["ok"] for reply in house.broker.of("reply")] == [True, True]
            assert house.answers.of(rpc.Presence) == [rpc.Presence(device="st_1", online=True)]

    play(scene)


@pytest.mark.req("CHG-01", "CHG-02", "CHG-08", "CHG-10")
def test_a_201_station_charges(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, plugged(house, Station201, "ocpp2.0.1") as station:
            boot = await station.call(call201.BootNotification({"vendorName": "V", "model": "M"}, "PowerUp"))
            assert boot.status == "Accepted"
            house.broker.command("st_1", id="c1", type="activate", session="s1", evse=1)
            await until(lambda: house.broker.of("reply"))
            tag, remote_id = station.started
            token = {"idToken": tag, "type": "Central"}
            assert (await station.call(call201.Authorize(id_token=token))).id_token_info["status"] == "Accepted"
            for seq_no, kind, wh in ((0, "Started", 10), (1, "Updated", 20), (2, "Ended", 30)):
                answer = await station.call(
                    call201.TransactionEvent(
                        event_type=kind,
                        timestamp=AT,
                        trigger_reason="RemoteStart",
                        seq_no=seq_no,
                        transaction_info={"transactionId": "tx-1", "remoteStartId": remote_id},
                        evse={"id": 1, "connectorId": 1},
                        id_token=token if kind == "Started" else None,
                        meter_value=[{"timestamp": AT, "sampledValue": [{"value": wh}]}],
                    )
                )
                assert bool(answer.id_token_info) == (kind == "Started")
            assert house.broker.events() == ["boot", "started", "stopped"]
            assert [sample["energy_wh"] for sample in house.broker.of("telemetry")] == [10, 20, 30]
            assert house.broker.of("event")[1]["id_tag"] == tag_of_session("s1")

    play(scene)


@pytest.mark.req("CHG-01", "CHG-09")
@pytest.mark.parametrize("shown", [False, True])
def test_the_end_says_what_it_cost_and_so_does_the_way_there_where_that_is_shown(tmp_path: Path, shown: bool) -> None:
    """OCA's TC_I_01 and TC_I_02. Nobody waits for a cost that nobody can say."""
    on_the_way = {"totalCost": 1.23} if shown else {}
    told = [("Started", 0, {}), ("Updated", 1, on_the_way), ("Ended", 2, {"totalCost": 1.23})]

    async def scene() -> None:
        async with opened(tmp_path) as house:
            house.answers.costs = shown
            async with dial(house, protocols=("ocpp2.0.1",)) as socket:
                for kind, seq_no, expected in (*told, ("Ended", 3, {})):
                    values = [{"timestamp": AT, "sampledValue": [{"value": 10.0}]}] if seq_no else None
                    event = {
                        "eventType": kind, "timestamp": AT, "triggerReason": "MeterValuePeriodic", "seqNo": seq_no,
                        "transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1, "connectorId": 1},
                    }  # fmt: skip
                    house.answers.away = seq_no == 3
                    answer = await ask(socket, "TransactionEvent", event | ({"meterValue": values} if values else {}))
                    assert answer[2] == expected

    play(scene)


@pytest.mark.req("CHG-09")
def test_start_and_stop_are_answered_after_the_commit_only(tmp_path: Path) -> None:
    """No acknowledgement, no answer; said again under another id, it is the same fact and gets its answer."""

    async def scene() -> None:
        async with opened(tmp_path, commit_s=0.8) as house, dial(house) as socket:
            house.broker.ingesting = False
            await say(socket, "StartTransaction", START, "a")
            await say(socket, "Heartbeat", {}, "b")
            assert (await hear(socket))[1] == "b"
            house.broker.ingesting = True
            answer = await ask(socket, "StartTransaction", START, "c")
            assert answer[:2] == [3, "c"]
            again = await ask(socket, "StartTransaction", START, "d")
            assert again[2] == answer[2]
            stop = {"transactionId": answer[2]["transactionId"], "meterStop": 600, "timestamp": AT}
            for message_id in "ef":
                assert (await ask(socket, "StopTransaction", stop, message_id))[:2] == [3, message_id]
            assert house.broker.events() == ["started"] * 3 + ["stopped"] * 2
            assert [body["type"] for body in house.broker.stored.values()] == ["started", "stopped"]

    play(scene)


@pytest.mark.req("CHG-09")
def test_the_acknowledgement_of_another_fact_answers_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path, commit_s=0.8) as house, dial(house) as socket:
            house.broker.ingesting = False
            await say(socket, "StartTransaction", START, "a")
            await until(lambda: house.broker.events() == ["started"])
            connection = house.gateway.connection("st_1")
            assert connection
            connection.committed(house.broker.of("event")[0]["boot"] + 1, 2**53)
            assert (await ask(socket, "Heartbeat", {}, "b"))[1] == "b"

    play(scene)


@pytest.mark.req("CHG-09")
def test_a_broker_that_is_away_drops_nobody(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path, commit_s=0.8) as house, dial(house) as socket:
            house.broker.away = True
            await say(socket, "StartTransaction", START, "a")
            assert (await ask(socket, "Heartbeat", {}, "b"))[:2] == [3, "b"]
            meter = {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "5"}]}]}
            assert (await ask(socket, "MeterValues", meter, "c"))[:3] == [4, "c", "InternalError"]
            house.broker.come_back()
            assert (await ask(socket, "StartTransaction", START, "d"))[:2] == [3, "d"]
            assert [body["online"] for body in house.broker.of("status")] == [True, True]

    play(scene)


@pytest.mark.req("CHG-09")
def test_a_platform_that_does_not_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            house.answers.away = True
            assert (await ask(socket, "BootNotification", BOOT))[2] == "InternalError"
            assert (await ask(socket, "Authorize", {"idTag": "T"}))[2] == "InternalError"
            status = {"connectorId": 1, "status": "Preparing", "errorCode": "NoError"}
            assert (await ask(socket, "StatusNotification", status))[0] == 3
            await say(socket, "StartTransaction", START)
            assert (await ask(socket, "Heartbeat", {}, "after"))[1] == "after"
            assert house.broker.events()[-1] == "started"
            with pytest.raises(InvalidStatus) as caught:
                await dial(house)
            assert caught.value.response.status_code == 503

    play(scene)


@pytest.mark.req("CHG-05")
def test_a_pending_station_may_only_boot(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            house.answers.pending.add("st_1")
            house.answers.booting = "Pending"
            async with dial(house) as socket:
                assert (await ask(socket, "StartTransaction", START))[:3] == [4, "m1", "SecurityError"]
                assert (await ask(socket, "BootNotification", BOOT))[2]["status"] == "Pending"
                assert (await ask(socket, "Heartbeat", {}))[2] == "SecurityError"
                house.answers.booting = "Accepted"
                await ask(socket, "BootNotification", BOOT)
                assert (await ask(socket, "Heartbeat", {}))[0] == 3
                assert "started" not in house.broker.events()

    play(scene)


@pytest.mark.req("CHG-02")
def test_commands_are_done_once_and_refused_by_name(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path, call_s=0.6) as house, dial(house) as socket:
            house.broker.command("st_1", id="late", type="unlock", expires_ms=1)
            house.broker.command("st_1", id="what", type="ota")
            house.broker.command("st_1", id="permit", type="permit", session="s1")
            house.broker.command("st_1", id="mute", type="unlock")
            assert (await hear(socket))[2] == "UnlockConnector"
            await until(lambda: len(house.broker.of("reply")) == 4)
            house.broker.command("st_1", id="error", type="unlock")
            call = await hear(socket)
            await socket.send(json.dumps([4, call[1], "NotSupported", "", {}]))
            await until(lambda: len(house.broker.of("reply")) == 5)
            house.broker.command("st_1", id="odd", type="unlock")
            call = await hear(socket)
            await socket.send(json.dumps([3, call[1], {"status": "Perhaps"}]))
            await until(lambda: len(house.broker.of("reply")) == 6)
            house.broker.command("st_1", id="odd", type="unlock")
            await until(lambda: len(house.broker.of("reply")) == 7)
            replies = house.broker.of("reply")
            assert replies[5] == replies[6]
            assert {reply["id"]: reply.get("error") for reply in replies} == {
                "late": "command_expired",
                "what": "unknown_command",
                "permit": None,
                "mute": "no_answer",
                "error": "NotSupported",
                "odd": "answer_breaks_schema",
            }

    play(scene)


@pytest.mark.req("CHG-02", "MKT-11")
def test_a_stop_that_did_not_get_through_is_carried_out_when_it_comes_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path, call_s=0.6) as house, dial(house) as socket:
            house.broker.command("st_1", id="end", type="stop", session="s1")
            stop = {"id": "end", "type": "stop", "data": {"transaction_id": "7"}}
            house.broker.command("st_1", **stop)
            assert (await hear(socket))[2:] == ["RemoteStopTransaction", {"transactionId": 7}]
            await asyncio.sleep(0.9)
            assert house.broker.of("reply") == []
            house.broker.command("st_1", **stop)
            call = await hear(socket)
            await socket.send(json.dumps([3, call[1], {"status": "Accepted"}]))
            await until(lambda: house.broker.of("reply"))
            assert house.broker.of("reply")[0]["ok"]

    play(scene)


@pytest.mark.req("CHG-02")
def test_one_call_at_a_time_towards_a_station(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            for name in ("one", "two"):
                house.broker.command("st_1", id=name, type="unlock")
            first = await hear(socket)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.1)
            await socket.send(json.dumps([3, first[1], {"status": "Unlocked"}]))
            second = await hear(socket)
            assert second[1] != first[1]
            await socket.close()
            await until(lambda: len(house.broker.of("reply")) == 2)
            assert [reply.get("error") for reply in house.broker.of("reply")] == [None, "offline"]

    play(scene)


@pytest.mark.req("CHG-05")
def test_the_status_of_stations_that_a_crash_left_behind(tmp_path: Path) -> None:
    async def scene() -> None:
        (tmp_path / "marks").mkdir()
        (tmp_path / "marks" / "st_9").touch()
        (tmp_path / "marks" / "st_1").touch()
        async with opened(tmp_path) as house, dial(house):
            house.broker.come_back()
            assert [body["online"] for body in house.broker.of("status", "st_9")] == [False]
            assert [body["online"] for body in house.broker.of("status", "st_1")] == [True, True]
            assert [mark.name for mark in (tmp_path / "marks").iterdir()] == ["st_1"]

    play(scene)


def test_goodbye_says_that_stations_are_gone(tmp_path: Path) -> None:
    async def scene() -> None:
        house = House(tmp_path)
        house.port = await house.gateway.open("127.0.0.1", 0)
        async with dial(house) as socket:
            await until(lambda: house.broker.of("status"))
            await house.gateway.close()
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
            assert caught.value.rcvd and caught.value.rcvd.code == 1001
        assert [body["online"] for body in house.broker.of("status")] == [True, False]

    play(scene)


@pytest.mark.req("CHG-01")
def test_heartbeats_wait_for_nothing(tmp_path: Path) -> None:
    """Not even for the call before them."""

    async def scene() -> None:
        async with opened(tmp_path, commit_s=30) as house, dial(house) as socket:
            house.broker.ingesting = False
            await say(socket, "StartTransaction", START, "a")
            await say(socket, "MeterValues", METER, "b")
            answer = await asyncio.wait_for(ask(socket, "Heartbeat", {}, "c"), 1)
            assert answer[:2] == [3, "c"]
            (started,) = house.broker.of("event")
            connection = house.gateway.connection("st_1")
            assert connection
            connection.committed(started["boot"], 1)
            assert [(await hear(socket))[1] for _ in range(2)] == ["a", "b"]

    play(scene)


METER = {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "5"}]}]}


@pytest.mark.req("CHG-01")
def test_an_id_that_is_still_open(tmp_path: Path) -> None:
    """The same call again is answered once; another call under that id is refused; later it may be used again."""

    async def scene() -> None:
        async with opened(tmp_path, commit_s=30) as house, dial(house) as socket:
            house.broker.ingesting = False
            for _ in range(3):
                await say(socket, "StartTransaction", START, "a")
            assert (await ask(socket, "MeterValues", METER, "a"))[:3] == [4, "a", "ProtocolError"]
            connection = house.gateway.connection("st_1")
            assert connection and house.broker.events() == ["started"]
            connection.committed(house.broker.of("event")[0]["boot"], 1)
            assert (await hear(socket))[:2] == [3, "a"]
            assert (await ask(socket, "Heartbeat", {}, "a"))[:2] == [3, "a"]

    play(scene)


@pytest.mark.req("CHG-05", "CHG-09")
def test_a_status_that_nobody_heard_is_told_again(tmp_path: Path) -> None:
    """Of each connector the newest alone, until somebody listens."""

    async def scene() -> None:
        async with opened(tmp_path, retell_s=0.05) as house, dial(house) as socket:
            house.answers.away = True
            for connector, status in ((1, "Preparing"), (2, "Available"), (1, "Charging")):
                payload = {"connectorId": connector, "status": status, "errorCode": "NoError"}
                assert (await ask(socket, "StatusNotification", payload))[0] == 3
            await asyncio.sleep(0.2)
            house.answers.away = False
            before = len(house.answers.of(rpc.StatusReport))
            await until(lambda: len(house.answers.of(rpc.StatusReport)) >= before + 2)
            await asyncio.sleep(0.3)
            told = house.answers.of(rpc.StatusReport)[before:]
            assert sorted((report.evse, report.status) for report in told) == [(1, "Charging"), (2, "Available")]

    play(scene)
