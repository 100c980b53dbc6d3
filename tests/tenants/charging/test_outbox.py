"""Commands to a device as a whole: repeated until answered, or sent a single time."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import DECODERS, encode
from saas.edge.dispatcher import outbox
from tenants.charging import actions
from tenants.charging.actions.commands import claim_commands
from tenants.charging.errors import UnknownCommand
from tenants.charging.models import DeviceCommand
from tests import builders
from tests.builders import NOW

pytestmark = pytest.mark.req("CHG-02")
CALL = {"action": "Reset", "payload": {"type": "Soft"}, "timeout_s": 30}
END = NOW + timedelta(minutes=5)


def queued(device: Any, *, once: bool) -> DeviceCommand:
    return actions.queue_device(
        device_id=device.device_id, kind=wire.CMD_OCPP, data=CALL, now=NOW, expires_at=END, once=once
    )


def test_a_raw_call_is_claimed_a_single_time(ampere: Any) -> None:
    row = queued(builders.device(kind="station", station_id="CP1"), once=True)
    assert [one.pk for one in claim_commands(now=NOW)] == [row.pk]
    body = DECODERS["cmd"].decode(encode(row.payload))
    assert (body.type, body.data, body.id, body.session) == ("ocpp", CALL, str(row.uid), None)
    assert claim_commands(now=END - timedelta(seconds=1)) == []
    outbox.hurry("ampere", row.device_id, now=NOW + timedelta(seconds=5))
    assert claim_commands(now=NOW + timedelta(seconds=6)) == []
    actions.sweep(now=END)
    row.refresh_from_db()
    assert row.state == DeviceCommand.State.EXPIRED


def test_any_other_command_is_sent_again(ampere: Any) -> None:
    row = queued(builders.device(), once=False)
    assert [claim_commands(now=NOW + timedelta(minutes=k))[0].pk for k in (0, 1, 2)] == [row.pk] * 3


def test_what_became_of_it_is_kept_as_it_was_first_said(ampere: Any) -> None:
    device = builders.device(kind="station", station_id="CP1")
    row = queued(device, once=True)
    for error in ("no_answer", None):
        actions.finish_device(device=device, id=str(row.uid), error=error, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.error, row.replied_at) == (DeviceCommand.State.REFUSED, "no_answer", NOW)
    other = builders.device(kind="station", station_id="CP2")
    for device_, name in ((other, str(row.uid)), (device, str(uuid.uuid4())), (device, "no uuid")):
        with pytest.raises(UnknownCommand):
            actions.finish_device(device=device_, id=name, error=None, now=NOW)
