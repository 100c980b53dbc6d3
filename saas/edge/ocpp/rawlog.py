"""Writes the raw log of stations (see saas.kit.framelog): lines are made at once, put on disk several times a second.

Secrets are taken out before a line is written. A file is closed and compressed when its day is over or when it is
full; what is older than `keep_days`, or more than `keep_bytes` a station, goes, oldest first.
"""

import asyncio
import errno
import gzip
import os
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from saas.kit.framelog import WAYS, Line, Part, Way, folder_of, parts
from saas.kit.redaction import redacted_text

log = structlog.get_logger("ocpp")
FLUSH_SECONDS = 0.3
SWEEP_SECONDS = 3600.0
PART_BYTES = 4_000_000
KEEP_BYTES = 20_000_000
KEEP_DAYS = 365  # at most; a tenant may keep its stations' frames for a shorter time
MAX_WAITING = 16_000_000
LINE_BYTES = 50  # besides the frame
AS_IT_IS = {way: b'{"ts_ms":%%d,"way":"%b","frame":%%b}\n' % way.encode() for way in WAYS}  # of a frame that is JSON
SLICE = 50
SLOW_S, SLOW_FOR_S = 0.1, 60.0
REFUSALS_EVERY_S = 60.0
KNOWN_FILES = 20_000
_encode = msgspec.json.Encoder().encode

Waiting = dict[str, list[bytes]]  # by device: whole lines


class Policy(msgspec.Struct, frozen=True):
    """How much is kept: of a file, of a station, how long."""

    part_bytes: int = PART_BYTES
    keep_bytes: int = KEEP_BYTES
    keep_days: int = KEEP_DAYS


def policy_of(environment: dict[str, str]) -> Policy:
    """From WATTLANE_OCPP_LOG_DAYS and WATTLANE_OCPP_LOG_MB (a station, as it lies on disk)."""
    given = {}
    for name, field, factor in (("DAYS", "keep_days", 1), ("MB", "keep_bytes", 1_000_000)):
        text = environment.get(f"WATTLANE_OCPP_LOG_{name}", "")
        if text and not (text.isdecimal() and int(text)):
            raise SystemExit(f"WATTLANE_OCPP_LOG_{name}={text!r} is not a whole number above 0.")
        if text:
            given[field] = int(text) * factor
    return Policy(**given)


class RawLog:
    """What waits in memory is bounded; what is too much is counted."""

    def __init__(self, root: Path, policy: Policy | None = None) -> None:
        self._files = Files(root, policy or Policy())
        self._waiting: Waiting = defaultdict(list)
        self._bytes = 0
        self._dropped = 0
        self._refused_at: dict[str, float] = {}
        self._slow_until = 0.0

    def add(self, device: str, way: Way, frame: str | bytes, *, harmless: bool = False) -> None:
        """Keep one frame, or one word about the connection. `harmless`: it is JSON, and holds no secret."""
        if self._bytes > MAX_WAITING:
            self._dropped += 1
            return
        self._bytes += len(frame) + LINE_BYTES
        ts_ms = time.time_ns() // 1_000_000
        if harmless and isinstance(frame, bytes) and frame[:1] + frame[-1:] == b"[]" and b"\n" not in frame:
            self._waiting[device].append(AS_IT_IS[way] % (ts_ms, frame))
        else:
            text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
            self._waiting[device].append(as_line(Line(ts_ms, way, redacted_text(text))))

    def refused(self, device: str, why: str) -> None:
        """Keep that a connection was refused, once a minute at most: guesses must not push real frames out."""
        now = time.monotonic()
        if now - self._refused_at.get(device, -REFUSALS_EVERY_S) < REFUSALS_EVERY_S:
            return
        if len(self._refused_at) > KNOWN_FILES:
            self._refused_at.clear()
        self._refused_at[device] = now
        self.add(device, "refused", why)

    async def run(self) -> None:
        """Write until cancelled, then write the rest."""
        swept = -SWEEP_SECONDS
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                if self._waiting:
                    await self._flush(self._take())
                if time.monotonic() - swept > SWEEP_SECONDS:
                    swept = time.monotonic()
                    await asyncio.to_thread(self._files.sweep, datetime.now(UTC))
        finally:
            self._files.write(self._take())

    async def _flush(self, taken: Waiting) -> None:
        """Short appends in the event loop: a thread would fight with it for the interpreter at each of their system
        calls, which costs several times more. What turns to a new file, and all of it while the disk is slow, has one.
        """
        slow = time.monotonic() < self._slow_until
        heavy = {device: lines for device, lines in taken.items() if slow or not self._files.short(device)}
        light = [device for device in taken if device not in heavy]
        for place in range(0, len(light), SLICE):
            began = time.monotonic()
            self._files.write({device: taken[device] for device in light[place : place + SLICE]})
            if time.monotonic() - began > SLOW_S:
                log.warning("raw_log_slow", seconds=round(time.monotonic() - began, 2))
                self._slow_until = time.monotonic() + SLOW_FOR_S
            await asyncio.sleep(0)
        if heavy:
            await asyncio.to_thread(self._files.write, heavy)

    def _take(self) -> Waiting:
        taken, self._waiting = self._waiting, defaultdict(list)
        self._bytes = 0
        if self._dropped:
            log.warning("raw_frames_dropped", count=self._dropped)
            self._dropped = 0
        return taken


