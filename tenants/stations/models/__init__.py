"""OCPP stations: what they say of themselves, commands to them, their lists, reservations, certificates, logs."""

from .command import StationCommand
from .kept import Item, LocalListEntry, Notice, Reservation, Upload, Variable
from .station import ConnectorStatus, Station, StationPolicy

__all__ = [
    "ConnectorStatus",
    "Item",
    "LocalListEntry",
    "Notice",
    "Reservation",
    "Station",
    "StationCommand",
    "StationPolicy",
    "Upload",
    "Variable",
]
