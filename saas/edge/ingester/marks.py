"""How far the messages of one boot of one device are committed. Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_RANGES = 1000


@dataclass(slots=True)
class Mark:
    """Every seq up to and including `seq` is committed (or was dropped by the device); `starts[i]` to `ends[i]`,
    half-open, sorted and apart from each other, are committed beyond a gap."""

    seq: int = 0
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def has(self, seq: int) -> bool:
        """Whether this message is committed already (or may be passed over)."""
        if seq <= self.seq:
            return True
        at = bisect_right(self.starts, seq) - 1
        return at >= 0 and seq < self.ends[at]

    @property
    def full(self) -> bool:
        """So many gaps that another may not be opened: such a device breaks the rules."""
        return len(self.starts) >= MOST_RANGES

    def add(self, seq: int) -> None:
        """Mark a seq that `has` does not know yet."""
        if seq == self.seq + 1:
            self.seq = seq
            self._absorb()
            return
        at = bisect_right(self.starts, seq)
        touches_left = at > 0 and self.ends[at - 1] == seq
        touches_right = at < len(self.starts) and self.starts[at] == seq + 1
        if touches_left and touches_right:
            self.ends[at - 1] = self.ends.pop(at)
            del self.starts[at]
        elif touches_left:
            self.ends[at - 1] = seq + 1
        elif touches_right:
            self.starts[at] = seq
        else:
            self.starts.insert(at, seq)
            self.ends.insert(at, seq + 1)

    def pass_over(self, low: int) -> None:
        """The device holds nothing below `low` any more: gaps below it will never be filled."""
        if low - 1 > self.seq:
            self.seq = low - 1
            self._absorb()

    def ahead(self) -> list[int]:
        """The ranges beyond gaps as the database keeps them: start and end in turn."""
        return [edge for pair in zip(self.starts, self.ends, strict=True) for edge in pair]

    def _absorb(self) -> None:
        while self.starts and self.starts[0] <= self.seq + 1:
            self.seq = max(self.seq, self.ends.pop(0) - 1)
            del self.starts[0]


def mark_of(seq: int, ahead: Iterable[int]) -> Mark:
    """From a row of telemetry.watermark."""
    edges = list(ahead)
    return Mark(seq, edges[0::2], edges[1::2])
