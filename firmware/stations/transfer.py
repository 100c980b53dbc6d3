"""A station's files over HTTP: images to it, logs from it."""

import urllib.request
from urllib.parse import urlsplit

TRANSFER_S = 30.0


def download(url: str) -> bytes:
    """The file at the address. Raises OSError, ValueError."""
    with urllib.request.urlopen(_request(url), timeout=TRANSFER_S) as answer:
        return bytes(answer.read())


def upload(url: str, body: bytes) -> None:
    """PUT a text to the address. Raises OSError, ValueError."""
    with urllib.request.urlopen(_request(url, body), timeout=TRANSFER_S):
        pass


def _request(url: str, body: bytes | None = None) -> urllib.request.Request:
    """Every name under localhost is this machine (RFC 6761, 6.3), also where the resolver does not know them."""
    parts = urlsplit(url)
    headers = {"Content-Type": "text/plain"} if body is not None else {}
    if parts.scheme == "http" and (parts.hostname or "").endswith(".localhost"):
        url = parts._replace(netloc=f"127.0.0.1:{parts.port or 80}").geturl()
        headers["Host"] = parts.netloc
    return urllib.request.Request(url, body, headers, method="GET" if body is None else "PUT")
