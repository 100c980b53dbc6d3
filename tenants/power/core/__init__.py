"""Sharing a limit, pure: no database, no clock, whole numbers only. Currents in mA per line, power in W, energy in Wh."""

from .bounds import Bound, Charger, Circuit, bounds_of
from .prices import Band, Job, cheapest, energy_ws, soonest
from .promise import Promise
from .share import Grant, share
from .steps import Move, steps

__all__ = [
    "Band",
    "Bound",
    "Charger",
    "Circuit",
    "Grant",
    "Job",
    "Move",
    "Promise",
    "bounds_of",
    "cheapest",
    "energy_ws",
    "share",
    "soonest",
    "steps",
]
