"""The raw log of every station: each frame as it went over the wire, both ways, and when connections came and went.

The gateway writes it (`saas.edge.ocpp.rawlog`); pages, downloads and replays read it here. One folder a device, one
file a day and part, `2026-11-20.0001.jsonl`, compressed (`.gz`) once it is closed. A line is
`{"ts_ms": …, "way": …, "frame": …}`: `way` says who speaks (WAYS), `frame` is its text (in the file, a frame that is
JSON may stand as it is), secrets are taken out before the line is written. A line's id, `2026-11-20.0001:4096`, is its
file and its place in it; it stays the same when the file is compressed.
"""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from .home import home

Way = Literal["in", "out", "opened", "closed", "refused"]
WAYS: tuple[Way, ...] = ("in", "out", "opened", "closed", "refused")
PAGE = 50
MOST = 500
SCANNED_BYTES = 32_000_000  # of one page: who looks for a rare word in years of frames gets it in several pages
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{4,})\.jsonl(\.gz)?")
_ID = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{4,}):(\d+)")


class Line(msgspec.Struct, frozen=True):
    """What a reader gets of a line. `in`: from the station; `out`: to it."""

    ts_ms: int
    way: Way
    frame: str


class Kept(msgspec.Struct, frozen=True):
    """A line as it stands in the file. `frame`: a text of JSON, or the frame itself."""

    ts_ms: int
    way: Way
    frame: msgspec.Raw


class Entry(msgspec.Struct, frozen=True):
    """One line, with its id."""

    id: str
    ts_ms: int
    way: Way
    frame: str


class Page(msgspec.Struct, frozen=True):
    """Newest first. `next` is the `after` of the next page, None when there is nothing older.

    A page may hold fewer entries than asked for, even none, and still have a next one: much was looked through.
    """

    entries: list[Entry]
    next: str | None = None


class Part(msgspec.Struct, frozen=True, order=True):
    """One file, by day and number."""

    day: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.day}.{self.number:04d}"

    def file(self, folder: Path) -> Path:
        """Where it is written."""
        return folder / f"{self.name}.jsonl"

    def read(self, folder: Path) -> bytes:
        """Its lines, whether it is compressed by now or not; empty when it was given up in the meantime."""
        plain = self.file(folder)
        for _ in range(2):  # it may be compressed between the two looks
            try:
                return plain.read_bytes()
            except FileNotFoundError:
                pass
            try:
                return gzip.decompress(plain.with_suffix(".jsonl.gz").read_bytes())
            except (FileNotFoundError, EOFError, gzip.BadGzipFile):
                pass
        return b""


_decode = msgspec.json.Decoder(Kept).decode
_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode


def folder_of(device: str, root: Path | None = None) -> Path:
    """The folder of a device."""
    return (root or home().frames) / (re.sub(r"[^A-Za-z0-9_-]", "_", device) or "_")


def parts(folder: Path) -> list[Part]:
    """The files of a device, oldest first."""
    names = (_NAME.fullmatch(entry.name) for entry in folder.iterdir()) if folder.is_dir() else iter(())
    return sorted({Part(found[1], int(found[2])) for found in names if found})


def search(
    device: str,
    *,
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    way: Way | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Lines from `since` to before `until` that hold `text` (in whatever case), newest first.

    `after`: the `next` of the page before; one that names no line is taken for the newest.
    """
    folder, wanted = folder_of(device), _Wanted(text, since, until, way)
    begin = _place(after)
    found: list[Entry] = []
    scanned = 0
    for part in reversed(parts(folder)):
        if not wanted.day(part.day) or (begin and part > begin[0]):
            continue
        data = part.read(folder)
        scanned += len(data)
        end = begin[1] if begin and begin[0] == part else len(data)
        for offset, line in _backwards(data, end):
            if wanted.line(line):
                found.append(Entry(f"{part.name}:{offset}", line.ts_ms, line.way, line.frame))
                if len(found) >= min(limit, MOST):
                    return Page(found, found[-1].id)
        if scanned >= SCANNED_BYTES:
            return Page(found, f"{part.name}:0")
    return Page(found)


def last(device: str, n: int = PAGE) -> list[Entry]:
    """The newest lines, newest first."""
    return search(device, limit=n).entries


def stream(device: str, since: datetime | None = None, until: datetime | None = None) -> Iterator[bytes]:
    """All lines of a time, oldest first, as bytes of JSON lines: for a download of any size."""
    folder, wanted = folder_of(device), _Wanted(None, since, until, None)
    for part in parts(folder):
        if wanted.day(part.day):
            lines = map(_read, part.read(folder).split(b"\n"))
            if chosen := b"".join(_encode(line) + b"\n" for line in lines if line and wanted.line(line)):
                yield chosen


class _Wanted:
    """What a reader asked for."""

    def __init__(self, text: str | None, since: datetime | None, until: datetime | None, way: Way | None) -> None:
        self._text = text.lower() if text else ""
        self._from_ms = _ms(since) if since else 0
        self._to_ms = _ms(until) if until else 2**63
        self._way = way

    def day(self, name: str) -> bool:
        """May that day's file hold such lines? It may begin with the last second of the day before."""
        begin = datetime.combine(date.fromisoformat(name), datetime.min.time(), UTC)
        return _ms(begin - timedelta(minutes=1)) < self._to_ms and _ms(begin + timedelta(days=1)) > self._from_ms

    def line(self, line: Line) -> bool:
        timely = self._from_ms <= line.ts_ms < self._to_ms
        return timely and self._way in (None, line.way) and self._text in line.frame.lower()


def _place(name: str | None) -> tuple[Part, int] | None:
    found = _ID.fullmatch(name or "")
    return (Part(found[1], int(found[2])), int(found[3])) if found else None


def _backwards(data: bytes, end: int) -> Iterator[tuple[int, Line]]:
    """(place, line) from the last whole line before `end` to the first; what cannot be read is passed over."""
    while end > 0:
        start = data.rfind(b"\n", 0, end - 1) + 1
        if line := _read(data[start:end]):
            yield start, line
        end = start


def _read(raw: bytes) -> Line | None:
    try:
        kept = _decode(raw)
        frame = bytes(kept.frame)
        text = _text(frame) if frame.startswith(b'"') else frame.decode("utf-8", "replace")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Line(kept.ts_ms, kept.way, text)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
