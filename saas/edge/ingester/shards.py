"""Which ingester serves which device. Pure.

Devices fall into BUCKETS by a hash of their id, buckets to ingesters in turn. The bucket, not the ingester, is what is
locked in the database, so the number of ingesters may change while transactions of the old ones still run.
"""

from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

BUCKETS = 64
MOST = 16


@lru_cache(maxsize=200_000)
def bucket_of(device: str) -> int:
    """0 … BUCKETS - 1, for ever the same."""
    return crc32(device.encode()) % BUCKETS


def buckets_of(devices: Iterable[str]) -> list[int]:
    """Sorted, each once."""
    return sorted({bucket_of(device) for device in devices})
