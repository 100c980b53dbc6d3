"""Everything that changes sessions: by people, by devices, by time."""

from .cancel import cancel_booking
from .cards import authorise, tell_refused
from .commands import claim_commands, expire_commands, finish_device, queue_device, receive_reply
from .confirm import confirm_booking
from .events import receive_event, receive_status
from .extend import extend
from .presence import activate, start_by_operator, stop
from .refund import refund
from .samples import receive_sample
from .stations import AuthResult
from .sweep import sweep

__all__ = [
    "AuthResult",
    "activate",
    "authorise",
    "cancel_booking",
    "claim_commands",
    "confirm_booking",
    "expire_commands",
    "extend",
    "finish_device",
    "queue_device",
    "receive_event",
    "receive_reply",
    "receive_sample",
    "receive_status",
    "refund",
    "start_by_operator",
    "stop",
    "sweep",
    "tell_refused",
]
