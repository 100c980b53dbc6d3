"""Which adapter stands behind the port: `WATTLANE_INGESTER_ADAPTER`, `paho` (default) or `raw`."""

import os
from collections.abc import Callable

from .paho_port import PahoPort
from .port import BrokerPort
from .raw_port import RawPort

ADAPTERS: dict[str, Callable[..., BrokerPort]] = {"paho": PahoPort, "raw": RawPort}


def adapter() -> Callable[..., BrokerPort]:
    """The class of the port that this installation wants; called with `client_id`, `filters`, `clean`."""
    name = os.environ.get("WATTLANE_INGESTER_ADAPTER", "paho")
    if name not in ADAPTERS:
        raise SystemExit(f"WATTLANE_INGESTER_ADAPTER={name!r} is not known. Set it to {' or '.join(ADAPTERS)}.")
    return ADAPTERS[name]
