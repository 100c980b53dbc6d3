"""A device's own word about its next password."""

from collections.abc import Callable
from datetime import datetime

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event
from saas.devices import actions as devices
from saas.devices.models import Device
from tenants.charging.models import DeviceCommand

WORDS: dict[str, Callable[..., object]] = {"accepted": devices.promote, "refused": devices.forget_next}


def replied(sender: object, *, command: DeviceCommand, now: datetime, **_: object) -> None:
    """It has stored it: a broker that knows one password at a time may change to it."""
    if command.type == wire.CMD_CREDENTIAL and command.state == DeviceCommand.State.DONE:
        devices.take(device_id=command.device_id, now=now)


def noticed(sender: object, *, device: Device, event: Event, now: datetime, **_: object) -> None:
    """It is in with it, so that the old one is over; or it has thrown it away."""
    if event.code == wire.NOTICE_CREDENTIAL and event.reason in WORDS:
        WORDS[event.reason](device_id=device.device_id, now=now)
