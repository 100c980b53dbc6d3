"""Updates of the firmware: one at a time, into the slot that does not run, on trial, and back by itself.

No input or output of its own but the flash: the network asks `want` for what to fetch and hands it to `give`. Each step
does little, so the control loop is not held up. Where it is stands in `ota.json`; a power cut at any moment means that
the step is done again. The running slot is never written to, and the record that says which slot starts is replaced
whole, after the other one is complete: there is always one that starts.
"""

import hashlib
import json

from .files import Files
from .image import CHUNK, VERSION_FILE, BadImage, Table, copy, hexdigest
from .manifest import Manifest
from .memory import Memory
from .ports import Mono
from .records import seal, unseal
from .refused import Refused
from .slots import Slots
from .voice import Voice
from .words import W

JOB = "ota.json"
IMAGE = "ota.img"
DOWNLOADING, VERIFIED, INSTALLED = "downloading", "verified", "installed"
FETCH = 4 * CHUNK  # bytes for each request: a TLS handshake takes the chip a second
PAUSE_MS = 10_000  # after a failure; twice as long after each further one
TRIES = 8  # failures in a row, without a byte of progress
PROVE_MS = 600_000  # so long a new firmware has to prove itself
SOON_MS = 120_000  # no restart so short before a session may begin


class Updater:
    def __init__(self, files: Files, memory: Memory, voice: Voice, mono: Mono, running: str, modulus_hex: str) -> None:
        self._files = files
        self._memory = memory
        self._voice = voice
        self._mono = mono
        self._running = running
        self._modulus_hex = modulus_hex
        self._began_ms = mono.ms()
        self._pause_until_ms = 0
        self._failures = 0
        self._bad = 0
        self._digest: object = None
        self._done = 0
        self._table: Table | None = None
        self._index = 0
        self.slots = Slots(files)
        self.restart = False  # the device has to be started again, now
        self._stage, self._manifest = _load(files)
        self._have = files.size(IMAGE) if self._stage == DOWNLOADING else 0

    def begin(self) -> None:
        """After a start: tells what became of an update."""
        if self.slots.why:
            self._tell("rolled_back", self.slots.why)
            self._memory.commit()
            self._forget()
            self.slots.keep()
        elif self._manifest is not None and self._manifest.version == self._running and not self.slots.on_trial:
            self._forget()

    def order(self, data: "dict[str, object]") -> None:
        """The command `ota`. Raises Refused by name."""
        manifest = Manifest(data)
        manifest.check(self._running, self._modulus_hex)
        same = self._manifest is not None and self._manifest.sha256 == manifest.sha256
        if same and self._stage == DOWNLOADING:
            self._save(DOWNLOADING, manifest)  # perhaps from another address
            return
        if self._memory.session or self.slots.on_trial or self._stage in (VERIFIED, INSTALLED):
            raise Refused(W.REFUSE_BUSY)
        self._files.remove(IMAGE)
        self._have = self._failures = self._bad = self._pause_until_ms = 0
        self._digest = None
        self._save(DOWNLOADING, manifest)
        self._tell(DOWNLOADING)

    # the network's side

    def want(self, calm: bool) -> "tuple[str, int, int] | None":
        """Address, first byte and number of bytes to be fetched now. `calm`: no session, and the supply is good."""
        manifest = self._manifest
        if manifest is None or self._stage != DOWNLOADING or not calm or self._mono.ms() < self._pause_until_ms:
            return None
        if self._have >= manifest.size:
            return None
        return manifest.url, self._have, min(FETCH, manifest.size - self._have)

    def give(self, start: int, data: bytes) -> None:
        """What was fetched. A piece that does not go on where the file ends is of another update."""
        manifest = self._manifest
        if manifest is None or self._stage != DOWNLOADING or start != self._have or not data:
            return
        data = data[: manifest.size - self._have]
        try:
            self._files.append(IMAGE, data)
        except OSError:
            self._give_up("flash_full")
            return
        self._have += len(data)
        self._failures = 0

    def trouble(self, why: str) -> None:
        """It could not be fetched; tried again later, some times."""
        if self._stage != DOWNLOADING:
            return
        self._pause_until_ms = self._mono.ms() + (PAUSE_MS << min(self._failures, 6))
        self._failures += 1
        if self._failures >= TRIES:
            self._give_up(why)

    # the device's side

    def step(self, calm: bool, proved: bool) -> None:
        """`proved`: connected, heard by the platform, the meter reads, the self-test has passed."""
        if self.slots.on_trial:
            self._prove(calm, proved)
        elif self._manifest is not None and calm:
            try:
                self._advance(self._manifest)
            except OSError:
                self._give_up("flash")

    def _advance(self, manifest: Manifest) -> None:
        if self._stage == DOWNLOADING and self._have >= manifest.size:
            self._verify(manifest)
        elif self._stage == VERIFIED:
            self._install(manifest)
        elif self._stage == INSTALLED and self._nothing_soon():
            self._restart_into_other()

    def _read(self, start: int, length: int) -> bytes:
        return self._files.part(IMAGE, start, length)

    def _verify(self, manifest: Manifest) -> None:
        """A piece each time."""
        if self._digest is None:
            self._digest, self._done = hashlib.sha256(), 0
        piece = self._read(self._done, CHUNK)
        self._digest.update(piece)  # type: ignore[attr-defined]
        self._done += len(piece)
        if piece and self._done < manifest.size:
            return
        whole = self._done == manifest.size and hexdigest(self._digest) == manifest.sha256
        self._digest = None
        if whole:
            self._save(VERIFIED, manifest)
            self._tell(VERIFIED)
        else:
            self._start_over()

    def _start_over(self) -> None:
        """Something went wrong on the way: once more from the beginning, then no more."""
        self._files.remove(IMAGE)
        self._have = 0
        self._bad += 1
        if self._bad > 1:
            self._give_up("sha256")

    def _install(self, manifest: Manifest) -> None:
        """A file each time: the watchdog has to be fed in between."""
        try:
            if self._table is None:
                self._table, self._index = self._open(manifest), 0
            if self._index < len(self._table.files):
                self._unpack(self._table)
                return
        except BadImage as error:
            self._give_up("image_" + str(error))
            return
        self._table = None
        self._files.replace(self.slots.other() + "/" + VERSION_FILE, manifest.version.encode())
        self._tell(INSTALLED)
        self._memory.commit()
        self._save(INSTALLED, manifest)

    def _open(self, manifest: Manifest) -> Table:
        """From here on the other slot is not whole."""
        table, slot = Table(self._read), self.slots.other()
        if table.version != manifest.version:
            raise BadImage("version")
        self._files.remove(slot + "/" + VERSION_FILE)
        self._files.remove_tree(slot)
        return table

    def _unpack(self, table: Table) -> None:
        name, size, digest = table.files[self._index]
        path = self.slots.other() + "/" + name
        self._files.write(path, b"")
        if copy(self._read, table.start_of(self._index), size, lambda piece: self._files.append(path, piece)) != digest:
            raise BadImage("file")
        self._index += 1

    def _nothing_soon(self) -> bool:
        """No permit opens in a moment, or is open: whoever comes for it must not find a device that starts."""
        now_ms = self._voice.now_ms()
        return not [1 for permit in self._memory.permits if permit.start_ms - SOON_MS <= now_ms < permit.end_ms]

    def _restart_into_other(self) -> None:
        self.slots.try_other()
        self.restart = True

    def _prove(self, calm: bool, proved: bool) -> None:
        """Whoever charges in the meantime charges to the end."""
        if proved:
            self._tell("healthy")
            self._memory.commit()
            self._forget()
            self.slots.keep()
        elif calm and self._mono.ms() - self._began_ms >= PROVE_MS and not self.restart:
            self.restart = self.slots.go_back("unhealthy")

    def _give_up(self, why: str) -> None:
        self._tell("failed", why)
        self._forget()

    def _forget(self) -> None:
        self._stage, self._manifest, self._have, self._table = "", None, 0, None
        self._files.remove(JOB)
        self._files.remove(IMAGE)

    def _save(self, stage: str, manifest: Manifest) -> None:
        self._stage, self._manifest = stage, manifest
        self._files.replace(JOB, seal(json.dumps({"stage": stage, "manifest": manifest.as_dict()})))

    def _tell(self, word: str, detail: str = "") -> None:
        self._voice.event(W.EV_NOTICE, {"code": W.NOTICE_OTA, "reason": word + (":" + detail if detail else "")})


def _load(files: Files) -> "tuple[str, Manifest | None]":
    text = unseal((files.read(JOB) or b"").rstrip(b"\n"))
    if not text:
        return "", None
    data = json.loads(text)
    return data["stage"], Manifest(data["manifest"])
