"""Everything said upwards, kept until the platform has said that it is stored.

Memory and a log file tell the same story: replaying the log gives the same content. The file is written anew when most
of it is history. A torn last record is dropped.

Events and replies are on the flash before `extend` returns, with all that was said before them. Plain samples wait in
memory until the oldest of them is 15 seconds old (`Adapter`): what is acknowledged by then never wears the flash. **So
the worst that a power cut loses is the samples of the last 15 seconds**, unless the brown-out of the supply is seen in
time, which writes them down. No sample that may be lost tells more energy than the flash knows of, where the meter
itself forgets (`Voice.sample`).

Life of the flash, 2 MB of it for files, 100,000 erasures a sector, levelled by littlefs: 512 sectors bear 51 million;
an append costs two. Charging without a break and without a network: 5,760 appends a day, 12 years. Five hours of
charging a day with a network that acknowledges: a checkpoint every 15 seconds with a meter that forgets (HLW8032),
1,300 writes a day with those of the events, 50 years; every minute with one that does not (PZEM-004T), 400 a day,
beyond 100.
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
        self.said_ms = 0  # by the monotonic clock of its boot
        self.sent = False
        self.stored = False

    def line(self) -> str:
        return "%s %d %d %d %s" % (self.kind, self.boot, self.seq, self.energy_wh, self.body)


def item_of(line: str) -> Item:
    kind, boot, seq, energy_wh, body = line.split(" ", 4)
    return Item(kind, int(boot), int(seq), int(energy_wh), body)


class Outbox:
    def __init__(self, files: Files, capacity: int) -> None:
        """At most `capacity` messages; events and replies are kept beyond it, plain telemetry never."""
        self._files = files
        self.capacity = capacity
        self._records = 0
        self._acks: dict[int, int] = {}  # boot: seq, not on the flash yet
        self.items: list[Item] = []
        self.high_wh = 0  # highest register value ever put in: a journal for a meter that forgets
        self.safe_wh = 0  # … as the flash knows it
        self.wall_ms = 0  # the time when the log was last written, 0 for unknown
        self.left_mark = ""  # the running session, and what is left of its time: see Memory.check
        self.left_ms = 0
        self.dropped = 0
        self._load()

    def append(self, item: Item) -> None:
        """A sample: on the flash after the next flush."""
        self._keep(item)

    def extend(self, items: "list[Item]") -> None:
        """Events and replies: on the flash when this returns."""
        for item in items:
            self._keep(item)
        if items:
            self.flush()

    def flush(self, checkpoint: bool = False) -> None:
        """Everything on the flash, by one append. `checkpoint`: also when there is no message to be written."""
        texts = ["- %d %d" % (boot, self._acks[boot]) for boot in self._acks]
        new = [item for item in self.items if not item.stored]
        texts += ["+ " + item.line() for item in new]
        if not texts and not checkpoint:
            return
        texts.append(self._checkpoint())
        self._write(texts)
        self._acks = {}
        self.safe_wh = self.high_wh
        for item in new:
            item.stored = True

    def oldest_in_memory(self) -> "Item | None":
        """What a power cut now would lose first. A flush stores all there is, so what is not stored is at the end."""
        oldest = None
        for index in range(len(self.items) - 1, -1, -1):
            if self.items[index].stored:
                break
            oldest = self.items[index]
        return oldest

    def note_register(self, energy_wh: int) -> None:
        """For the next checkpoint."""
        self.high_wh = max(self.high_wh, energy_wh)

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
        """The platform has everything of `boot` up to `seq`. False when that was no news. Written down by the next
        flush: a power cut before it means that some of it is sent again, which the platform knows by its number."""
        gone = [item for item in self.items if item.boot == boot and item.seq <= seq]
        if not gone:
            return False
        for item in gone:
            if item.stored:
                self._acks[boot] = max(seq, self._acks.get(boot, 0))
        self._forget(boot, seq)
        return True

    def unsent(self) -> "Item | None":
        for item in self.items:
            if not item.sent:
                return item
        return None

    def in_flight(self) -> int:
        """They go in order, so those that were sent are at the beginning."""
        count = 0
        for item in self.items:
            if not item.sent:
                break
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
        self.note_register(item.energy_wh)
        self.items.append(item)
        while len(self.items) > self.capacity and self._drop_oldest():
            self.dropped += 1

    def _drop_oldest(self) -> bool:
        for index in range(len(self.items)):
            if self.items[index].kind == TELEMETRY:
                del self.items[index]
                return True
        return False

    def _checkpoint(self) -> str:
        return "= %d %d %d %s" % (self.high_wh, self.wall_ms, self.left_ms, self.left_mark)

    def _write(self, texts: "list[str]") -> None:
        self._records += len(texts)
        if self._records > 2 * len(self.items) + SLACK:
            self._rewrite()
        else:
            self._files.append(LOG, b"".join([seal(text) for text in texts]))

    def _rewrite(self) -> None:
        """The log as short as it can be."""
        texts = ["+ " + item.line() for item in self.items] + [self._checkpoint()]
        self._files.replace(LOG, b"".join([seal(text) for text in texts]))
        self._records = len(texts)

    def _load(self) -> None:
        texts, torn = unseal_all(self._files.read(LOG) or b"")
        for text in texts:
            self._replay(text)
        for item in self.items:
            item.stored = True
        self._records = len(texts)
        if torn:
            self._rewrite()
        self.safe_wh = self.high_wh

    def _replay(self, text: str) -> None:
        mark, rest = text.split(" ", 1)
        if mark == "+":
            self._keep(item_of(rest))
        elif mark == "-":
            boot, seq = rest.split(" ")
            self._forget(int(boot), int(seq))
        else:
            self._recall(rest.split(" ", 3))

    def _recall(self, parts: "list[str]") -> None:
        """A checkpoint; one of an earlier firmware holds the register alone."""
        self.note_register(int(parts[0]))
        if len(parts) == 4:
            self.wall_ms, self.left_ms, self.left_mark = int(parts[1]), int(parts[2]), parts[3]
