"""Wi-Fi of the ESP32, kept up. Only this file knows the `network` module."""

import network  # type: ignore[import-not-found]

RETRY_MS = 15_000


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
