"""The wiring on the ESP32: hardware, logic, network; one loop for safety, one thread for whatever may have to wait.

`device.json` on the flash says what is soldered on and where the platform is: see `firmware/boards`. Who the device is
it makes up itself at its first start (`app/identity`), and its Wi-Fi is typed in on its own page (`net/portal`); where
`device.json` names device, secret, key_hex, or wifi {name, password}, those hold. The control loop never touches the
network, so a dead one cannot hold the relay closed.
"""

import _thread
import json
import os
import ssl
import time

from firmware.app.adapter import Adapter
from firmware.app.files import Files
from firmware.app.identity import Identity, known, make
from firmware.app.network import Network
from firmware.app.uplink import Uplink
from firmware.drivers import esp32
from firmware.net import ntp, web, wifi
from firmware.net.client import Client
from firmware.net.enrol import Enrolment
from firmware.net.hotspot import Hotspot
from firmware.net.link import Link
from firmware.net.modem import Modem
from firmware.net.portal import Portal

STEP_MS = 50
NTP_MS = 3_600_000
NETWORK_STACK = 16 * 1024  # a TLS handshake needs more than the 4 KiB that a thread gets
SET_UP_MS = 600_000  # so long the set-up page stays open where there is a network already
GOOD_BYE_MS = 8_000  # for the page to say that it worked


