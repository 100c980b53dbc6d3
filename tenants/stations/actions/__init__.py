"""Everything that changes stations: by operators, by what stations report and answer, by time."""

from .answering import call_done, expire_calls
from .connecting import station_connected
from .equipment import Outlet
from .hearing import heard
from .local_lists import goes_on, sync_local_list
from .onboarding import Accepted, accept_station, let_in_by_policy, refuse_station
from .regular import forget, sweep, sync_lists
from .reports import station_boot, station_status
from .sending import send
from .sessions import session_began, session_ended, station_uses
from .settings import Policy, set_policy
from .uploads import MOST_BYTES, asked_for, new_upload, receive_file

__all__ = [
    "MOST_BYTES",
    "Accepted",
    "Outlet",
    "Policy",
    "accept_station",
    "asked_for",
    "call_done",
    "expire_calls",
    "forget",
    "goes_on",
    "heard",
    "let_in_by_policy",
    "new_upload",
    "receive_file",
    "refuse_station",
    "send",
    "session_began",
    "session_ended",
    "set_policy",
    "station_boot",
    "station_connected",
    "station_status",
    "station_uses",
    "sweep",
    "sync_lists",
    "sync_local_list",
]
