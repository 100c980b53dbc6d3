"""NULs where a logger's power failed are taken out and counted; what is no text is refused as before."""

from __future__ import annotations

import random

import pytest

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.source import to_utf8
from tests.pipelines.transforms.importing.reading import imported, numbers, read

pytestmark = pytest.mark.req("ANA-01")
HEAD = b"Station;Start;End;Energy (kWh)\n"
ROWS = [b"CP-%d;2024-03-%02d 10:00:00;2024-03-%02d 11:30:00;%d.5\n" % (i % 3, i, i, i) for i in range(1, 20)]
CLEAN = HEAD + b"".join(ROWS)


@pytest.mark.parametrize(
    ("rows", "repaired"),
    [
        ([ROWS[0].replace(b"CP", b"C\0P"), *ROWS[1:]], 1),
        ([ROWS[0], ROWS[1].replace(b"2024", b"20\0\x0024"), *ROWS[2:18], ROWS[18].replace(b"11:30", b"11:3\x000")], 2),
        ([*ROWS, b"\0" * 4096], 0),
        ([*ROWS[:5], b"\0" * 512 + ROWS[5], *ROWS[6:]], 1),
    ],
)
def test_nuls_are_taken_out_and_the_rows_counted_as_repaired(rows: list[bytes], repaired: int) -> None:
    file, clean = read(HEAD + b"".join(rows)), read(CLEAN)
    assert imported(file) == imported(clean) and len(imported(file)) == 19
    found = numbers(file)["repaired"]
    assert found == {"rows": repaired, "by_kind": {"nul_bytes_removed": repaired} if repaired else {}}
    assert numbers(clean)["repaired"]["rows"] == 0


def test_a_nul_far_into_the_file_is_found_too() -> None:
    many = HEAD + b"".join(ROWS) * 600
    assert len(many) > 400_000
    spoilt = many[:-8] + b"\0" + many[-8:]
    assert to_utf8(spoilt, "plain").data == many and to_utf8(spoilt, "plain").nul_lines == (1 + 19 * 600,)


def test_a_nul_in_the_header_or_in_other_encodings() -> None:
    assert imported(read(CLEAN.replace(b"Station", b"Stat\0ion"))) == imported(read(CLEAN))
    for encoded in (CLEAN.decode().encode("utf-16-le"), CLEAN.decode().encode("utf-16")):
        assert numbers(read(encoded))["repaired"]["rows"] == 0
    western = CLEAN.replace(b"CP-1", b"S\xe4ule").replace(b"CP-2", b"C\0P-2")
    assert numbers(read(western))["repaired"]["by_kind"] == {"nul_bytes_removed": 6}


@pytest.mark.parametrize("raw", [b"\0" * 5000, random.Random(3).randbytes(4000), b"\0\0\0\1\2" * 500])
def test_what_is_not_text_stays_refused(raw: bytes) -> None:
    with pytest.raises(NotUnderstood, match="binary"):
        read(raw)
