"""From a file's bytes to UTF-8 text: gzip and zip are opened, the encoding is found from the bytes."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipelines.transforms.importing.errors import NotUnderstood

SAMPLE_BYTES = 262_144
_DATA_ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".dat", ".tab", ".psv", ".asc")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-bom"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)
_FOREIGN = {
    b"PAR1": "Apache Parquet", b"%PDF": "PDF", b"\xd0\xcf\x11\xe0": "old Excel (.xls)", b"\x89PNG": "PNG",
    b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7-Zip", b"SQLite": "SQLite", b"\x28\xb5\x2f\xfd": "Zstandard",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """UTF-8 text of one data file, with how it was packed and encoded, and the lines that NULs were taken out of."""

    data: bytes
    encoding: str
    container: str
    nul_lines: tuple[int, ...] = ()


def unpack(raw: bytes) -> tuple[bytes, str]:
    """Bytes of the one data file inside, and the container's name ('plain', 'gzip', 'zip:<member>', 'xlsx')."""
    if raw.startswith(b"\x1f\x8b"):
        return _gunzip(raw), "gzip"
    if raw.startswith(b"PK\x03\x04"):
        return _unzip(raw)
    for magic, kind in _FOREIGN.items():
        if raw.startswith(magic):
            raise NotUnderstood(
                f"This is a {kind} file; export it as CSV, JSON or XLSX.", [f"container: {kind} is not read"]
            )
    return raw, "plain"


def _gunzip(raw: bytes) -> bytes:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise NotUnderstood(f"The gzip file is damaged: {error}.", [f"container: gzip, {error}"]) from error


def _unzip(raw: bytes) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" in names:
                return raw, "xlsx"
            data = [n for n in names if n.lower().endswith(_DATA_ENDINGS) and not n.startswith("__MACOSX/")]
            if len(data) != 1:
                found = ", ".join(data) or "none"
                raise NotUnderstood("The zip file must hold exactly one data file.", [f"zip members: {found}"])
            return archive.read(data[0]), f"zip:{data[0]}"
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise NotUnderstood(f"The zip file is damaged: {error}.", [f"container: zip, {error}"]) from error


def to_utf8(data: bytes, container: str) -> Text:
    """Decode by byte order mark, else UTF-8, else UTF-16 by its zero bytes, else Windows-1252, else Latin-1.

    Stray NULs, as a logger leaves them where its power failed, are taken out where the rest is text.
    """
    text = _decoded(data, container)
    if b"\0" not in text.data:
        return text
    return replace(text, data=text.data.replace(b"\0", b""), nul_lines=tuple(_nul_lines(text.data)))


def _nul_lines(data: bytes) -> Iterator[int]:
    """Numbers of the lines with a NUL and something else: a line of nothing but NULs is no row that was repaired."""
    number, begin, at = 1, 0, data.find(b"\0")
    while at >= 0:
        number, begin = number + data.count(b"\n", begin, at), data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        if data[begin:end].strip(b"\0 \t\r"):
            yield number
        begin, at = end, data.find(b"\0", end)


def _decoded(data: bytes, container: str) -> Text:
    for bom, codec, name in _BOMS:
        if data.startswith(bom):
            return Text(_recode(data[len(bom) :], codec), name, container)
    sample = data[:SAMPLE_BYTES]
    if sample.count(0):
        if wide := _utf16(sample):
            return Text(_recode(data, wide), "utf-16", container)
        _refuse_binary(sample.replace(b"\0", b""))
    if _is_utf8(data):
        return Text(_newlines(data), "ascii" if data.isascii() else "utf-8", container)
    _refuse_binary(sample)
    return _western(data, container)


def _western(data: bytes, container: str) -> Text:
    for codec in ("cp1252", "latin-1"):
        try:
            return Text(_newlines(data.decode(codec).encode()), codec, container)
        except UnicodeDecodeError:
            continue
    raise NotUnderstood("The file's encoding is not known.", ["encoding: utf-8, utf-16, cp1252, latin-1"])


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        codecs.utf_8_decode(data, "strict", True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16(sample: bytes) -> str | None:
    """UTF-16 text in Western letters has nearly all its zero bytes on one side. None for other zero bytes."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < len(sample) * 0.2 or min(even, odd) > max(even, odd) * 0.2:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _refuse_binary(sample: bytes) -> None:
    control = len(re.findall(rb"[\x00-\x08\x0e-\x1f]", sample))
    if control > len(sample) * 0.01 or not sample:
        raise NotUnderstood("This is a binary file, not a table.", ["encoding: too many control bytes for text"])


def _recode(data: bytes, codec: str) -> bytes:
    try:
        return _newlines(data.decode(codec).encode())
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"The text is damaged: {error}.", [f"encoding: {codec}"]) from error


def _newlines(data: bytes) -> bytes:
    """Old Macintosh line ends (a lone carriage return) become newlines; all others stay as they are."""
    return data.replace(b"\r", b"\n") if b"\r" in data[:SAMPLE_BYTES] and b"\n" not in data[:SAMPLE_BYTES] else data