class Machine:
    def __init__(self, config: "dict", folder: str) -> None:  # type: ignore[type-arg]
        self.config = config
        self.mono = esp32.Ticks()
        self.board = esp32.Esp32Board(config["pins"], self.mono, config.get("scales"))
        self.keypad = esp32.keypad(config["keypad"]) if "keypad" in config else None
        self.reader = esp32.reader(config["reader"], self.mono) if "reader" in config else None
        self.button = esp32.button(config["button"], self.mono) if "button" in config else None
        meter = esp32.meter(config["meter"], self.mono)
        files = Files(folder)
        self.identity = _identity(config, files)
        self.network_kept = Network(files)
        boot, who = esp32.boot_number(), self.identity
        self.adapter = Adapter(who.device, who.key, boot, self.board, meter, self.mono, files, secret=who.secret)
        self.uplink = Uplink(self.adapter)
        self.enrolment = Enrolment(who, _platform(config))
        self.lock = _thread.allocate_lock()
        self.failure: Exception | None = None
        self.set_up_asked = False

    def control(self) -> None:
        """Until the firmware has to start again: keypad, cards, meter, relay, light."""
        watchdog = esp32.watchdog()
        while self.failure is None and not self.adapter.updater.restart:
            watchdog.feed()
            with self.lock:
                self._attend()
                self.adapter.step()
                self.board.show(self.adapter.state())
            time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]
        if self.failure is not None:
            raise self.failure

    def _attend(self) -> None:
        """Whoever stands before it."""
        code = self.keypad.poll() if self.keypad else None
        if code:
            self.adapter.type_code(code)
        uid = self.reader.poll() if self.reader else None
        if uid:
            self.adapter.card(uid)
        if self.button and self.button.held():
            self.set_up_asked = True

    def network(self) -> None:
        """For ever, in a thread of its own. A fault of the firmware in here stops the control loop too."""
        try:
            while self.failure is None:
                if self.set_up_asked or not ("modem" in self.config or self._wifi()[0]):
                    self._set_up()
                else:
                    self._stay_connected()
        except Exception as error:
            self.failure = error

    def _stay_connected(self) -> None:
        """Until somebody wants to set it up."""
        station = self._station()
        link = Link(self._address(), _tls(self.config["mqtt"]), self._client, self._lost)
        asked_ms: int | None = None
        while self.failure is None and not self.set_up_asked:
            now_ms = self._now()
            if station.step(now_ms):
                if asked_ms is None or now_ms - asked_ms >= NTP_MS:
                    asked_ms = now_ms
                    self._ask_time()
                link.step(now_ms)
                with self.lock:
                    self.uplink.step()
                    renew = self.uplink.wants_new_connection()
                if renew:
                    link.drop(now_ms, "new password")
                self._enrol(now_ms)
                self._fetch()
            time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]
        link.drop(self._now(), "set-up")

    def _set_up(self) -> None:
        """The device's own network, with the page on which its owner types in the Wi-Fi; tried before it is kept."""
        portal = Portal(self.identity.device, wifi.in_reach())
        own = wifi.OwnNetwork(self.identity.network(), self.identity.hotspot)
        hotspot = Hotspot(portal, self.config.get("portal_host", "0.0.0.0"), *self.config.get("portal_ports", (80, 53)))
        connected = "modem" in self.config or bool(self._wifi()[0])
        until_ms: int | None = self._now() + SET_UP_MS if connected else None
        probe: wifi.Probe | None = None
        while self.failure is None and (until_ms is None or self._now() < until_ms):
            hotspot.step(self._now())
            if portal.candidate and probe is None:
                probe = wifi.Probe(portal.candidate[0], portal.candidate[1], self._now())
            result = probe.result(self._now()) if probe else None
            if portal.candidate and result is not None:
                if not result:
                    self.network_kept.save(*portal.candidate)
                    until_ms = self._now() + GOOD_BYE_MS
                portal.tried(result or None)
                probe = None
            time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]
        hotspot.close()
        own.close()
        self.set_up_asked = False

    def _enrol(self, now_ms: int) -> None:
        if not self.enrolment.due(now_ms):
            return
        url, body = self.enrolment.request(self.adapter.firmware, self.config.get("hardware", "esp32"))
        status: int | None = None
        try:
            status = web.request("POST", url, body, {"Content-Type": "application/json"}, _tls(self.config["mqtt"]))[0]
        except web.NoAnswer:
            pass
        self.enrolment.answered(status, now_ms)

    def _fetch(self) -> None:
        """A piece of a new firmware."""
        updater = self.adapter.updater
        with self.lock:
            wanted = updater.want(self.adapter.calm())
        if wanted is None:
            return
        try:
            data = web.fetch(wanted[0], wanted[1], wanted[2], _tls(self.config["mqtt"]))
        except web.NoAnswer as error:
            with self.lock:
                updater.trouble(error.args[0])
        else:
            with self.lock:
                updater.give(wanted[1], data)

    def _station(self) -> "wifi.Wifi | Modem":
        """Wi-Fi, or the modem where there is one."""
        settings = self.config.get("modem")
        if settings is None:
            return wifi.Wifi(*self._wifi())
        return Modem(esp32.modem_uart(settings), settings["apn"], settings.get("pin", ""), wifi.ppp)

    def _wifi(self) -> "tuple[str, str]":
        given = self.config.get("wifi")
        if given is not None and not self.network_kept.name:
            return given["name"], given["password"]
        return self.network_kept.name, self.network_kept.password

    def _now(self) -> int:
        with self.lock:
            return self.mono.ms()

    def _address(self) -> "tuple[str, int]":
        return self.config["mqtt"]["host"], self.config["mqtt"]["port"]

    def _client(self) -> Client:
        with self.lock:
            will = (self.uplink.topic_status, self.adapter.voice.last_will())
            secret = self.adapter.credentials.current()
        topics = [self.uplink.topic_cmd, self.uplink.topic_ack]
        return Client(self.identity.device, secret, will, topics, self._ready, self._received, self._denied)

    def _ready(self, client: Client) -> None:
        self.enrolment.accepted()
        with self.lock:
            self.uplink.connected(client.publish)

    def _denied(self) -> None:
        self.enrolment.refused()
        with self.lock:
            self.uplink.denied()

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


def _identity(config: "dict", files: Files) -> Identity:  # type: ignore[type-arg]
    """As set up by hand, as made before, or made now: then its label goes to the console."""
    if "device" in config:
        return Identity(config)
    found = known(files)
    if found is None:
        wifi.radio_on()
        found = make(files, os.urandom)
        print(found.label())
    return found


def _platform(config: "dict") -> str:  # type: ignore[type-arg]
    """Where it enrols: keys go over TLS only, but for the plain broker of a closed network."""
    address = str(config.get("platform", ""))
    return address if address.startswith("https://") or config["mqtt"]["port"] == 1883 else ""


def _tls(mqtt: "dict") -> "ssl.SSLContext | None":  # type: ignore[type-arg]
    """TLS with the platform's authority, always, unless the broker's port is the plain one of a closed network."""
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
