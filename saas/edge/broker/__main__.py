"""`python -m saas.edge.broker`: until SIGTERM."""

import asyncio
import contextlib
import logging
import signal

import structlog

from saas.edge import limits, metrics
from saas.kit import logs
from saas.kit.home import home

from .plugin import bind_address
from .server import GuardedBroker

log = structlog.get_logger("broker")
LOOK_SECONDS = 0.5


async def serve() -> None:
    """Listen until told to stop; look for changed credentials twice a second."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = GuardedBroker()
    await broker.start()
    log.info("listening", address=bind_address(), tls_port=home().mqtt_tls_port)
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        await broker.drop_revoked()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(broker.shutdown(), 5)
    log.info("stopped")


def main() -> None:
    """Entry point."""
    logs.configure("broker")
    metrics.serve("broker")
    limits.many_connections()
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    asyncio.run(serve())


if __name__ == "__main__":
    main()
