"""Every frame of a station as it went over the wire, both ways, so that a corrected translator can be tried on it.

One file of JSON lines per device, `{"ts_ms": …, "way": "in"|"out", "frame": "…"}`; when it is full it becomes
`<device>.jsonl.1` (the older one goes), so a device never takes more than twice `limit_bytes`.
"""

import asyncio
import re
import time
from collections import defaultdict
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger("ocpp")
LIMIT_BYTES = 1_000_000
FLUSH_SECONDS = 0.5
MAX_WAITING_BYTES = 16_000_000
_encode = msgspec.json.Encoder().encode


class RawLog:
    """Collects in memory, writes every half second in a thread. What waits is bounded; what is too much is counted."""

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._lines: defaultdict[str, list[bytes]] = defaultdict(list)
        self._waiting_bytes = 0
        self._dropped = 0

    def add(self, device: str, way: str, frame: str | bytes) -> None:
        """Keep one frame."""
        if self._waiting_bytes > MAX_WAITING_BYTES:
            self._dropped += 1
            return
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        line = _encode({"ts_ms": time.time_ns() // 1_000_000, "way": way, "frame": text}) + b"\n"
        self._lines[device].append(line)
        self._waiting_bytes += len(line)

    async def run(self) -> None:
        """Write until cancelled, then write the rest."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await asyncio.to_thread(self._write, self._take())
        finally:
            self._write(self._take())

    def path(self, device: str) -> Path:
        """The device's file."""
        return self._folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', device)}.jsonl"

    def _take(self) -> dict[str, list[bytes]]:
        taken, self._lines = self._lines, defaultdict(list)
        self._waiting_bytes = 0
        if self._dropped:
            log.warning("raw_frames_dropped", count=self._dropped)
            self._dropped = 0
        return taken

    def _write(self, taken: dict[str, list[bytes]]) -> None:
        """A full disk must not stop stations: it is logged, and the frames are lost."""
        try:
            for device, lines in taken.items():
                self._append(self.path(device), b"".join(lines))
        except OSError as wrong:
            log.error("raw_log_failed", reason=str(wrong))

    def _append(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)
            full = file.tell() >= self._limit_bytes
        if full:
            path.replace(path.with_suffix(".jsonl.1"))
