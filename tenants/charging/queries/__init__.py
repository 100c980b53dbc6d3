"""Reads of sessions and commands."""

from .costs import total_cost
from .live import accrued_minor, live_state
from .people import device_of_evse, due_commands, evse_of_token, get, of_driver, of_evse, of_host, qr_token
from .proof import proof
from .receipts import Receipt, host_receipt, receipt

__all__ = [
    "Receipt",
    "accrued_minor",
    "device_of_evse",
    "due_commands",
    "evse_of_token",
    "get",
    "host_receipt",
    "live_state",
    "of_driver",
    "of_evse",
    "of_host",
    "proof",
    "qr_token",
    "receipt",
    "total_cost",
]
