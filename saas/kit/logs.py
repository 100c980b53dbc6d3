"""Structured logs of a process: one JSON object a line on stdout, ours and the libraries'."""

import logging
import sys

import structlog
from structlog.typing import Processor

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure(process: str, *, libraries: int = logging.WARNING) -> None:
    """Once, at the start of a process. `libraries`: the least level that other people's loggers may say."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(libraries)
    for name in ("wattlane", "mqtt", "rpc", "broker", "ingester", "dispatcher", "answers", "live", "ocpp"):
        logging.getLogger(name).setLevel(logging.INFO)
    structlog.contextvars.bind_contextvars(process=process)
