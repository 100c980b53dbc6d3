"""Devices that nobody knows yet: each makes its own identity, as a real one does at its first start, and enrols."""

import os
from pathlib import Path

from firmware.app import identity
from firmware.app.files import Files
from firmware.simulator.device import Identity


def newcomers(street: Path, count: int) -> list[tuple[Identity, identity.Identity]]:
    """Those of earlier starts first; further ones are made. Beside each is who it says it is, with its label."""
    street.mkdir(parents=True, exist_ok=True)
    made = [found for folder in sorted(street.iterdir()) if (found := identity.known(Files(str(folder)))) is not None]
    made = made[:count]
    while len(made) < count:
        made.append(_make(street))
    return [(Identity(who.device, who.secret, who.key), who) for who in made]


def _make(street: Path) -> identity.Identity:
    """Its flash is the folder of its name."""
    first = street / "first-start"
    first.mkdir(exist_ok=True)
    who = identity.make(Files(str(first)), os.urandom)
    first.rename(street / who.device)
    return who
