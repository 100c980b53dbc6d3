"""Sharing a limit, pure: no database, no clock, whole numbers only. mA per line, W, Wh."""

from .bounds import Bound, Charger, Circuit, Room, bounds_of
from .prices import Band, Job, cheapest, delivered, soonest
from .promise import Promise, lease
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
    "Room",
    "bounds_of",
    "cheapest",
    "delivered",
    "lease",
    "share",
    "soonest",
    "steps",
]
