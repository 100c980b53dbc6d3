"""A firmware image: `MAGIC`, the length of its table of contents (4 bytes, big-endian), the table (JSON), the files.

The table: {"version": …, "files": [[name, size, sha256], …]}, names in order, relative, inside the slot.
"""

import binascii
import hashlib
import json

MAGIC = b"WLFW1\n"
LARGEST_TABLE = 32_768
CHUNK = 4096
VERSION_FILE = "version"  # written last into a slot: it is whole

MYPY = False
if MYPY:  # the type checker alone reads this
    from collections.abc import Callable

    Read = Callable[[int, int], bytes]  # from where, how many bytes


class BadImage(Exception):
    """Not an image, or not a whole one."""


class Table:
    def __init__(self, read: "Read") -> None:
        """Raises BadImage."""
        head = read(0, len(MAGIC) + 4)
        length = int.from_bytes(head[len(MAGIC) :], "big")
        if len(head) < len(MAGIC) + 4 or head[: len(MAGIC)] != MAGIC or not 0 < length <= LARGEST_TABLE:
            raise BadImage("head")
        try:
            data = json.loads(read(len(head), length).decode())
            self.version: str = data["version"]
            self.files = [(str(name), int(size), str(digest)) for name, size, digest in data["files"]]
        except (ValueError, UnicodeError, KeyError, TypeError, RuntimeError):
            raise BadImage("table")  # noqa: B904 - MicroPython has no "from"
        if not isinstance(self.version, str) or not self.files or [1 for entry in self.files if not safe(entry[0])]:
            raise BadImage("names")
        self.begin = len(head) + length

    def start_of(self, index: int) -> int:
        """Where the bytes of this file begin."""
        return self.begin + sum([entry[1] for entry in self.files[:index]])


def safe(name: str) -> bool:
    """Stays inside the folder that it is unpacked to."""
    parts = name.split("/")
    plain = [part for part in parts if part not in ("", ".", "..") and "\\" not in part and len(part) <= 64]
    return len(plain) == len(parts) and len(parts) <= 8


def hexdigest(digest: object) -> str:
    return binascii.hexlify(digest.digest()).decode()  # type: ignore[attr-defined]


def copy(read: "Read", start: int, size: int, put: "Callable[[bytes], None]") -> str:
    """Hands the bytes on in pieces; their SHA-256."""
    digest, done = hashlib.sha256(), 0
    while done < size:
        piece = read(start + done, min(CHUNK, size - done))
        if not piece:
            raise BadImage("short")
        digest.update(piece)
        put(piece)
        done += len(piece)
    return hexdigest(digest)
