"""A record on the flash: one line, guarded by a CRC, so that a torn or worn one is seen."""

import binascii


def seal(text: str) -> bytes:
    data = text.encode()
    return b"%08x %s\n" % (binascii.crc32(data) & 0xFFFFFFFF, data)


def unseal(line: bytes) -> "str | None":
    """The text of one line without its newline; None when it is not whole."""
    data = line[9:]
    try:
        whole = line[8:9] == b" " and int(line[:8], 16) == binascii.crc32(data) & 0xFFFFFFFF
        return data.decode() if whole else None
    except (ValueError, UnicodeError):
        return None


def unseal_all(data: bytes) -> "tuple[list[str], bool]":
    """All whole records in order, and whether anything was torn."""
    lines = data.split(b"\n")
    torn = lines.pop() != b""
    texts: list[str] = []
    for line in lines:
        text = unseal(line)
        if text is None:
            torn = True
        else:
            texts.append(text)
    return texts, torn
