"""A site on which everything goes wrong at random moments: the limit holds at every second."""

import os
import random

import pytest

from saas.tenancy.models import Tenant
from tests.tenants.power.street import Box, Street

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-07"), pytest.mark.slow]
LIMIT = 40_000
SEEDS = [int(seed) for seed in os.environ.get("WATTLANE_SEEDS", "0,1").split(",")]


def upset(street: Street, dice: random.Random) -> None:
    """One thing happens somewhere."""
    box = dice.choice(street.boxes)
    happenings = (
        lambda: street.start(box) if box.session is None else street.end(box),
        lambda: street.start(box) if box.session is None else street.end(box),
        lambda: street.connect(box, online=not box.online),
        lambda: setattr(box, "mute", not box.mute),
        lambda: setattr(box, "answers_after", dice.choice([0, 1, 4, 11])),
        lambda: setattr(box, "wants_ma", dice.choice([6_000, 16_000, 32_000])),
        lambda: _reboot(street, box),
        lambda: setattr(street, "cloud", not street.cloud),
    )
    dice.choice(happenings)()


def _reboot(street: Street, box: Box) -> None:
    box.station.booted_at = street.now
    box.station.save(update_fields=["booted_at"])
    if box.session is not None:
        street.end(box)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_the_limit_holds(ampere: Tenant, seed: int) -> None:
    dice = random.Random(seed)
    street = Street(limit_ma=LIMIT, fallback_ma=8_000)
    kinds = ("Rejected", "NotSupported")
    for number in range(4):
        no = dice.choice(kinds)
        picky = number == 3
        off = dice.choice([-25, 0, 25])
        street.box(
            clock_off_s=off,
            refuses=lambda p, no=no, on=picky: no if on and p["chargingProfilePurpose"] == "TxProfile" else None,
        )
    street.run(20)
    for _ in range(25):
        upset(street, dice)
        seconds = dice.choice([2, 7, 20, 45, 400])
        every = 15 if seconds > 100 else dice.choice([1, 3, 3, 9])
        street.run(seconds, watch=lambda s: _holds(s, seed), every=every)
    street.cloud = True
    street.run(1_300, every=15, watch=lambda s: _holds(s, seed))


def _holds(street: Street, seed: int) -> None:
    drawn = [box.drawn_ma for box in street.boxes]
    assert sum(drawn) <= LIMIT, (seed, street.ticks, drawn)
