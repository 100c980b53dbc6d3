"""Everything that changes stations: by operators, by what stations report and answer, by time."""

from .onboarding import Outlet, accept_station, refuse_station
from .reports import station_boot, station_status

__all__ = ["Outlet", "accept_station", "refuse_station", "station_boot", "station_status"]
