"""HTTP as the device speaks it, and the sockets of its set-up page, over real ones."""

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from firmware.net import web
from firmware.net.hotspot import PATIENCE_MS, Hotspot
from firmware.net.portal import Portal

pytestmark = pytest.mark.req("DEV-01")
BODY = bytes(range(256)) * 100


class Handler(http.server.BaseHTTPRequestHandler):
    """What servers do: ranges, none, moved, chunks, errors, half answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        getattr(self, "get_" + self.path.split("/")[1])()

    def get_ranges(self) -> None:
        start, end = self.headers["Range"].removeprefix("bytes=").split("-")
        piece = BODY[int(start) : int(end) + 1]
        self._say(206, piece, ("Content-Range", f"bytes {start}-{int(start) + len(piece) - 1}/{len(BODY)}"))

    def get_whole(self) -> None:
        self._say(200, BODY)

    def get_elsewhere(self) -> None:
        self._say(206, b"x", ("Content-Range", "bytes 7-8/9"))

    def get_moved(self) -> None:
        self._say(302, b"", ("Location", f"http://{self.headers['Host']}/ranges"))

    def get_round(self) -> None:
        self._say(302, b"", ("Location", f"http://{self.headers['Host']}/round"))

    def get_missing(self) -> None:
        self._say(404, b"no")

    def get_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def get_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        for start in range(0, len(BODY), 1000):
            piece = BODY[start : start + 1000]
            self.wfile.write(f"{len(piece):x};x=y\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def get_rubbish(self) -> None:
        self.wfile.write(b"what?\r\n\r\n")
        self.close_connection = True

    def do_POST(self) -> None:
        self._say(200, self.rfile.read(int(self.headers["Content-Length"])))

    def _say(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("way", ["ranges", "whole", "moved", "chunks"])
def test_pieces_are_fetched_from_whatever_server(server: str, way: str) -> None:
    assert web.fetch(f"{server}/{way}", 5000, 4096) == BODY[5000:9096]
    assert web.fetch(f"{server}/{way}", len(BODY) - 10, 4096) == BODY[-10:]


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("missing", "http_404"), ("round", "http_302"), ("elsewhere", "bad_answer"), ("short", "no_answer"),
        ("rubbish", "bad_answer"),
    ],
)  # fmt: skip
def test_what_goes_wrong_has_a_name(server: str, way: str, why: str) -> None:
    with pytest.raises(web.NoAnswer, match=why):
        web.fetch(f"{server}/{way}", 0, 10)


def test_nobody_there_and_no_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(web.NoAnswer, match="no_answer"):
            web.fetch(f"http://127.0.0.1:{unused.getsockname()[1]}/", 0, 1)
    for url in ("", "ftp://x/", "http:///x", "http://x:y/"):
        with pytest.raises(web.NoAnswer, match="bad_address"):
            web.fetch(url, 0, 1)


def test_no_secret_goes_to_a_secure_address_without_its_authority() -> None:
    with pytest.raises(web.NoAnswer, match="no_authority"):
        web.request("POST", "https://127.0.0.1:1/", b"secret")


def test_posting(server: str) -> None:
    assert web.request("POST", f"{server}/x", b"{}", {"Content-Type": "application/json"})[0::2] == (200, b"{}")


@pytest.fixture
def hotspot() -> Iterator[tuple[Hotspot, Portal]]:
    portal = Portal("ad_1", ["home"])
    opened = Hotspot(portal, "127.0.0.1", 0, 0)
    yield opened, portal
    opened.close()


def exchange(hotspot: Hotspot, pieces: list[bytes]) -> bytes:
    with socket.create_connection(("127.0.0.1", hotspot.ports()[0])) as visitor:
        visitor.settimeout(0.05)
        answer = b""
        for turn in range(60):
            if pieces:
                visitor.sendall(pieces.pop(0))
            hotspot.step(turn * 10)
            try:
                piece = visitor.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                return answer
            answer += piece
    return answer


def test_the_page_over_a_socket_in_pieces(hotspot: tuple[Hotspot, Portal]) -> None:
    opened, portal = hotspot
    assert exchange(opened, [b"GET / HT", b"TP/1.1\r\nHost: x\r\n", b"\r\n"]).endswith(b"</html>")
    form = b"name=home&password=passpass"
    exchange(opened, [b"POST /save HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(form), form[:5], form[5:]])
    assert portal.candidate == ("home", "passpass")


def test_many_visitors_and_one_that_says_nothing(hotspot: tuple[Hotspot, Portal]) -> None:
    opened, _ = hotspot
    silent: list[Any] = []
    for turn in range(6):
        silent.append(socket.create_connection(("127.0.0.1", opened.ports()[0]), timeout=2))
        opened.step(turn)
    assert len(opened._visitors) == 4
    opened.step(PATIENCE_MS + 100)
    opened.step(PATIENCE_MS + 101)
    opened.step(PATIENCE_MS + 102)
    assert len(opened._visitors) == 2
    for visitor in silent:
        visitor.close()
    opened.step(PATIENCE_MS + 103)
    opened.step(PATIENCE_MS + 104)
    assert exchange(opened, [b"GET /generate_204 HTTP/1.1\r\n\r\n"]).startswith(b"HTTP/1.1 302")


def test_names_over_a_socket(hotspot: tuple[Hotspot, Portal]) -> None:
    opened, _ = hotspot
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(2)
        asker.connect(("127.0.0.1", opened.ports()[1]))
        asker.send(b"noise")
        asker.send(b"\1\2\1\0\0\1\0\0\0\0\0\0\1x\0\0\1\0\1")
        for turn in range(5):
            opened.step(turn)
        assert asker.recv(512)[-4:] == bytes([192, 168, 4, 1])
