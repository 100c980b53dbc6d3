"""`wattlane demo --conformance` as a kit meets it: a station comes, is steered by the API, is read back."""

import asyncio
import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.saas.edge.processes import free_port

pytestmark = [pytest.mark.slow, pytest.mark.req("CHG-01", "CHG-02")]
READY_S = 150
PORTS = ("WEB", "OCPP", "MQTT", "LIVE")


@contextmanager
def bench(folder: Path, *words: str) -> Iterator[dict[str, Any]]:
    """The command as a person runs it, in a folder of its own; what demo.json says."""
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "WATTLANE_STATIC")}
    env |= {f"WATTLANE_{name}_PORT": str(free_port()) for name in PORTS} | {"WATTLANE_HOME": str(folder)}
    argv = [sys.executable, "-m", "saas.cli", "demo", "--conformance", *words]
    with (folder / "out.log").open("wb") as out:
        process = subprocess.Popen(argv, env=env, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + READY_S
        while b"Ready for a conformance kit" not in (folder / "out.log").read_bytes():
            assert process.poll() is None and time.monotonic() < deadline, (folder / "out.log").read_text()
            time.sleep(0.2)
        yield json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def ask(facts: dict[str, Any], method: str, path: str, body: object = None) -> tuple[int, Any]:
    """The API as the operator."""
    kit = facts["conformance"]
    headers = {"Host": kit["host"], "Authorization": f"Bearer {kit['token']}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{facts['address']}/api/v1{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


async def call(socket: Any, action: str, payload: dict[str, Any]) -> Any:
    """Ask the central system; its calls that come meanwhile are accepted."""
    await socket.send(json.dumps([2, action, action, payload]))
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if frame[0] == 2:
            await socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
        else:
            return frame[2]


def basic(station: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{station}:{password}'.encode()).decode()}"}


BOOT = {"chargePointVendor": "Kit", "chargePointModel": "Bench"}
TAGS = {"ACCEPTED1": "Accepted", "ACCEPTED2": "Accepted", "EXPIRED1": "Expired", "BLOCKED1": "Blocked", "X9": "Invalid"}


async def as_a_station(facts: dict[str, Any], url: str) -> None:
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        assert (await call(socket, "BootNotification", BOOT))["status"] == "Accepted"
        available = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        assert await call(socket, "StatusNotification", available) == {}
        for tag, status in TAGS.items():
            info = (await call(socket, "Authorize", {"idTag": tag}))["idTagInfo"]
            assert info["status"] == status and info.get("parentIdTag") == ("GROUP1" if "ACC" in tag else None)
        start = {"connectorId": 1, "idTag": "ACCEPTED1", "meterStart": 0, "timestamp": "2026-11-20T08:00:00Z"}
        transaction = (await call(socket, "StartTransaction", start))["transactionId"]
        profile = facts["conformance"]["charging_profiles"]["ocpp1.6"]["TxProfile"]
        sent = asyncio.create_task(
            asyncio.to_thread(ask, facts, "POST", "/stations/KIT-1/commands/SetChargingProfile", profile)
        )
        frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
        assert frame[2:] == ["SetChargingProfile", profile]
        await socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
        status, told = await sent
        assert (status, told["state"], told["answer"]) == (200, "answered", {"status": "Accepted"})
        stop = {
            "transactionId": transaction,
            "meterStop": 900,
            "timestamp": "2026-11-20T08:10:00Z",
            "idTag": "ACCEPTED2",
        }
        assert (await call(socket, "StopTransaction", stop))["idTagInfo"]["status"] == "Accepted"


async def left_in_the_middle(facts: dict[str, Any], station: str) -> None:
    """A case that ends while its session runs: the next station's start with the same tag is as good."""
    url = facts["conformance"]["stations"][0].replace("<station id>", station)
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        assert (await call(socket, "BootNotification", BOOT))["status"] == "Accepted"
        start = {"connectorId": 1, "idTag": "ACCEPTED1", "meterStart": 0, "timestamp": "2026-11-20T08:00:00Z"}
        assert (await call(socket, "StartTransaction", start))["idTagInfo"]["status"] == "Accepted"


def put_a_log(facts: dict[str, Any], station: str) -> None:
    """Where the platform tells a station to put its log, any client can put it."""
    status, place = ask(facts, "POST", f"/stations/{station}/uploads")
    assert status == 201
    put = urllib.request.Request(f"{place['url']}diagnostics.log", b"the log", method="PUT")
    with urllib.request.urlopen(put, timeout=60) as answer:
        assert answer.status == 201
    [file] = ask(facts, "GET", f"/stations/{station}/uploads")[1]["items"]
    assert (file["name"], file["size"]) == ("diagnostics.log", 7)


def test_a_kit_finds_everything_it_needs(tmp_path: Path) -> None:
    with bench(tmp_path) as facts:
        for station in ("KIT-2", "KIT-3"):
            asyncio.run(left_in_the_middle(facts, station))
        put_a_log(facts, "KIT-2")
        for host in ("127.0.0.1", "localhost"):
            request = urllib.request.Request(
                f"{facts['api'].replace('127.0.0.1', host)}/stations/KIT-3",
                headers={"Authorization": f"Bearer {facts['conformance']['token']}"},
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert json.loads(answer.read())["station_id"] == "KIT-3"
        for place in facts["conformance"]["stations"]:
            asyncio.run(as_a_station(facts, place.replace("<station id>", "KIT-1")))
        status, station = ask(facts, "GET", "/stations/KIT-1")
        assert (status, station["protocol"], station["security_profile"]) == (200, "ocpp1.6", 0)
        assert [(one["evse"], one["status"]) for one in station["connectors"]] == [(1, "Available")]
        assert [(one["energy_wh"], one["state"]) for one in station["transactions"]] == [(900, "closed")]
        assert any("SetChargingProfile" in message["frame"] for message in station["messages"])


@pytest.mark.parametrize("profile", ["1", "2"])
def test_with_a_password_only_who_knows_it_comes_in(tmp_path: Path, profile: str) -> None:
    with bench(tmp_path, "--profile", profile) as facts:
        kit = facts["conformance"]

        async def come(headers: dict[str, str], place: str = kit["stations"][0]) -> Any:
            url = place.replace("<station id>", "KIT-1")
            trust = {"ssl": ssl.create_default_context(cafile=kit["pki"]["CA"])} if url.startswith("wss") else {}
            old = [Subprotocol("ocpp1.6")]
            async with connect(url, subprotocols=old, additional_headers=headers, **trust) as socket:
                return await call(socket, "BootNotification", BOOT)

        def turned_away(headers: dict[str, str]) -> None:
            with pytest.raises(InvalidStatus) as refused:
                asyncio.run(come(headers))
            assert refused.value.response.status_code == 401

        mine, stranger = basic("KIT-1", kit["password"]), basic("KIT-1", "another password")
        turned_away(stranger)  # nobody is unknown to a bench
        assert asyncio.run(come(mine))["status"] == "Accepted"
        for wrong in (stranger, basic("KIT-2", kit["password"]), {}):
            turned_away(wrong)
        assert ask(facts, "GET", "/stations/KIT-1")[1]["security_profile"] == int(profile)
        assert len(kit["upgraded"]) == (2 if profile == "1" else 0)
        for place in kit["upgraded"]:  # OCA's TC_083 and TC_A_19: who came by TLS is not let in without it any more
            assert asyncio.run(come(mine, place))["status"] == "Accepted"
            assert ask(facts, "GET", "/stations/KIT-1")[1]["security_profile"] == 2
            turned_away(mine)


def test_with_certificates_only_who_has_one_comes_in(tmp_path: Path) -> None:
    with bench(tmp_path, "--profile", "3", "--station", "KIT-1") as facts:
        kit = facts["conformance"]
        url = kit["stations"][0].replace("<station id>", "KIT-1")

        async def come(certificate: str | None) -> Any:
            trust = ssl.create_default_context(cafile=kit["pki"]["CA"])
            if certificate:
                trust.load_cert_chain(certificate)
            async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], ssl=trust) as socket:
                return await call(socket, "BootNotification", BOOT)

        assert asyncio.run(come(kit["pki"]["Client KIT-1"]))["status"] == "Accepted"
        with pytest.raises(InvalidStatus):
            asyncio.run(come(None))
