"""`python -m saas.edge.live`: until SIGTERM."""

from saas.edge import boot

boot.prepare("live")

import asyncio  # noqa: E402
import contextlib  # noqa: E402
import signal  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import structlog  # noqa: E402
import uvicorn  # noqa: E402

from saas.edge import limits  # noqa: E402
from saas.edge.live.app import Live  # noqa: E402
from saas.kit.home import home  # noqa: E402

log = structlog.get_logger("live")


class Server(uvicorn.Server):
    """Feeds never end by themselves: end them when the server is told to."""

    def __init__(self, live: Live) -> None:
        config = uvicorn.Config(
            live, host="127.0.0.1", port=home().live_port, log_config=None, access_log=False, server_header=False,
            timeout_graceful_shutdown=3, timeout_keep_alive=30, lifespan="on",
        )  # fmt: skip
        super().__init__(config)
        self._live = live

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Upstream raises the signal again at the end, and so never exits with 0."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """As upstream, after the feeds are over."""
        self._live.stop()
        await super().shutdown()


async def serve() -> None:
    """Listen until told to stop."""
    log.info("listening", address=f"127.0.0.1:{home().live_port}")
    await Server(Live()).serve()
    log.info("stopped")


if __name__ == "__main__":
    limits.many_connections()
    asyncio.run(serve())
