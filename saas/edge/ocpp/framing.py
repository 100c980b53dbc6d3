"""Frames of a WebSocket (RFC 6455): their words, their heads, and what breaks the rules. Pure."""

from collections.abc import Sequence

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the compiled part
    from websockets.utils import apply_mask

FRAME_LIMIT = 128 * 1024
MOST_FRAGMENTS = 4096
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
FIN, RESERVED, MASKED = 0x80, 0x70, 0x80
PROTOCOL_ERROR, BAD_DATA, TOO_BIG = 1002, 1007, 1009
unmasked = apply_mask
SHORT = [bytes((FIN | TEXT, length)) for length in range(126)]  # heads of short texts, by their length


class Gone(Exception):
    """The connection is closed, or closing; the text says why."""


def long_head(length: int) -> bytes:
    """The head of a text of 126 bytes or more."""
    if length < 65536:
        return bytes((FIN | TEXT, 126)) + length.to_bytes(2, "big")
    return bytes((FIN | TEXT, 127)) + length.to_bytes(8, "big")


def broken_rule(first: int, second: int, length: int, fragments: Sequence[bytes] | None) -> tuple[int, str] | None:
    """What is wrong with a client's frame that begins so; known before its content is waited for.

    `fragments`: of the message that has begun before; None: none has.
    """
    opcode, within = first & 0x0F, fragments is not None
    if first & RESERVED or opcode not in OPCODES:
        return PROTOCOL_ERROR, "Unknown opcode or extension."
    if not second & MASKED:
        return PROTOCOL_ERROR, "A client masks its frames."
    if opcode >= CLOSE:
        short = first & FIN and length <= 125
        return None if short else (PROTOCOL_ERROR, "A control frame is whole and short.")
    if (opcode == CONTINUATION) != within:
        return PROTOCOL_ERROR, "Fragments out of order."
    if length + sum(map(len, fragments or ())) > FRAME_LIMIT or len(fragments or ()) > MOST_FRAGMENTS:
        return TOO_BIG, f"A message has at most {FRAME_LIMIT} bytes."
    return None
