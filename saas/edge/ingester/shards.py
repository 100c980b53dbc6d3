"""Which ingester serves which device. Pure.

Devices fall into BUCKETS by a hash of their id, buckets to ingesters in turn. The bucket, not the ingester, is what is
locked in the database, so the number of ingesters may change while transactions of the old ones still run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from .count import ingester_count, ingester_number
from .port import FILTERS, USER

BUCKETS = 64


@dataclass(frozen=True)
class Share:
    """The devices of ingester `number` (1 … `of`)."""

    number: int = 1
    of: int = 1

    @property
    def client_ids(self) -> list[str]:
        """Of all ingesters of this division. A session at the broker has one meaning for ever: another division has
        other sessions, so none is subscribed to what it no longer serves."""
        if self.of == 1:
            return [USER]
        return [f"{USER}-{number}of{self.of}" for number in range(1, self.of + 1)]

    @property
    def client_id(self) -> str:
        """Of this one."""
        return self.client_ids[self.number - 1]

    @property
    def whole(self) -> bool:
        """Alone: it subscribes with wildcards and needs no list of devices."""
        return self.of == 1

    def has(self, device: str) -> bool:
        """Whether this ingester serves the device."""
        return bucket_of(device) % self.of == self.number - 1

    def filters(self, devices: Iterable[str]) -> frozenset[str]:
        """What to subscribe to for the devices of this share among these."""
        if self.whole:
            return frozenset(FILTERS)
        mine = [device for device in devices if self.has(device)]
        return frozenset(one.replace("+", device) for device in mine for one in FILTERS)


def share() -> Share:
    """From `WATTLANE_INGESTERS` (how many there are) and `WATTLANE_INGESTER_NUMBER` (which of them this is)."""
    return Share(ingester_number(), ingester_count())


@lru_cache(maxsize=200_000)
def bucket_of(device: str) -> int:
    """0 … BUCKETS - 1, for ever the same."""
    return crc32(device.encode()) % BUCKETS


def buckets_of(devices: Iterable[str]) -> list[int]:
    """Sorted, each once."""
    return sorted({bucket_of(device) for device in devices})
