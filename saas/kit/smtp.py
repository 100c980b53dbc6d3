"""Where mails go: `SMTP_URL`, such as `smtp://user:password@mail.example.com` or `smtps://…`. Pure."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TIMEOUT_S = 20
PORTS = {"smtp": 587, "smtps": 465}


class Server(NamedTuple):
    """A mail server. `tls`: from the first byte on; `starttls`: before a password or a mail is said."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool


def server_of(url: str) -> Server:
    """The server of an address; of an empty one, none at all. ValueError where it is no such address.

    `smtp` means STARTTLS, but for a server on this machine; `smtps` TLS at once.
    """
    if not url:
        return Server("", 0, "", "", tls=False, starttls=False)
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("SMTP_URL is smtp://user:password@host:port, or smtps://…")
    tls = parts.scheme == "smtps"
    return Server(
        parts.hostname, parts.port or PORTS[parts.scheme], unquote(parts.username or ""),
        unquote(parts.password or ""), tls=tls, starttls=not tls and parts.hostname not in LOOPBACK,
    )  # fmt: skip
