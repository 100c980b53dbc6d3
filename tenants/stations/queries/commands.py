"""Commands to stations, and waiting for their answers."""

import time
from uuid import UUID

from saas.kit.errors import NotFound
from saas.kit.pagination import Page, newest_first
from tenants.charging.models import DeviceCommand

from ..models import Station, StationCommand

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.1
RELATED = ("station", "by")


def wait(*, command: StationCommand, within_s: float) -> StationCommand:
    """The command once it is done, or as it is after `within_s`. Call it outside of the transaction that sent it."""
    end, pause = time.monotonic() + within_s, FIRST_PAUSE_S
    while True:
        found = StationCommand.objects.select_related(*RELATED).get(pk=command.pk)
        left = end - time.monotonic()
        if found.done_at is not None or left <= 0:
            return _as_sent([found])[0]
        time.sleep(min(pause, left))
        pause = min(pause * 1.3, LONGEST_PAUSE_S)


def command(*, station: Station, uid: UUID) -> StationCommand:
    """NotFound for a command of another station."""
    found = StationCommand.objects.select_related(*RELATED).filter(station=station, uid=uid).first()
    if found is None:
        raise NotFound("There is no such command.")
    return _as_sent([found])[0]


def commands(*, station: Station, after: str | None, limit: int) -> Page[StationCommand]:
    """Newest first."""
    rows = StationCommand.objects.select_related(*RELATED).filter(station=station)
    page = newest_first(rows, after=after, limit=limit)
    return Page(_as_sent(list(page.items)), page.next)


def _as_sent(commands: list[StationCommand]) -> list[StationCommand]:
    """What the outbox knows before the answer is there: when it was sent. Not saved."""
    open_ones = [command.uid for command in commands if command.done_at is None]
    sent = DeviceCommand.objects.filter(uid__in=open_ones).exclude(sent_at=None) if open_ones else []
    times = {row.uid: row.sent_at for row in sent}
    for one in commands:
        if one.uid in times:
            one.state, one.sent_at = StationCommand.State.SENT, times[one.uid]
    return commands
