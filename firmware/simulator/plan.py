"""`--faults`: what is to go wrong, where and when.

NAME                    again and again, one device at a time, by chance (--fault-every)
NAME:3                  on three devices, ten seconds after the start, for ten seconds
NAME:3@60s              … a minute after the start
NAME:3@60s+2m           … and for two minutes
NAME:all@1m             on every device
"""

import re
from dataclasses import dataclass

from firmware.simulator.world import FAULTS

# What happens to the device itself and its connection, besides the world's faults.
DEEDS = {
    "wifi_loss": "no network",
    "offline": "the same as wifi_loss",
    "broker_kill": "every connection breaks, and none can be made; of all devices at once",
    "clock_jump": "the time server is wrong by an hour",
    "power_cut": "the device has no power",
    "ring_overflow": "no network, and room for 20 messages only",
    "slow_flash": "every write to the flash takes 0.3 s",
    "replayed_commands": "each command arrives three times, and the last ones once more",
    "ota_crash": "a new firmware on trial crashes at once",
    "ota_unhealthy": "a new firmware on trial does not get to the broker",
}
EVERYTHING = {**FAULTS, **DEEDS}
PLANNED = re.compile(r"(?P<name>\w+):(?P<count>\d+|all)(@(?P<start>\d+)(?P<su>[sm]?))?(\+(?P<last>\d+)(?P<lu>[sm]?))?")
START_S = LAST_S = 10


@dataclass(frozen=True)
class Planned:
    """`count` devices (None: all) from `start_s` on for `last_s`."""

    name: str
    count: int | None
    start_s: int
    last_s: int


def read(text: str) -> tuple[tuple[str, ...], tuple[Planned, ...]]:
    """Names that happen by chance, and what is planned. ValueError says what is not understood."""
    chances: list[str] = []
    planned: list[Planned] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = PLANNED.fullmatch(part)
        name = found["name"] if found else part
        if name not in EVERYTHING:
            raise ValueError(f"--faults: {part!r} is not understood. The faults: {', '.join(EVERYTHING)}")
        if found is None:
            chances.append(name)
        else:
            count = None if found["count"] == "all" or name == "broker_kill" else int(found["count"])
            start_s = _seconds(found["start"], found["su"], START_S)
            planned.append(Planned(name, count, start_s, _seconds(found["last"], found["lu"], LAST_S)))
    return tuple(chances), tuple(planned)


def _seconds(number: str | None, unit: str | None, otherwise: int) -> int:
    return otherwise if number is None else int(number) * (60 if unit == "m" else 1)


def described() -> str:
    """For --help."""
    return "\n".join(f"  {name:18} {meaning}" for name, meaning in EVERYTHING.items())
