"""What may be set on a device, with its bounds. `config` commands change these by name."""

from .refused import Refused
from .words import W

# name: (value from the factory, least, most)
BOUNDS = {
    "telemetry_s": (1, 1, 3600),  # sample while charging
    "idle_s": (30, 1, 86400),  # sample otherwise
    "max_current_ma": (32000, 1000, 125000),  # what relay and wiring carry, per phase
    "max_temperature_mc": (80000, 40000, 120000),
    "min_supply_mv": (4500, 2500, 24000),  # of the supply that holds the relay, where the board measures it
    "min_voltage_mv": (85000, 50000, 250000),  # of the mains
    "meter_timeout_s": (5, 2, 60),  # no reading for so long while the relay is closed is a fault
}


class Settings:
    def __init__(self, changed: "dict[str, int]") -> None:
        self.changed = dict(changed)

    def get(self, name: str) -> int:
        return self.changed.get(name, BOUNDS[name][0])

    def change(self, data: object) -> None:
        """All of `data` or, with Refused(bad_format), nothing."""
        if not isinstance(data, dict) or not data:
            raise Refused(W.REFUSE_FORMAT)
        for name in data:
            value = data[name]
            if name not in BOUNDS or not isinstance(value, int) or isinstance(value, bool):
                raise Refused(W.REFUSE_FORMAT)
            if not BOUNDS[name][1] <= value <= BOUNDS[name][2]:
                raise Refused(W.REFUSE_FORMAT)
        self.changed.update(data)
