"""The hands of a person at a simulated charger, so that a demonstration can be tried without hardware.

A real adapter has a keypad; a simulated one has a control port on loopback, which the street of simulated devices
writes to `run/street.json`. Where that file is absent no device is simulated, and nothing here does anything.
"""

import json
import socket
from typing import Any

from saas.kit.home import home

TIMEOUT_S = 1.0
AWAY = "street_away"


def is_simulated(device_id: str | None) -> bool:
    """Whether this device lives in the street that runs beside this server now."""
    return bool(device_id) and _ask(do="state", device=device_id).get("ok") is True


def type_code(*, device_id: str, code: str) -> str:
    """Type it on the device. Empty when the device took it, else the device's word (`wire.REFUSE_*`) or AWAY."""
    answer = _ask(do="type_code", device=device_id, code=code)
    return "" if answer.get("ok") else str(answer.get("error", AWAY))


def _ask(**request: Any) -> dict[str, Any]:
    """One line to the control port, one line back; empty when there is no street."""
    try:
        port = json.loads((home().run / "street.json").read_text(encoding="utf-8"))["control"]
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as street:
            street.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(street.makefile().readline())
    except (OSError, ValueError, KeyError):
        return {}
    return answer if isinstance(answer, dict) else {}
