"""An S3 server on loopback, in a process of its own: the client holds Python's lock while it waits.

One server for the whole run: the clients keep the address that they met first for a bucket.
"""

import atexit
import contextlib
import functools
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def s3(patch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty lake in a bucket; the environment names the server."""
    lake = f"s3://lake/{uuid.uuid4().hex}"
    for name, value in {
        "AWS_ENDPOINT_URL": _server(), "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true", "LAKE_URL": lake,
    }.items():  # fmt: skip
        patch.setenv(name, value)
    yield lake


@functools.cache
def _server() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(server.kill)
    _make_bucket(f"http://127.0.0.1:{port}")
    return f"http://127.0.0.1:{port}"


def _make_bucket(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(f"{url}/lake", method="PUT"), timeout=5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
