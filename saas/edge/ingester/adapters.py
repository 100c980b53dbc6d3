"""Which adapter stands behind the port: `WATTLANE_INGESTER_ADAPTER`, `paho` (default) or `raw`."""

import os
from typing import Any

from .ahead import Ahead
from .paho_port import PahoPort
from .raw_port import RawPort
from .sessions import OpenPort


def _raw(**wanted: Any) -> Ahead:
    return Ahead(RawPort(**wanted))


ADAPTERS: dict[str, OpenPort] = {"paho": PahoPort, "raw": _raw}


def adapter() -> OpenPort:
    """The class of the port that this installation wants; called with `client_id`, `filters`, `clean`."""
    name = os.environ.get("WATTLANE_INGESTER_ADAPTER", "paho")
    if name not in ADAPTERS:
        raise SystemExit(f"WATTLANE_INGESTER_ADAPTER={name!r} is not known. Set it to {' or '.join(ADAPTERS)}.")
    return ADAPTERS[name]
