"""Limits on entrances. `Limit` counts in the database, for all processes; `Local` in this process, free."""

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from .errors import Refused
from .models import Window
from .tenant_context import current_schema

KEPT_S = 86_400


class TooMany(Refused):
    """Too many attempts. Wait before the next one."""

    code = "too_many_requests"
    status = 429
    retry = True

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Try again in {retry_after} seconds.", retry_after=retry_after)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts in each period of `seconds`, by a key of the caller: an address, an account."""

    name: str
    most: int
    seconds: int

    def hit(self, key: str, *, now: datetime) -> None:
        """Count one attempt. TooMany when it is over the limit."""
        start = self._start(now)
        statement = (
            "INSERT INTO kit_window (key, start_s, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (key, start_s) DO UPDATE SET count = kit_window.count + 1 RETURNING count"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [self._digest(key), start])
            row = cursor.fetchone()
        if row and row[0] > self.most:
            raise self._refusal(now)

    def check(self, key: str, *, now: datetime) -> None:
        """Count nothing. TooMany when the limit is reached already."""
        held = Window.objects.filter(key=self._digest(key), start_s=self._start(now)).first()
        if held is not None and held.count >= self.most:
            raise self._refusal(now)

    def reset(self, key: str) -> None:
        """Forget the attempts of this key."""
        Window.objects.filter(key=self._digest(key)).delete()

    def _start(self, now: datetime) -> int:
        return int(now.timestamp()) // self.seconds * self.seconds

    def _refusal(self, now: datetime) -> TooMany:
        return TooMany(max(1, self._start(now) + self.seconds - int(now.timestamp())))

    def _digest(self, key: str) -> str:
        """Addresses of people are kept as keyed digests only; tenants never share a count."""
        text = f"{self.name}|{current_schema()}|{key}"
        return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class Local:
    """A bucket per key in this process: `most` at once, refilled over `seconds`. For the cheap and many."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.rate = most / seconds
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def hit(self, key: str) -> None:
        """Count one. TooMany when the bucket is empty."""
        moment = time.monotonic()
        with self._lock:
            left, since = self._buckets.get(key, (float(self.most), moment))
            left = min(self.most, left + (moment - since) * self.rate)
            if left < 1:
                raise TooMany(max(1, round((1 - left) / self.rate)))
            if len(self._buckets) > 50_000:
                self._buckets.clear()
            self._buckets[key] = (left - 1, moment)


def forget_old(*, now: datetime) -> int:
    """Delete counts that no limit reads any more. Returns how many."""
    return Window.objects.filter(start_s__lt=int(now.timestamp()) - KEPT_S).delete()[0]
