"""The device registry as the ingester sees it: remembered for seconds, tenant included."""

import time
from collections.abc import Iterable

from saas.devices.models import Device

REMEMBER_SECONDS = 3.0
MOST = 200_000


class Registry:
    """Looks many devices up at once. What it says may be REMEMBER_SECONDS old."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, Device | None]] = {}

    def look_up(self, device_ids: Iterable[str]) -> dict[str, Device | None]:
        """By id; None for one that is not registered."""
        now = time.monotonic()
        wanted = set(device_ids)
        stale = [name for name in wanted if self._held.get(name, (0.0, None))[0] <= now]
        if stale:
            self._refresh(stale, now + REMEMBER_SECONDS)
        return {name: self._held[name][1] for name in wanted}

    def forget(self) -> None:
        """Ask the database again: what is held may come from a transaction that was rolled back."""
        self._held.clear()

    def _refresh(self, device_ids: list[str], until: float) -> None:
        if len(self._held) > MOST:
            self._held.clear()
        found = Device.objects.select_related("tenant").in_bulk(device_ids)
        self._held |= {name: (until, found.get(name)) for name in device_ids}
