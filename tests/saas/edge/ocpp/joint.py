"""Translators and the tenant's side, joined without a network: what a station says, stored, answered, obeyed."""

from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import msgspec

from saas.contracts import rpc
from saas.contracts.telemetry.messages import Command, Event, Telemetry
from saas.devices import queries as devices
from saas.devices.models import Device
from saas.edge.answers.methods import METHODS
from saas.edge.ocpp import schemas
from saas.edge.ocpp.facts import Fact, text_of
from saas.edge.ocpp.station import Plan, State
from saas.kit.errors import Refused
from saas.kit.time import to_ms
from tenants.charging import actions
from tenants.charging.models import DeviceCommand, Session
from tests.builders import NOW

START = NOW + timedelta(hours=1)


def at(minute: float) -> str:
    """That minute after START, as stations write it."""
    return text_of(to_ms(START + timedelta(minutes=minute)))


class Joint:
    """A station whose words reach the tenant's actions as gateway and ingester would bring them.

    A fact is told once, like the ingester does it; what the tenant refuses is kept in `poison`.
    """

    def __init__(self, module: ModuleType, device: Device) -> None:
        self.module, self.device = module, device
        self.state = State(device=device.device_id)
        self.known: set[tuple[int, int]] = set()
        self.poison: list[tuple[Fact, str]] = []

    def say(self, action: str, minute: float, **payload: Any) -> dict[str, Any]:
        """What the station says at that minute (of the platform's clock); what it is answered."""
        now = START + timedelta(minutes=minute)
        schemas.check_request(self.module.VERSION, action, payload)
        plan: Plan = self.module.translate(action, payload, self.state, to_ms(now))
        self.state = plan.state
        result = plan.question and METHODS[rpc.METHOD_OF[type(plan.question)]](plan.question, now)
        for fact in (*plan.plain, *plan.facts):
            self.bring(fact, now)
        answer = dict(plan.answer(result))
        schemas.check_response(self.module.VERSION, action, answer)
        return answer

    def forget(self) -> None:
        """The gateway starts anew."""
        self.state = State(device=self.device.device_id)

    def bring(self, fact: Fact, now: datetime) -> None:
        """Hand a fact over as the ingester does: once."""
        if (fact.boot, fact.seq) in self.known:
            return
        self.known.add((fact.boot, fact.seq))
        self.device.refresh_from_db()
        try:
            if isinstance(fact, Event):
                actions.receive_event(device=self.device, event=fact, received_at=now)
            elif isinstance(fact, Telemetry):
                actions.receive_sample(device=self.device, sample=fact, received_at=now)
        except Refused as no:
            self.poison.append((fact, no.code))

    def sessions(self) -> list[Session]:
        """Of this station, oldest first."""
        return list(Session.objects.filter(device_id=self.device.device_id).order_by("id"))

    def command(self, kind: str) -> dict[str, Any]:
        """The call that the newest command of this kind becomes."""
        row = DeviceCommand.objects.filter(device_id=self.device.device_id, type=kind).latest("id")
        (out,) = self.module.calls(msgspec.convert(row.payload, Command), self.state)
        schemas.check_request(self.module.VERSION, out.action, out.payload)
        return dict(out.payload)


def joint(module: ModuleType, session: Session) -> Joint:
    """The station of a session."""
    return Joint(module, devices.get(session.device_id))
