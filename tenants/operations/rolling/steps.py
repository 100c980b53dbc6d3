"""What every kind of roll-out does with one device, and how a device's row moves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from tenants.stations.requests import Request

from .. import sending
from ..models import Rollout, RolloutDevice
from ..queries import Member
from ..sending import Outcome

State = RolloutDevice.State
ORIGIN = "rollout:"
TIMEOUT = "timeout"
PAUSE = timedelta(seconds=60)


@dataclass(frozen=True)
class Turn:
    """One device of a roll-out, now. The roll-out is locked; `member` None: the device is not here any more."""

    rollout: Rollout
    row: RolloutDevice
    member: Member | None
    now: datetime

    @property
    def there(self) -> Member:
        """The device. Only where it was looked for before."""
        assert self.member is not None
        return self.member

    @property
    def too_late(self) -> bool:
        """Whether the device has had its time."""
        begun, most = self.row.begun_at, timedelta(seconds=self.rollout.device_timeout_s)
        return begun is not None and self.now >= begun + most

    def fail(self, error: str, text: str = "") -> None:
        """It ends here, by this name."""
        fail(self.row, error, self.now, text)

    def done(self) -> None:
        """Proved."""
        move(self.row, State.DONE, command="", error="", error_text="", done_at=self.now)

    def send(self, request: Request, *, phase: str, **values: Any) -> None:
        """An OCPP call; its name and the row's new state are one transaction. Refused when it cannot be sent."""
        origin = f"{ORIGIN}{self.rollout.uid}"
        name = sending.to_station(member=self.there, request=request, now=self.now, by=None, origin=origin)
        move(self.row, State.SENT, command=name, phase=phase, **values)


class Steps(Protocol):
    """One kind of roll-out. Each call may find the device in any state that an earlier one left.

    `watched`: while its stage lasts, a device that has ended is looked at again.
    """

    watched: bool

    def unfit(self, row: RolloutDevice, member: Member) -> str:
        """Why the device needs nothing, or cannot: it is skipped under this name. Empty: begin."""
        ...

    def begin(self, turn: Turn) -> None:
        """Send the first command. Refused when it cannot be sent."""
        ...

    def answered(self, turn: Turn, found: Outcome) -> None:
        """The command that was out is answered, or given up."""
        ...

    def look(self, turn: Turn) -> None:
        """Nothing is out: look for the proof, or send the next command."""
        ...

    def relapsed(self, row: RolloutDevice, reported: str) -> tuple[str, str]:
        """The state of a device that has ended, by the version that it reports now, and why it is another."""
        ...


def move(row: RolloutDevice, state: str, **values: Any) -> None:
    """The row is another now."""
    for name, value in {"state": state, **values}.items():
        setattr(row, name, value)
    row.save()


def fail(row: RolloutDevice, error: str, now: datetime, text: str = "") -> None:
    """It ends here, by this name."""
    move(row, State.FAILED, error=error[:60], error_text=text[:200], command="", done_at=now)


def back_to_queue(row: RolloutDevice, waits_for: str, now: datetime) -> None:
    """It never began: it may begin later, not at once."""
    move(row, State.QUEUED, waits_for=waits_for, command="", phase="", begun_at=None, not_before=now + PAUSE)
