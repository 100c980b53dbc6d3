"""What the cases of both versions share: a station that was let in, an operator, a clock of the past."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from saas.edge.ocpp.facts import text_of
from saas.kit.time import to_ms
from tenants.charging.models import Session

from .scripted import Scripted
from .whole import Whole, answered, at_desk, connected, opened, play, registered


def at(minute: float = 0) -> str:
    """A moment of the last hour, so that what a case tells lies in the past; beyond 60, one to come."""
    return text_of(to_ms(datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=minute)))


def just_now() -> str:
    """This moment, as stations write it."""
    return text_of(to_ms(datetime.now(UTC)))


class Desk:
    """The station of a case, and what an operator does."""

    def __init__(self, house: Whole, device: Any, station: Scripted) -> None:
        self.house, self.device, self.station = house, device, station

    async def order(self, action: str, **payload: Any) -> Any:
        """An operator's call; the command as it ended."""
        command = await self.house.order(self.device, action, payload)
        assert await self.station.expect(action) == payload
        return await answered(command)

    async def sessions(self) -> list[tuple[str, int, str]]:
        rows = await at_desk(lambda: list(Session.objects.order_by("id")))
        return [(row.state, row.energy_wh, row.id_tag) for row in rows]


class Bootable(Protocol):
    """A case of either version."""

    async def boot(self) -> None: ...


C = TypeVar("C", bound=Bootable)


def walked(
    folder: Path, kind: Callable[[Whole, Any, Scripted], C], protocol: str, scene: Callable[[C], Awaitable[None]],
    *, boot: bool,
) -> None:  # fmt: skip
    """Play a case with a station of two outlets; nothing of it may be set aside."""
    device, secret = registered(evses=2)

    async def whole() -> None:
        async with opened(folder) as house, connected(house, device, secret, protocol) as station:
            case = kind(house, device, station)
            if boot:
                await case.boot()
            await scene(case)
            assert house.broker.poison == []

    play(whole)
