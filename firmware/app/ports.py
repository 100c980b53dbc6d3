"""What the logic asks of the hardware. A board without an optional part inherits the answer given here."""


class Reading:
    """One look at the meter. `counter_wh` is the meter's own counter, which may start again at 0 at any time."""

    def __init__(self, counter_wh: int, power_w: int, current_ma: int, voltage_mv: int) -> None:
        self.counter_wh = counter_wh
        self.power_w = power_w
        self.current_ma = current_ma
        self.voltage_mv = voltage_mv


class Board:
    """Relay, lock, pilot, case switch, thermometer, light, buzzer."""

    def close_relay(self) -> None:
        """Power to the vehicle."""

    def open_relay(self) -> None:
        """No power. Must be harmless when already open, and is the state after a reset."""

    def contact(self) -> "bool | None":
        """Whether the contacts are closed, by the relay's auxiliary contact; None where it has none."""
        return None

    def offer(self, current_ma: int) -> None:
        """Tells the vehicle by the pilot how much it may draw; 0 asks it to stop."""

    def has_pilot(self) -> bool:
        """Whether `offer` reaches the vehicle: then it is asked to stop before the relay breaks its current."""
        return False

    def asks(self) -> bool:
        """Whether the vehicle wants power now (IEC 61851-1, state C or D). True as well where nothing can tell."""
        return True

    def lock(self, locked: bool) -> None:
        """Holds or frees the plug."""

    def show(self, state: str) -> None:
        """One of `words.W.STATES` on the light."""

    def signal(self, name: str) -> None:
        """A short sign to whoever stands there: `good`, `bad` or `heard` (a card or a key was noticed)."""

    def plugged(self) -> bool:
        """True as well where nothing can tell."""
        return True

    def tampered(self) -> bool:
        """The lid is open, or the lock is forced."""
        return False

    def temperature_mc(self) -> "int | None":
        """None where there is no thermometer. One that is there but silent has to be told as too hot."""
        return None

    def supply_mv(self) -> "int | None":
        """The supply that holds the relay; None where it is not measured."""
        return None


class Meter:
    keeps = False  # whether its counter survives a power cut

    def poll(self) -> "Reading | None":
        """A new reading, or None while there is none. Never waits."""
        return None


class Mono:
    def ms(self) -> int:
        """Milliseconds since the start of the device: never stepping, never wrapping."""
        return 0
