"""The wiring on the ESP32: hardware, logic, network; one loop for safety, one thread for whatever may have to wait.

`device.json` on the flash: device, secret, key_hex, wifi {name, password}, mqtt {host, port, ca_file (DER)}, ntp, pins,
meter, keypad. The control loop never touches the network, so a dead one cannot hold the relay closed.
"""

import _thread
import binascii
import json
import ssl
import time

from firmware.app.adapter import Adapter
from firmware.app.files import Files
from firmware.app.uplink import Uplink
from firmware.drivers import esp32
from firmware.net import ntp
from firmware.net.client import Client
from firmware.net.link import Link
from firmware.net.wifi import Wifi

STEP_MS = 50
NTP_MS = 3_600_000
NETWORK_STACK = 16 * 1024  # a TLS handshake needs more than the 4 KiB that a thread gets


class Machine:
    def __init__(self, config: "dict", folder: str) -> None:  # type: ignore[type-arg]
        self.config = config
        self.mono = esp32.Ticks()
        self.board = esp32.Esp32Board(config["pins"], self.mono)
        self.keypad = esp32.keypad(config["keypad"]) if "keypad" in config else None
        meter = esp32.meter(config["meter"], self.mono)
        key = binascii.unhexlify(config["key_hex"])
        boot = esp32.boot_number()
        self.adapter = Adapter(config["device"], key, boot, self.board, meter, self.mono, Files(folder))
        self.uplink = Uplink(self.adapter)
        self.lock = _thread.allocate_lock()
        self.failure: Exception | None = None

    def control(self) -> None:
        """For ever: keypad, meter, relay, light."""
        watchdog = esp32.watchdog()
        while self.failure is None:
            watchdog.feed()
            with self.lock:
                code = self.keypad.poll() if self.keypad else None
                if code:
                    self.adapter.type_code(code)
                self.adapter.step()
                self.board.show(self.adapter.state())
            time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]
        raise self.failure

    def network(self) -> None:
        """For ever, in a thread of its own. A fault of the firmware in here stops the control loop too."""
        try:
            self._network()
        except Exception as error:
            self.failure = error

    def _network(self) -> None:
        wifi = Wifi(self.config["wifi"]["name"], self.config["wifi"]["password"])
        link = Link(self._address(), _tls(self.config["mqtt"]), self._client, self._lost)
        asked_ms: int | None = None
        while self.failure is None:
            now_ms = self._now()
            if wifi.step(now_ms):
                if asked_ms is None or now_ms - asked_ms >= NTP_MS:
                    asked_ms = now_ms
                    self._ask_time()
                link.step(now_ms)
                with self.lock:
                    self.uplink.step()
            time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]

    def _now(self) -> int:
        with self.lock:
            return self.mono.ms()

    def _address(self) -> "tuple[str, int]":
        return self.config["mqtt"]["host"], self.config["mqtt"]["port"]

    def _client(self) -> Client:
        with self.lock:
            will = (self.uplink.topic_status, self.adapter.voice.last_will())
        topics = [self.uplink.topic_cmd, self.uplink.topic_ack]
        return Client(self.config["device"], self.config["secret"], will, topics, self._ready, self._received)

    def _ready(self, client: Client) -> None:
        with self.lock:
            self.uplink.connected(client.publish)

    def _received(self, topic: str, payload: bytes) -> None:
        with self.lock:
            self.uplink.received(topic, payload)

    def _lost(self) -> None:
        with self.lock:
            self.uplink.disconnected()

    def _ask_time(self) -> None:
        try:
            now_ms = ntp.ask(self.config.get("ntp", "pool.ntp.org"))
        except OSError:  # no name service
            return
        if now_ms is not None:
            esp32.set_clock(now_ms)
            with self.lock:
                self.adapter.clock.set(now_ms)


def _tls(mqtt: "dict") -> "ssl.SSLContext | None":  # type: ignore[type-arg]
    """TLS with the broker's authority, always, unless the port is the plain one of a closed network."""
    if mqtt["port"] == 1883:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open(mqtt["ca_file"], "rb") as file:
        context.load_verify_locations(cadata=file.read())
    return context


def main() -> None:
    with open("/device.json") as file:
        here = Machine(json.load(file), "")
    try:
        _thread.stack_size(NETWORK_STACK)
        _thread.start_new_thread(here.network, ())
        here.control()
    finally:
        here.board.open_relay()
        esp32.reset()
