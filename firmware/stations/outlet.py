"""One outlet of a station: cable, vehicle, meter. Pure; time is given to it."""

from dataclasses import dataclass, field

VOLTS = 230
LEAST_MA = 6_000  # IEC 61851-1: below it a vehicle does not charge


@dataclass
class Vehicle:
    """What is plugged in. `wants_wh`: until its battery is full."""

    wants_wh: int = 30_000
    most_ma: int = 32_000
    phases: int = 3


@dataclass
class Transaction:
    """`id` is given by the platform in 1.6, by the station in 2.0.1; `seq` counts messages of 2.0.1."""

    outlet: int
    id_tag: str
    meter_start_wh: int
    begun_s: float
    id: str | None = None
    remote_start_id: int | None = None
    reservation: int | None = None
    seq: int = 0
    state: str = ""


@dataclass
class Outlet:
    """`register_mwh` is the lifetime register in thousandths of Wh; it never falls."""

    number: int
    most_ma: int = 32_000
    vehicle: Vehicle | None = None
    transaction: Transaction | None = None
    operative: bool = True
    reserved: tuple[int, str, str, float] | None = None  # id, tag, parent, until
    fault: str = ""
    ignores_limits: bool = False
    register_mwh: int = 0
    current_ma: int = 0
    said: str = field(default="")

    @property
    def register_wh(self) -> int:
        return self.register_mwh // 1000

    @property
    def phases(self) -> int:
        return self.vehicle.phases if self.vehicle else 3

    @property
    def power_w(self) -> int:
        return self.current_ma * VOLTS * self.phases // 1000

    def step(self, seconds: float, limit_ma: int | None) -> None:
        """Let energy flow for a moment under this limit."""
        self.current_ma = self._draws(limit_ma)
        energy_mwh = round(self.power_w * seconds * 1000 / 3600)
        self.register_mwh += energy_mwh
        if self.vehicle:
            self.vehicle.wants_wh -= energy_mwh // 1000

    def status(self) -> str:
        """In OCPP 1.6 words."""
        if self.fault:
            return "Faulted"
        if self.transaction:
            return "Charging" if self.current_ma else ("SuspendedEV" if self._full() else "SuspendedEVSE")
        if not self.operative:
            return "Unavailable"
        if self.vehicle:
            return "Preparing"
        return "Reserved" if self.reserved else "Available"

    def _draws(self, limit_ma: int | None) -> int:
        if not (self.transaction and self.vehicle) or self.fault or self._full():
            return 0
        wish = min(self.most_ma, self.vehicle.most_ma)
        allowed = wish if limit_ma is None or self.ignores_limits else min(wish, limit_ma)
        return allowed if allowed >= LEAST_MA else 0

    def _full(self) -> bool:
        return self.vehicle is not None and self.vehicle.wants_wh <= 0
