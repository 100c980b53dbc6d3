"""Who listens to what, and the queue of each: bounded, so that one slow reader costs nobody else anything."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from saas.edge import metrics

DEPTH = 256
Key = tuple[str, str]  # schema, audience


class Subscriber:
    """One open feed. `over` is set when it must end: its reader was too slow, left, or the source was interrupted."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = list(keys)
        self.queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(DEPTH)
        self.over = asyncio.Event()

    def offer(self, event_id: int, frame: bytes) -> None:
        """Queue a frame, or end the feed: the client comes back and resumes from the rows."""
        try:
            self.queue.put_nowait((event_id, frame))
        except asyncio.QueueFull:
            self.over.set()


class Hub:
    """All feeds of this process."""

    def __init__(self) -> None:
        self._feeds: defaultdict[Key, set[Subscriber]] = defaultdict(set)

    def add(self, subscriber: Subscriber) -> None:
        """From now on it hears of everything."""
        for key in subscriber.keys:
            self._feeds[key].add(subscriber)
        metrics.LISTENERS.inc()

    def remove(self, subscriber: Subscriber) -> None:
        """It hears no more."""
        for key in subscriber.keys:
            self._feeds[key].discard(subscriber)
            if not self._feeds[key]:
                del self._feeds[key]
        metrics.LISTENERS.dec()

    def wanted(self, schema: str) -> bool:
        """Whether anybody listens to this tenant."""
        return any(key[0] == schema for key in self._feeds)

    def publish(self, schema: str, audience: str, event_id: int, frame: bytes) -> None:
        """Give an event to all who listen."""
        for subscriber in self._feeds.get((schema, audience), ()):
            subscriber.offer(event_id, frame)
            metrics.PUSHED.inc()

    def end_all(self) -> None:
        """Send everybody away: notifications were lost, the rows have them."""
        for feed in self._feeds.values():
            for subscriber in feed:
                subscriber.over.set()
