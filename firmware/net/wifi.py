"""Wi-Fi of the ESP32, kept up; its own network while it is being set up. Only this file knows the `network` module."""

import network  # type: ignore[import-not-found]

RETRY_MS = 15_000
PROBE_MS = 20_000  # so long a network has to let the device in while it is being set up


class Wifi:
    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._password = password
        self._station = network.WLAN(network.STA_IF)
        self._station.active(True)
        self._tried_ms: int | None = None

    def step(self, now_ms: int) -> bool:
        """True while there is an address. Asks for a connection now and then while there is none."""
        if self._station.isconnected():
            return True
        if self._tried_ms is None or now_ms - self._tried_ms >= RETRY_MS:
            self._tried_ms = now_ms
            self._station.disconnect()
            self._station.connect(self._name, self._password)
        return False


class Probe:
    """Tries a network once, while the device's own one stays up."""

    def __init__(self, name: str, password: str, now_ms: int) -> None:
        self._station = network.WLAN(network.STA_IF)
        self._station.active(True)
        self._station.disconnect()
        self._station.connect(name, password)
        self._since_ms = now_ms

    def result(self, now_ms: int) -> "str | None":
        """ "" once there is an address; wrong_password, not_found or timeout; None while it is not known."""
        if self._station.isconnected():
            return ""
        status = self._station.status()
        if status == network.STAT_WRONG_PASSWORD:
            return "wrong_password"
        if status == network.STAT_NO_AP_FOUND:
            return "not_found"
        return "timeout" if now_ms - self._since_ms >= PROBE_MS else None


class OwnNetwork:
    """The access point of a device that is being set up; WPA2 with the password of its label."""

    def __init__(self, name: str, password: str) -> None:
        self._point = network.WLAN(network.AP_IF)
        self._point.active(True)
        self._point.config(ssid=name, key=password, security=3)  # 3: WPA2-PSK

    def close(self) -> None:
        self._point.active(False)


def ppp(stream: object) -> object:
    """The line through a modem."""
    return network.PPP(stream)


def radio_on() -> None:
    """The chip's random numbers are true ones while its radio is on."""
    network.WLAN(network.STA_IF).active(True)


def in_reach(most: int = 20) -> "list[str]":
    """Names of networks, the strongest first, each once."""
    station = network.WLAN(network.STA_IF)
    station.active(True)
    names: list[str] = []
    for row in sorted(station.scan(), key=lambda row: -row[3]):
        try:
            name = row[0].decode()
        except UnicodeError:
            continue
        if name and name not in names:
            names.append(name)
    return names[:most]
