"""What the gateway's log keeps of connections that never became a conversation."""

import asyncio
import logging
import socket

import pytest
from websockets.asyncio.server import serve

from saas.edge.ocpp.__main__ import says_more_than_goodbye


async def visit(words: bytes) -> None:
    """Connect, say `words`, and go."""

    async def converse(_: object) -> None: ...

    async with serve(converse, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as visitor:
            visitor.sendall(words)
        await asyncio.sleep(0.2)


@pytest.mark.req("CHG-01")
@pytest.mark.parametrize(("words", "kept"), [(b"", 0), (b"SSH-2.0-x\r\n\r\n", 1)])
def test_only_who_looks_whether_the_port_answers_leaves_no_trace(
    caplog: pytest.LogCaptureFixture, words: bytes, kept: int
) -> None:
    log = logging.getLogger("websockets.server")
    log.addFilter(says_more_than_goodbye)
    try:
        asyncio.run(visit(words))
    finally:
        log.removeFilter(says_more_than_goodbye)
    assert len([record for record in caplog.records if "handshake failed" in record.message]) == kept
