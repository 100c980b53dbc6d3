"""A real web server (granian) in front of the test database, and small upstreams to stand behind it."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.datastructures import Headers

GRANIAN = Path(sys.executable).parent / "granian"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def database_url() -> str:
    """Address of the database that the test session uses."""
    from django.db import connection

    held = connection.settings_dict
    user = f"{held['USER']}:{held['PASSWORD']}@" if held["PASSWORD"] else f"{held['USER']}@"
    return f"postgresql://{user}/{held['NAME']}?host={held['HOST']}&port={held['PORT'] or 5432}"


@contextmanager
def web(**environment: str) -> Iterator[str]:
    """The product's web server. Gives its address."""
    port = free_port()
    command = [str(GRANIAN), "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "saas.config.asgi:application"],
        env={**os.environ, "DATABASE_URL": database_url(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines: list[bytes] = []
    drain = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    drain.start()
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process, lines)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()


def _wait(url: str, process: subprocess.Popen[bytes], lines: list[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(b"".join(lines).decode(errors="replace")[-4000:])


@dataclass
class Peer:
    """A process behind the door, played by a real server in a thread: it streams, echoes, and keeps what it saw."""

    port: int = field(default_factory=free_port)
    seen: list[dict[str, str]] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)

    async def on_request(self, connection: ServerConnection, request: Request) -> Response | None:
        self.seen.append({key.lower(): value for key, value in request.headers.raw_items()} | {":path": request.path})
        if "upgrade" in request.headers:
            return None
        if request.path.endswith("/stream"):
            await self._stream(connection)
        body = b"hello from " + request.path.encode()
        return Response(200, "OK", Headers({"Content-Length": str(len(body)), "X-Frame-Options": "ALLOW"}), body)

    async def _stream(self, connection: ServerConnection) -> None:
        transport = connection.transport
        transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(1000):
            transport.write(b"data: %d\n\n" % number)
            await asyncio.sleep(0.1)
            if transport.is_closing():
                self.left.set()
                return

    async def on_socket(self, socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)
        self.left.set()


@contextmanager
def behind() -> Iterator[Peer]:
    peer = Peer()
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def run() -> None:
        words = ["streamlit"]
        async with serve(peer.on_socket, "127.0.0.1", peer.port, process_request=peer.on_request, subprotocols=words):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield peer
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
