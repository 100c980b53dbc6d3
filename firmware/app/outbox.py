"""Everything said upwards, kept until the platform has said that it is stored.

Memory and a log file tell the same story: each change is one appended record, and replaying the log gives the same
content. The file is written anew when most of it is history. A torn last record is dropped.
"""

from .files import Files
from .records import seal, unseal_all

LOG = "outbox.log"
TELEMETRY, EVENT, REPLY = "telemetry", "event", "reply"
SLACK = 64  # records of history that are not worth a rewrite


class Item:
    def __init__(self, kind: str, boot: int, seq: int, energy_wh: int, body: str) -> None:
        """`body` is the JSON object as text, without `low`; `energy_wh` the register at that moment, 0 for none."""
        self.kind = kind
        self.boot = boot
        self.seq = seq
        self.energy_wh = energy_wh
        self.body = body
        self.sent = False

    def line(self) -> str:
        return "%s %d %d %d %s" % (self.kind, self.boot, self.seq, self.energy_wh, self.body)


def item_of(line: str) -> Item:
    kind, boot, seq, energy_wh, body = line.split(" ", 4)
    return Item(kind, int(boot), int(seq), int(energy_wh), body)


class Outbox:
    def __init__(self, files: Files, capacity: int) -> None:
        """At most `capacity` messages; events and replies are kept beyond it, plain telemetry never."""
        self._files = files
        self._capacity = capacity
        self._records = 0
        self.items: list[Item] = []
        self.high_wh = 0  # highest register value ever put in: a journal for a meter that forgets
        self.dropped = 0
        self._load()

    def append(self, item: Item) -> None:
        self._keep(item)
        self._write("+ " + item.line())

    def holds(self, boot: int, seq: int) -> bool:
        for item in self.items:
            if item.boot == boot and item.seq == seq:
                return True
        return False

    def low(self, boot: int) -> "int | None":
        """The lowest sequence number held of this boot."""
        for item in self.items:
            if item.boot == boot:
                return item.seq
        return None

    def ack(self, boot: int, seq: int) -> bool:
        """The platform has everything of `boot` up to `seq`. False when that was no news."""
        before = len(self.items)
        self._forget(boot, seq)
        if len(self.items) == before:
            return False
        self._write("- %d %d" % (boot, seq))
        return True

    def unsent(self) -> "Item | None":
        for item in self.items:
            if not item.sent:
                return item
        return None

    def in_flight(self) -> int:
        count = 0
        for item in self.items:
            if item.sent:
                count += 1
        return count

    def rewind(self) -> None:
        """Send all of it again."""
        for item in self.items:
            item.sent = False

    def _forget(self, boot: int, seq: int) -> None:
        self.items = [item for item in self.items if item.boot != boot or item.seq > seq]

    def _keep(self, item: Item) -> None:
        """Takes the item in; when full, the oldest plain telemetry makes room."""
        self.high_wh = max(self.high_wh, item.energy_wh)
        self.items.append(item)
        if len(self.items) <= self._capacity:
            return
        for index in range(len(self.items)):
            if self.items[index].kind == TELEMETRY:
                del self.items[index]
                self.dropped += 1
                return

    def _write(self, text: str) -> None:
        self._records += 1
        if self._records > 2 * len(self.items) + SLACK:
            self._rewrite()
        else:
            self._files.append(LOG, seal(text))

    def _rewrite(self) -> None:
        """The log as short as it can be."""
        texts = ["= %d" % self.high_wh] + ["+ " + item.line() for item in self.items]
        self._files.replace(LOG, b"".join([seal(text) for text in texts]))
        self._records = len(texts)

    def _load(self) -> None:
        texts, torn = unseal_all(self._files.read(LOG) or b"")
        for text in texts:
            self._replay(text)
        self._records = len(texts)
        if torn:
            self._rewrite()

    def _replay(self, text: str) -> None:
        mark, rest = text.split(" ", 1)
        if mark == "+":
            self._keep(item_of(rest))
        elif mark == "-":
            boot, seq = rest.split(" ")
            self._forget(int(boot), int(seq))
        else:
            self.high_wh = max(self.high_wh, int(rest))
