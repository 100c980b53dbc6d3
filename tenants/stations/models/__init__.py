"""OCPP stations: what they say of themselves, commands to them, their lists, reservations, certificates, logs."""

from .station import Station

__all__ = ["Station"]
