"""Does the register tell the story that relay and current tell? What it should not have done is kept here."""

SETTLE_MS = 3000  # after a switch: what the meter still had to count
FLOWS_W = 100  # less than this is not worth a doubt
FROZEN_W_MS = 20 * 3_600_000  # 20 Wh by power and time, and the register has not moved
RETRY_MS = 60_000  # so long after the relay opened, a frozen meter may be tried again
UNMETERED_WH = 5
QUIET_MS = 600_000  # creeping slower than 5 Wh in this time is noise


class Evidence:
    def __init__(self, last_wh: "int | None") -> None:
        """`last_wh`: where the register stood when the device, without a session, was last heard of; None: unknown."""
        self._expected_w_ms = 0
        self._total_wh = -1
        self._base_wh = last_wh
        self._moved_ms = 0
        self._based_ms = 0
        self._ran = False
        self.unmetered_wh = 0  # what the register moved without a session

    def look(
        self, total_wh: int, power_w: int, closed: bool, since_switch_ms: int, now_ms: int, passed_ms: int
    ) -> None:
        moved = total_wh != self._total_wh
        self._total_wh = total_wh
        if moved:
            self._moved_ms = now_ms
        self._expect(moved, power_w if closed else 0, not closed and since_switch_ms >= RETRY_MS, passed_ms)
        self._ran = self._ran or closed
        if not closed and since_switch_ms >= SETTLE_MS:
            self._count(total_wh, now_ms)
        elif self._ran or self._base_wh is None:
            self._base_wh, self._based_ms, self.unmetered_wh = total_wh, now_ms, 0

    def frozen(self) -> bool:
        """Current says that power flows, the register stands still."""
        return self._expected_w_ms >= FROZEN_W_MS

    def unmetered(self) -> bool:
        return self.unmetered_wh >= UNMETERED_WH

    def _expect(self, moved: bool, power_w: int, rested: bool, passed_ms: int) -> None:
        if not moved and power_w >= FLOWS_W:
            self._expected_w_ms += power_w * passed_ms
        elif moved or rested:
            self._expected_w_ms = 0

    def _count(self, total_wh: int, now_ms: int) -> None:
        since_ms = self._moved_ms if self.unmetered() else self._based_ms
        if self._base_wh is None or now_ms - since_ms >= QUIET_MS:
            self._base_wh, self._based_ms = total_wh, now_ms
        self.unmetered_wh = total_wh - self._base_wh
