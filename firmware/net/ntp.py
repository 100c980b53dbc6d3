"""The time from a time server (SNTP, RFC 4330), once asked; plain UDP, so the clock still doubts what it hears."""

import socket

PORT = 123
WAIT_S = 3
SECONDS_1900_TO_1970 = 2208988800


def ask(host: str, port: int = PORT) -> "int | None":
    """Milliseconds since 1970 UTC, or None when nobody answered in time or the server says that it does not know."""
    family, kind, proto, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0]
    connection = socket.socket(family, kind, proto)
    try:
        connection.settimeout(WAIT_S)
        connection.sendto(b"\x23" + bytes(47), address)  # version 4, client
        return decode(connection.recv(48))
    except OSError:
        return None
    finally:
        connection.close()


def decode(answer: bytes) -> "int | None":
    if len(answer) < 48 or answer[0] & 0x07 != 4 or answer[0] >> 6 == 3 or not 0 < answer[1] < 16:
        return None
    seconds = int.from_bytes(answer[40:44], "big")
    if seconds < 1 << 31:  # the era that begins in 2036
        seconds += 1 << 32
    return (seconds - SECONDS_1900_TO_1970) * 1000 + (int.from_bytes(answer[44:48], "big") * 1000 >> 32)
