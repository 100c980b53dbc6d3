"""The start of an edge process that uses the database: settings, logs, metrics, and a clean end on SIGTERM."""

import os
import signal
from collections.abc import Callable

import django

from saas.kit import logs

from . import metrics


def prepare(process: str) -> None:
    """Before anything imports a model."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")
    django.setup()
    logs.configure(process)
    metrics.serve(process)


def on_end(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
