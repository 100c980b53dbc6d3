"""Files of simulated stations, from and to addresses of brands on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from firmware.stations import transfer


class Shelf(BaseHTTPRequestHandler):
    """Answers with the host it was asked for; keeps what is put."""

    kept: list[tuple[str, bytes]] = []

    def do_GET(self) -> None:
        self._answer(self.headers["Host"].encode())

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept.append((self.headers["Host"], body))
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    Shelf.kept.clear()
    with HTTPServer(("127.0.0.1", 0), Shelf) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.req("CHG-03")
def test_a_brand_of_this_machine_is_found_without_a_resolver_that_knows_it(port: int) -> None:
    host = f"no-such-brand.localhost:{port}"
    assert transfer.download(f"http://{host}/image.bin") == host.encode()
    transfer.upload(f"http://{host}/log/", b"all is well")
    assert Shelf.kept == [(host, b"all is well")]
    assert transfer.download(f"http://127.0.0.1:{port}/image.bin") == f"127.0.0.1:{port}".encode()
