"""What operations hear of devices. Receivers write what must not be lost, and move on what waits for it."""

from datetime import datetime

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event
from saas.devices.models import Device
from tenants.charging.models import DeviceCommand
from tenants.stations.models import StationCommand

from .actions import driving, running, templates
from .models import AdapterReport
from .rolling.steps import ORIGIN as ROLLOUT
from .sending import name_of

# The beginning of a command's origin → who waits for its answer.
WAITING = {
    running.ORIGIN: running.settle_task,
    ROLLOUT: driving.settle_device,
    templates.ORIGIN: templates.settle_check,
}


def answered(sender: object, *, command: StationCommand, now: datetime, **_: object) -> None:
    """A station answered, or never will."""
    for origin, settle in WAITING.items():
        if command.origin.startswith(origin):
            settle(command=name_of(command), now=now)


def replied(sender: object, *, command: DeviceCommand, now: datetime, **_: object) -> None:
    """An adapter answered."""
    if command.session_id is None and command.type != wire.CMD_OCPP:
        running.settle_task(command=name_of(command), now=now)
        driving.settle_device(command=name_of(command), now=now)


def noticed(sender: object, *, device: Device, event: Event, now: datetime, **_: object) -> None:
    """An adapter says how its update goes."""
    if event.code == wire.NOTICE_OTA:
        word, _colon, detail = (event.reason or "").partition(":")
        AdapterReport.objects.create(device_id=device.device_id, word=word[:20], detail=detail[:200], at=now)
