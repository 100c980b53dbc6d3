"""Firmware images on the side that makes them: pack a folder, take an image apart. The format: `app/image.py`.

Deterministic: the same files and version give the same bytes, and so the same hash.
"""

import hashlib
import json
from pathlib import Path

from firmware.app.image import MAGIC, BadImage, Table, safe

__all__ = ["BadImage", "pack", "pack_folder", "unpack"]


def pack(files: dict[str, bytes], version: str) -> bytes:
    """Raises BadImage for a name that would leave the slot."""
    names = sorted(files)
    if not names or not all(safe(name) for name in names):
        raise BadImage("names")
    rows = [[name, len(files[name]), hashlib.sha256(files[name]).hexdigest()] for name in names]
    table = json.dumps({"version": version, "files": rows}, separators=(",", ":")).encode()
    return MAGIC + len(table).to_bytes(4, "big") + table + b"".join(files[name] for name in names)


def pack_folder(folder: Path, version: str) -> bytes:
    """All files below the folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return pack({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}, version)


def unpack(data: bytes) -> tuple[str, dict[str, bytes]]:
    """Version and files. Raises BadImage unless each byte is as the table says."""
    table = Table(lambda start, length: data[start : start + length])
    files: dict[str, bytes] = {}
    for index, (name, size, digest) in enumerate(table.files):
        start = table.start_of(index)
        files[name] = data[start : start + size]
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise BadImage(name)
    if len(data) != table.start_of(len(table.files)):
        raise BadImage("length")
    return table.version, files
