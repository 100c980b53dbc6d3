"""Django, which is synchronous, behind ASGI: in few threads, and no thread ever waits for the event loop or a client.

A thread computes the answer, or the next part of a long one, and is free again while the client reads. (Bridges that
let the thread send keep it for as long as a client likes, and cannot end while a request runs.)
"""

import asyncio
import contextvars
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from a2wsgi.wsgi import build_environ

from .asgi import Headers, Message, Scope

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
PART = 256 * 1024


class Bridge:
    """`application` in at most `threads` threads."""

    def __init__(self, application: Wsgi, *, threads: int) -> None:
        self.application = application
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="django")

    async def __call__(self, scope: Scope, body: bytes, send: "Any") -> None:
        """Answer one request whose body is complete. `send.left` tells that the client is gone."""
        answer = _Answer(self.application, cast(Any, build_environ)(scope, io.BytesIO(body)))
        run, context = asyncio.get_running_loop().run_in_executor, contextvars.copy_context()
        try:
            part = await run(self.pool, context.run, answer.part)
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            while part and not send.left:
                await send(_body(part, more=True))
                part = b"" if answer.closed else await run(self.pool, context.run, answer.part)
            await send(_body(b"", more=False))
        finally:
            if not answer.closed:
                run(self.pool, context.run, answer.close)


class _Answer:
    """One run of the application. Short answers are computed, and closed, in one go and in one thread."""

    def __init__(self, application: Wsgi, environ: dict[str, Any]) -> None:
        self.application, self.environ = application, environ
        self.status, self.closed = 500, False
        self.headers: Headers = []
        self.iterable: Iterable[bytes] | None = None
        self.chunks: Iterator[bytes] = iter(())

    def part(self) -> bytes:
        """The next part; short of PART only at the end. Empty: that was all."""
        if self.iterable is None:
            self.iterable = self.application(self.environ, self._start)
            self.chunks = iter(self.iterable)
        held = bytearray()
        for chunk in self.chunks:
            held += chunk
            if len(held) >= PART:
                return bytes(held)
        self.close()
        return bytes(held)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            getattr(self.iterable, "close", lambda: None)()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]


def _body(part: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": part, "more_body": more}
