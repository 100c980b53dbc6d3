"""`python -m saas.edge.answers`: until SIGTERM."""

from saas.edge import boot

boot.prepare("answers")

import threading  # noqa: E402
from typing import Any  # noqa: E402

import structlog  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from saas.edge.answers.methods import answer  # noqa: E402
from saas.edge.mqtt.link import Link  # noqa: E402
from saas.edge.mqtt.rpc import Server  # noqa: E402
from saas.kit.errors import Refused  # noqa: E402


def fresh(method: str, question: Any) -> Any:
    """Answer on a connection that still works: threads keep theirs between questions."""
    close_old_connections()
    return answer(method, question)


def main() -> None:
    """Answer until told to stop."""
    stop = threading.Event()
    link = Link("_answers")
    server = Server(link, fresh, refusals=Refused)
    boot.on_end(stop.set)
    link.start()
    stop.wait()
    server.close()
    link.stop()
    structlog.get_logger("answers").info("stopped")


if __name__ == "__main__":
    main()