class Files:
    """The files themselves. One thread at a time."""

    def __init__(self, root: Path, policy: Policy) -> None:
        self._root = root
        self._policy = policy
        self._open: dict[str, tuple[Part, int]] = {}  # the part in which a device writes, and its size

    def short(self, device: str) -> bool:
        """Whether the device's next lines are a mere append."""
        part, size = self._open.get(device, (None, 0))
        return part is not None and part.day == _today() and size < self._policy.part_bytes

    def write(self, taken: Waiting) -> None:
        """A full disk must not stop stations: it is logged, and the frames are lost."""
        today = _today()
        try:
            for device, lines in taken.items():
                self._append(device, today, b"".join(lines))
        except OSError as wrong:
            self._open.clear()
            log.error("raw_log_failed", reason=str(wrong))

    def sweep(self, now: datetime) -> None:
        """Compress what is closed and give up what is too old or too much, of every station."""
        self._adopt_old_files()
        today = now.date().isoformat()
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            try:
                self._tidy(folder, today)
            except OSError as wrong:
                log.error("raw_log_not_tidied", folder=folder.name, reason=str(wrong))
        self._open.clear()

    def _append(self, device: str, today: str, data: bytes) -> None:
        folder = folder_of(device, self._root)
        part, size = self._open.get(device) or _resume(folder, today)
        if part.day != today or size >= self._policy.part_bytes:
            self._close(folder, part)
            part, size = _following(folder, today), 0
            self._tidy(folder, today)
            folder.mkdir(parents=True, exist_ok=True)
        file = os.open(part.file(folder), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            written = os.write(file, data)
        finally:
            os.close(file)
        if written < len(data):
            raise OSError(errno.ENOSPC, "The disk took half a line.")
        if len(self._open) > KNOWN_FILES:
            self._open.clear()
        self._open[device] = part, size + written

    def _close(self, folder: Path, part: Part) -> None:
        plain = part.file(folder)
        if not plain.exists():
            return
        packed = plain.with_suffix(".jsonl.gz")
        half = plain.with_suffix(".half")
        half.write_bytes(gzip.compress(plain.read_bytes(), 6))
        half.replace(packed)
        plain.unlink()

    def _tidy(self, folder: Path, today: str) -> None:
        oldest = (datetime.fromisoformat(today) - timedelta(days=self._policy.keep_days)).date().isoformat()
        kept, held = 0, parts(folder)
        for part in reversed(held):
            if part.day != today and part.day >= oldest:
                self._close(folder, part)
            files = [file for file in (part.file(folder), part.file(folder).with_suffix(".jsonl.gz")) if file.exists()]
            kept += sum(file.stat().st_size for file in files)
            if part.day < oldest or (kept > self._policy.keep_bytes and part != held[-1]):
                for file in files:
                    file.unlink(missing_ok=True)
        if held and not parts(folder):
            folder.rmdir()

    def _adopt_old_files(self) -> None:
        """Earlier versions kept one file a station, `<device>.jsonl`, and one before it, `<device>.jsonl.1`."""
        for file in sorted(self._root.glob("*.jsonl*"), reverse=True) if self._root.is_dir() else ():
            day = datetime.fromtimestamp(file.stat().st_mtime, UTC).date().isoformat()
            folder = self._root / file.name.split(".jsonl")[0]
            folder.mkdir(exist_ok=True)
            file.replace(_following(folder, day).file(folder))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _resume(folder: Path, today: str) -> tuple[Part, int]:
    """Where an earlier process stopped writing; a file with half a line at its end is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    held = [part for part in parts(folder) if part.file(folder).exists()]
    if not held:
        return _following(folder, today), 0
    with held[-1].file(folder).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        whole = file.read() in (b"", b"\n")
    return (held[-1], size) if whole else (_following(folder, today), 0)


def _following(folder: Path, day: str) -> Part:
    numbers = [part.number for part in parts(folder) if part.day == day]
    return Part(day, max(numbers, default=0) + 1)


def as_line(line: Line) -> bytes:
    """A line as it stands in a file."""
    return _encode(line) + b"\n"
