"""HTTP/1.1 as far as a device needs it: one request, one answer, one connection. It waits, but not for ever."""

import socket

MYPY = False
if MYPY:  # the type checker alone reads this
    from typing import Any

WAIT_S = 10
LARGEST = 64 * 1024
REDIRECTS = 3
MOVED = (301, 302, 303, 307, 308)


class NoAnswer(Exception):
    """`args[0]` says why in one word: http_404, no_answer, too_long, bad_answer, no_authority."""


def fetch(url: str, start: int, length: int, tls: "object | None" = None) -> bytes:
    """These bytes of what lies there; fewer at its end. Raises NoAnswer."""
    headers = {"Range": "bytes=%d-%d" % (start, start + length - 1)}
    for _ in range(REDIRECTS + 1):
        status, told, body = request("GET", url, headers=headers, tls=tls, most=start + length + LARGEST)
        if status not in MOVED:
            break
        url = told.get("location", "")
    if status == 206:
        if told.get("content-range", "").split("-")[0] != "bytes %d" % start:
            raise NoAnswer("bad_answer")
        return body[:length]
    if status == 200:  # a server that knows no ranges
        return body[start : start + length]
    raise NoAnswer("http_%d" % status)


def request(
    method: str,
    url: str,
    body: bytes = b"",
    headers: "dict[str, str] | None" = None,
    tls: "object | None" = None,
    most: int = LARGEST,
) -> "tuple[int, dict[str, str], bytes]":
    """Status, headers by lower-case name, body. `tls`: the ssl.SSLContext for https. Raises NoAnswer."""
    secure, host, port, path = split(url)
    if secure and tls is None:
        raise NoAnswer("no_authority")
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: %s:%d" % (host, port), "Connection: close"]
    lines += ["%s: %s" % (name, (headers or {})[name]) for name in headers or {}]
    if body or method == "POST":
        lines.append("Content-Length: %d" % len(body))
    try:
        connection = _open(host, port, tls if secure else None)
        try:
            _send(connection, ("\r\n".join(lines) + "\r\n\r\n").encode() + body)
            return _answer(connection, most)
        finally:
            connection.close()
    except OSError:
        raise NoAnswer("no_answer")  # noqa: B904 - MicroPython has no "from"


def split(url: str) -> "tuple[bool, str, int, str]":
    """Secure?, host, port, path with query. Raises NoAnswer for what is no address."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    host, _, port = place.partition(":")
    if scheme not in ("http", "https") or not host or (port and not port.isdigit()):
        raise NoAnswer("bad_address")
    return scheme == "https", host, int(port or (443 if scheme == "https" else 80)), slash + path or "/"


def _open(host: str, port: int, tls: "Any | None") -> "Any":
    family, kind, proto, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    connection = socket.socket(family, kind, proto)
    try:
        connection.settimeout(WAIT_S)
        connection.connect(address)
        return tls.wrap_socket(connection, server_hostname=host) if tls is not None else connection
    except OSError:
        connection.close()
        raise


def _send(connection: "Any", data: bytes) -> None:
    """MicroPython's TLS sockets have `write` only."""
    write = connection.send if hasattr(connection, "send") else connection.write
    while data:
        data = data[write(data) or 0 :]


def _answer(connection: "Any", most: int) -> "tuple[int, dict[str, str], bytes]":
    read = connection.recv if hasattr(connection, "recv") else connection.read
    data = b""
    while b"\r\n\r\n" not in data:
        piece = read(1024)
        if not piece or len(data) > LARGEST:
            raise NoAnswer("bad_answer")
        data += piece
    status, headers, body = parse_head(data)
    length = headers.get("content-length", "")
    wanted = int(length) if length.isdigit() else None
    while wanted is None or len(body) < wanted:
        if len(body) > most:
            raise NoAnswer("too_long")
        piece = read(2048)
        if not piece:
            break
        body += piece
    if wanted is not None and len(body) < wanted:
        raise NoAnswer("no_answer")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _unchunk(body)
    return status, headers, body


def parse_head(data: bytes) -> "tuple[int, dict[str, str], bytes]":
    """Status, headers, and what there is of the body. Raises NoAnswer."""
    head, _, body = data.partition(b"\r\n\r\n")
    try:
        lines = head.decode().split("\r\n")
        status = int(lines[0].split(" ")[1])
    except (ValueError, IndexError, UnicodeError):
        raise NoAnswer("bad_answer")  # noqa: B904
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return status, headers, body


def _unchunk(data: bytes) -> bytes:
    body = b""
    while True:
        size, _, rest = data.partition(b"\r\n")
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            raise NoAnswer("bad_answer")  # noqa: B904
        if not length:
            return body
        body, data = body + rest[:length], rest[length + 2 :]
