"""`wattlane devices list|claim|rotate|revoke|restore` and `wattlane broker mosquitto`."""

import json
from pathlib import Path
from typing import Any

import pytest

from saas.cli import main
from saas.devices import queries
from saas.devices.models import Device
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.charging.models import DeviceCommand
from tests import builders
from tests.tenants.adapters.story import Newcomer
from tests.tenants.apiclient import person

pytestmark = [pytest.mark.django_db, pytest.mark.req("DEV-01", "DEV-04")]
Say = Any


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: str, expect: int = 0) -> str:
        capsys.readouterr()
        assert main([*words]) == expect
        told = capsys.readouterr()
        return told.err if expect else told.out

    return run


@pytest.fixture
def device(ampere: Tenant) -> Device:
    return builders.device()


def test_the_list_is_one_line_a_device_and_may_be_read_by_programs(say: Say, device: Device, barq: Tenant) -> None:
    other = builders.device()
    assert device.device_id in say("devices", "list") and other.device_id in say("devices", "list")
    rows = [json.loads(line) for line in say("devices", "list", "--tenant", "ampere", "--json").splitlines()]
    assert [(row["id"], row["tenant"], row["state"], row["online"]) for row in rows] == [
        (device.device_id, "ampere", "active", True)
    ]
    assert say("devices", "list", "--after", "zz") == "None.\n"


def test_a_waiting_adapter_is_listed_and_claimed_for_a_person(say: Say, ampere: Tenant) -> None:
    newcomer, host = Newcomer(), person("ampere", "host")
    newcomer.enrol()
    waiting = json.loads(say("devices", "list", "--waiting", "--json"))
    assert (waiting["id"], waiting["state"]) == (newcomer.device, "waiting") and newcomer.claim not in str(waiting)
    assert "wrong" not in say("devices", "claim", "AAAAAAAA", "--tenant", "ampere", expect=1)
    assert "no tenant" in say("devices", "claim", newcomer.claim, "--tenant", "nobody", expect=2)
    nobody = say("devices", "claim", newcomer.claim, "--tenant", "ampere", "--owner", "x@example.com", expect=2)
    assert "nobody with the address" in nobody
    assert newcomer.device in say("devices", "claim", newcomer.claim, "--tenant", "ampere", "--owner", host.email)
    assert queries.get(newcomer.device).owner == str(host.uid)


def test_rotating_tells_the_device_or_with_now_the_person(say: Say, device: Device) -> None:
    assert "password changes" in say("devices", "rotate", device.device_id)
    with tenant_schema("ampere"):
        assert DeviceCommand.objects.get().type == "credential"
    secret = json.loads(say("devices", "rotate", device.device_id, "--now", "--json"))["secret"]
    assert queries.passwords([device.device_id]) == {device.device_id: [secret]}
    assert queries.next_password(device.device_id) is None


def test_shutting_out_and_letting_in(say: Say, device: Device) -> None:
    assert "revoked" in say("devices", "revoke", device.device_id)
    assert queries.get(device.device_id).state == "revoked"
    assert json.loads(say("devices", "restore", device.device_id, "--json"))["state"] == "active"
    assert "No device ad_nobody is registered" in say("devices", "revoke", "ad_nobody", expect=1)


def test_the_files_of_mosquitto_hold_every_adapter_and_no_password(say: Say, device: Device, tmp_path: Path) -> None:
    secret = queries.passwords([device.device_id])[device.device_id][0]
    told = say("broker", "mosquitto", str(tmp_path / "files"))
    assert "1 adapters" in told
    texts = {file.name: file.read_text() for file in (tmp_path / "files").iterdir()}
    assert sorted(texts) == ["acl", "ca.pem", "dynamic-security.json", "mosquitto.passwd", "server.pem"]
    clients = json.loads(texts["dynamic-security.json"])["clients"]
    assert [client["username"] for client in clients] == [device.device_id] and secret not in str(texts)
    private = [file for file in (tmp_path / "files").iterdir() if file.name != "ca.pem"]
    assert not any(file.stat().st_mode & 0o077 for file in private)
