"""Everything that changes sessions: by people, by devices, by time."""

from .cancel import cancel_booking
from .commands import claim_commands, expire_commands, receive_reply
from .confirm import confirm_booking
from .events import receive_event, receive_sample, receive_status
from .extend import extend
from .presence import activate, start_by_operator, stop
from .refund import refund
from .stations import (
    AuthResult,
    Outlet,
    accept_station,
    authorise,
    refuse_station,
    station_boot,
    station_status,
)
from .sweep import sweep

__all__ = [
    "AuthResult",
    "Outlet",
    "accept_station",
    "activate",
    "authorise",
    "cancel_booking",
    "claim_commands",
    "confirm_booking",
    "expire_commands",
    "extend",
    "receive_event",
    "receive_reply",
    "receive_sample",
    "receive_status",
    "refund",
    "refuse_station",
    "start_by_operator",
    "station_boot",
    "station_status",
    "stop",
    "sweep",
]
