"""Everything that changes stations: by operators, by what stations report and answer, by time."""

from .answering import call_done, expire_calls
from .hearing import heard
from .onboarding import Outlet, accept_station, refuse_station
from .reports import station_boot, station_status
from .sending import send

__all__ = [
    "Outlet",
    "accept_station",
    "call_done",
    "expire_calls",
    "heard",
    "refuse_station",
    "send",
    "station_boot",
    "station_status",
]
