"""What a station does, whatever version it speaks: plugs, cards, transactions, limits, resets, updates, uploads."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from . import limits, transfer
from .link import CallFailed, Link
from .outlet import Outlet, Transaction, Vehicle

TICK_S = 1.0
UPDATE_S = 3.0
REMOTE_PATIENCE_S = 60.0
RESERVATION_REFUSED = {"Faulted": "Faulted", "Unavailable": "Unavailable"}


@dataclass(frozen=True)
class Row:
    """One station as its file describes it."""

    station: str
    tenant: str
    protocol: str = "ocpp1.6"
    password: str = ""
    outlets: int = 2
    most_ma: int = 32_000
    vendor: str = "Wattlane"
    model: str = "Simulated"
    serial_number: str = ""
    firmware: str = "1.0.0"


@dataclass
class Setting:
    """A configuration key (1.6) or Component.Variable (2.0.1)."""

    value: str
    readonly: bool = False


class Voice(Protocol):
    """Says it in one version. What must arrive is kept by the link; the rest is awaited."""

    async def boot(self, reason: str) -> tuple[str, int]: ...
    async def heartbeat(self) -> None: ...
    async def status(self, outlet: Outlet, status: str) -> None: ...
    async def authorize(self, id_tag: str) -> bool: ...
    def started(self, outlet: Outlet, transaction: Transaction, reason: str) -> None: ...
    def sampled(self, outlet: Outlet, transaction: Transaction) -> None: ...
    def stopped(self, outlet: Outlet, transaction: Transaction, reason: str) -> None: ...
    async def firmware(self, status: str, request: int | None) -> None: ...
    async def log(self, status: str, request: int | None) -> None: ...
    async def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]: ...


@dataclass
class Station:
    """`settings` by name; `local_list`: id tag → its info; `profiles` by (EVSE, id)."""

    row: Row
    link: Link
    voice: Voice = field(init=False)
    outlets: dict[int, Outlet] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    local_list: dict[str, dict[str, Any]] = field(default_factory=dict)
    list_version: int = 0
    profiles: dict[tuple[int, int], limits.Profile] = field(default_factory=dict)
    firmware: str = ""
    reason: str = "PowerUp"
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _asked: dict[int, tuple[str, float, int | None]] = field(default_factory=dict)  # remote starts that wait for a plug

    def __post_init__(self) -> None:
        self.firmware = self.row.firmware
        self.outlets = {n: Outlet(n, self.row.most_ma) for n in range(1, self.row.outlets + 1)}

    async def run(self) -> None:
        """Until cancelled."""
        talk = self.link.run(self._welcome, self.voice.answer)
        works = (talk, self.link.deliver(), self._beat(), self._tick(), self._sample())
        try:
            await asyncio.gather(*[self._spawn(work) for work in works])
        finally:
            for task in list(self._tasks):
                task.cancel()

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do it after the answer that is being given."""
        self._spawn(work)

    # hands of people

    def plug(self, outlet: int, vehicle: Vehicle) -> None:
        self.outlets[outlet].vehicle = vehicle
        if asked := self._asked.pop(outlet, None):
            self._start(self.outlets[outlet], asked[0], "RemoteStart", asked[2])

    def unplug(self, outlet: int) -> None:
        here = self.outlets[outlet]
        if here.transaction:
            self.stop(here, "EVDisconnected")
        here.vehicle = None

    async def card(self, outlet: int, id_tag: str) -> str:
        """A card at the reader: starts or stops. Empty when it did, else why not."""
        here = self.outlets[outlet]
        if here.transaction:
            if here.transaction.id_tag.casefold() != id_tag.casefold():
                return "in use"
            self.stop(here, "Local")
            return ""
        if here.vehicle is None or not here.operative or here.fault:
            return "not ready"
        if here.reserved and id_tag.casefold() not in (here.reserved[1].casefold(), here.reserved[2].casefold()):
            return "reserved"
        if not await self._allowed(id_tag):
            return "refused"
        self._start(here, id_tag, "Authorized", None)
        return ""

    # what the platform asks

    def remote_start(self, outlet: int | None, id_tag: str, remote_start_id: int | None = None) -> bool:
        free = [o for o in self.outlets.values() if self._free(o, id_tag) and outlet in (None, o.number)]
        plugged = [o for o in free if o.vehicle]
        if plugged:
            self.later(self._remote(plugged[0], id_tag, remote_start_id))
        elif free:
            self._asked[free[0].number] = (id_tag, time.time() + REMOTE_PATIENCE_S, remote_start_id)
        return bool(free)

    def remote_stop(self, transaction: str) -> bool:
        for here in self.outlets.values():
            if here.transaction and here.transaction.id == transaction:
                self.stop(here, "Remote")
                return True
        return False

    def availability(self, outlet: int | None, operative: bool) -> str:
        chosen = [o for o in self.outlets.values() if outlet in (None, 0, o.number)]
        for here in chosen:
            here.operative = operative
        busy = not operative and any(here.transaction for here in chosen)
        return ("Scheduled" if busy else "Accepted") if chosen else "Rejected"

    def reserve(self, outlet: int | None, reservation: int, id_tag: str, parent: str, until_s: float) -> str:
        chosen = [o for o in self.outlets.values() if outlet in (None, 0, o.number)]
        free = [o for o in chosen if o.status() == "Available" or (o.reserved and o.reserved[0] == reservation)]
        if not free:
            return (
                chosen[0].status().replace("Preparing", "Occupied").replace("Charging", "Occupied")
                if chosen
                else "Rejected"
            )
        free[0].reserved = (reservation, id_tag, parent, until_s)
        return "Accepted"

    def cancel_reservation(self, reservation: int) -> bool:
        for here in self.outlets.values():
            if here.reserved and here.reserved[0] == reservation:
                here.reserved = None
                return True
        return False

    def reset(self, hard: bool) -> None:
        self.later(self._reset("HardReset" if hard else "SoftReset"))

    def limit_ma(self, here: Outlet) -> int | None:
        transaction = here.transaction
        return limits.allowed_ma(
            self.profiles.values(), evse=here.number, now_s=time.time(),
            transaction=transaction.id if transaction else None, begun_s=transaction.begun_s if transaction else None,
        )  # fmt: skip

    async def update(self, url: str, request: int | None, delay_s: float) -> None:
        """Download, install, boot with the version that the image's first line names."""
        await asyncio.sleep(max(0, delay_s))
        await self.voice.firmware("Downloading", request)
        try:
            image = await asyncio.to_thread(transfer.download, url)
        except (OSError, ValueError):
            await self.voice.firmware("DownloadFailed", request)
            return
        await self.voice.firmware("Downloaded", request)
        while any(here.transaction for here in self.outlets.values()):
            await asyncio.sleep(TICK_S)
        await self.voice.firmware("Installing", request)
        await asyncio.sleep(UPDATE_S)
        self.firmware = _version(image, url)
        await self._reset("FirmwareUpdate")
        await self.link.registered.wait()
        await self.voice.firmware("Installed", request)

    async def upload(self, url: str, request: int | None) -> None:
        """Send the station's log to the address."""
        await self.voice.log("Uploading", request)
        lines = [f"{name}={setting.value}" for name, setting in sorted(self.settings.items())]
        lines += [
            f"outlet {o.number}: {o.status()} {o.register_wh} Wh {o.current_ma} mA" for o in self.outlets.values()
        ]
        try:
            await asyncio.to_thread(transfer.upload, url, "\n".join(lines).encode())
        except (OSError, ValueError):
            await self.voice.log("UploadFailure", request)
            return
        await self.voice.log("Uploaded", request)

    def stop(self, here: Outlet, reason: str) -> None:
        """End the outlet's transaction."""
        transaction, here.transaction = here.transaction, None
        if transaction:
            self._forget_profiles(transaction)
            here.current_ma = 0
            self.voice.stopped(here, transaction, reason)

    def state(self) -> dict[str, Any]:
        """For the control port."""
        return {
            "station": self.row.station,
            "tenant": self.row.tenant,
            "protocol": self.row.protocol,
            "connected": self.link.connected,
            "firmware": self.firmware,
            "outlets": [
                {
                    "outlet": o.number,
                    "status": o.status(),
                    "energy_wh": o.register_wh,
                    "current_ma": o.current_ma,
                    "limit_ma": self.limit_ma(o),
                    "id_tag": o.transaction.id_tag if o.transaction else None,
                }
                for o in self.outlets.values()
            ],
        }

    # its own life

    async def _welcome(self) -> None:
        """After each connection: introduce oneself until one is accepted, then say how the outlets are."""
        while True:
            try:
                status, interval_s = await self.voice.boot(self.reason)
            except CallFailed:
                await asyncio.sleep(5)
                continue
            if status == "Accepted":
                break
            await asyncio.sleep(max(1, interval_s))
        self.link.registered.set()
        for here in self.outlets.values():
            here.said = ""

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(float(self.settings["HeartbeatInterval"].value) or 60)
            if self.link.registered.is_set():
                await self._try(self.voice.heartbeat())

    async def _tick(self) -> None:
        while True:
            begin = time.monotonic()
            await asyncio.sleep(TICK_S)
            for here in self.outlets.values():
                here.step(time.monotonic() - begin, self.limit_ma(here))
                self._look(here)
                status = here.status()
                if status != here.said and self.link.registered.is_set():
                    here.said = status
                    await self._try(self.voice.status(here, status))

    def _look(self, here: Outlet) -> None:
        now = time.time()
        if here.reserved and here.reserved[3] <= now:
            here.reserved = None
        if here.fault and here.transaction:
            self.stop(here, "Other")
        if here.number in self._asked and self._asked[here.number][1] <= now:
            del self._asked[here.number]

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(max(1.0, float(self.settings["MeterValueSampleInterval"].value)))
            for here in self.outlets.values():
                if here.transaction:
                    self.voice.sampled(here, here.transaction)

    async def _reset(self, reason: str) -> None:
        for here in self.outlets.values():
            self.stop(here, reason if reason != "FirmwareUpdate" else "Reboot")
        await asyncio.sleep(1)
        self.reason = {"HardReset": "RemoteReset", "SoftReset": "RemoteReset"}.get(reason, reason)
        await self.link.drop()

    async def _remote(self, here: Outlet, id_tag: str, remote_start_id: int | None) -> None:
        asks = self.settings.get("AuthorizeRemoteTxRequests", Setting("false")).value == "true"
        if not asks or await self._allowed(id_tag):
            self._start(here, id_tag, "RemoteStart", remote_start_id)

    def _free(self, here: Outlet, id_tag: str) -> bool:
        kept = here.reserved and here.reserved[1].casefold() != id_tag.casefold()
        return here.transaction is None and here.operative and not here.fault and not kept

    async def _allowed(self, id_tag: str) -> bool:
        if self.link.registered.is_set():
            try:
                return await self.voice.authorize(id_tag)
            except CallFailed:
                pass
        return self.local_list.get(id_tag.casefold(), {}).get("status") == "Accepted"

    def _start(self, here: Outlet, id_tag: str, reason: str, remote_start_id: int | None) -> None:
        transaction = Transaction(here.number, id_tag, here.register_wh, time.time(), remote_start_id=remote_start_id)
        if here.reserved and here.reserved[1].casefold() == id_tag.casefold():
            transaction.reservation, here.reserved = here.reserved[0], None
        here.transaction = transaction
        self.voice.started(here, transaction, reason)

    def _forget_profiles(self, transaction: Transaction) -> None:
        gone = [k for k, p in self.profiles.items() if p.purpose == "TxProfile" and k[0] == transaction.outlet]
        for key in gone:
            del self.profiles[key]

    async def _try(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except CallFailed:
            return

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def clear_profiles(station: Station, wanted: Callable[[limits.Profile], bool]) -> bool:
    """Forget the profiles that fit; whether there were any."""
    gone = [key for key, profile in station.profiles.items() if wanted(profile)]
    for key in gone:
        del station.profiles[key]
    return bool(gone)


def put_profile(station: Station, profile: limits.Profile) -> None:
    """Keep a profile; it replaces the one with its id, or with its purpose and stack level at that EVSE."""
    place = (profile.evse, profile.purpose, profile.stack)
    clear_profiles(station, lambda old: old.id == profile.id or (old.evse, old.purpose, old.stack) == place)
    station.profiles[profile.evse, profile.id] = profile


def _version(image: bytes, url: str) -> str:
    """`version: 1.2.3` in the first line, else the name of the file."""
    head = image[:200].split(b"\n", 1)[0].decode("utf-8", "replace")
    name = url.rsplit("/", 1)[1].removesuffix(".bin")
    return (head.partition("version:")[2].strip() if head.startswith("version:") else name)[:50]
