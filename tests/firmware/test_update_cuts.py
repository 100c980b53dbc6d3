"""The update from order to proof, with the boot loader, and the power going at every single operation on the flash."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware import loader, signing
from firmware.app.adapter import Adapter
from firmware.app.files import Files
from firmware.app.uplink import Uplink
from firmware.image import BadImage, pack, unpack
from tests.firmware.micropython.kit import DEVICE, KEY, T0, Bench, HandMono, PowerCut

pytestmark = pytest.mark.req("DEV-01")
OLD, NEW = "1.1.0", "1.2.0"


class Power:
    """Goes after so many operations; the one that it goes in is half done."""

    def __init__(self) -> None:
        self.left: int | None = None

    def spend(self) -> bool:
        """True when this operation is the one."""
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0


class CutFiles(Files):
    def __init__(self, folder: str, power: Power) -> None:
        super().__init__(folder)
        self.power = power

    def write(self, name: str, data: bytes) -> None:
        if self.power.spend():
            super().write(name, data[: len(data) // 2])
            raise PowerCut
        super().write(name, data)

    def append(self, name: str, data: bytes) -> None:
        if self.power.spend():
            super().append(name, data[: len(data) // 2])
            raise PowerCut
        super().append(name, data)

    def rename(self, name: str, to: str) -> None:
        if self.power.spend():
            raise PowerCut
        super().rename(name, to)

    def remove(self, name: str) -> None:
        if self.power.spend():
            raise PowerCut
        super().remove(name)


class House:
    """A flash in a folder, a device, and somebody who switches it on again."""

    def __init__(self, root: Path, modulus: str, *, healthy: bool = True) -> None:
        self.root, self.modulus, self.healthy = root, modulus, healthy
        self.power = Power()
        self.mono = HandMono()
        self.boots = 0
        for name in ("a/version", "a/firmware/x.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "a/version").write_text(OLD)
        (root / "a/firmware/x.py").write_text("X = 0\n")
        self.start()

    def start(self) -> None:
        """Boot loader, then the firmware of the slot that it chose. A slot that is not whole must never start."""
        slot = loader.choose(str(self.root))
        self.version = (self.root / slot / "version").read_text()
        self.boots += 1
        assert (self.root / slot / "firmware/x.py").read_text() == ("X = 0\n" if self.version == OLD else "X = 1\n")
        board = Bench(self.mono)
        board.silent = self.version == NEW and not self.healthy
        files = CutFiles(str(self.root), self.power)
        now_ms = T0 + self.mono.ms()
        self.adapter = Adapter(
            DEVICE, KEY, self.boots, board, board, self.mono, files, now_ms, 100, self.version, "s" * 16, self.modulus
        )
        self.uplink = Uplink(self.adapter)

    def turn(self, image: bytes, step_ms: int = 1000) -> None:
        """One moment: the platform hears the device, the network fetches."""
        self.mono.value += step_ms
        self.adapter.step()
        ack = {"v": 1, "boot": self.boots, "seq": 1, "now_ms": T0 + self.mono.ms()}
        self.uplink.received(self.uplink.topic_ack, json.dumps(ack).encode())
        wanted = self.adapter.updater.want(self.adapter.calm())
        if wanted:
            self.adapter.updater.give(wanted[1], image[wanted[1] : wanted[1] + wanted[2]])
        if self.adapter.updater.restart:
            self.start()

    def words(self) -> list[str]:
        bodies = [json.loads(item.body) for item in self.adapter.outbox.items]
        return [body["reason"] for body in bodies if body.get("code") == "ota"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[bytes, dict[str, Any], str]]:
    """Image, manifest, modulus."""
    keys = tmp_path_factory.mktemp("keys")
    public = signing.keygen(keys)
    assert signing.keygen(keys) == public and (keys / signing.PRIVATE).stat().st_mode & 0o777 == 0o600
    image = pack({"firmware/x.py": b"X = 1\n", "firmware/deep/y.py": b"Y = 2\n" * 900}, NEW)
    yield image, signing.manifest(image, keys / signing.PRIVATE, url="http://127.0.0.1/x"), signing.modulus_hex(public)


def order(house: House, manifest: dict[str, Any]) -> None:
    house.adapter.updater.order(manifest)
    house.adapter.settle()


@pytest.mark.parametrize("healthy", [True, False])
def test_the_power_may_go_at_any_operation(
    tmp_path: Path, made: tuple[bytes, dict[str, Any], str], healthy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It always starts, ends with the right version, and has said what became of it."""
    image, manifest, modulus = made
    write = loader.write
    cuts, finished = 0, False
    while not finished:
        house = House(tmp_path / str(cuts), modulus, healthy=healthy)

        def torn(root: str, record: dict[str, object], house: House = house) -> None:
            if house.power.spend():
                Path(root, loader.RECORD + ".tmp").write_text("{")
                raise PowerCut
            write(root, record)

        monkeypatch.setattr(loader, "write", torn)
        house.power.left = cuts
        finished = not _live_through(house, image, manifest)
        cuts += 1
    assert cuts > 25


def _live_through(house: House, image: bytes, manifest: dict[str, Any]) -> bool:
    """True when the power went."""
    gone = _with_cut(house, lambda: order(house, manifest))
    if gone and not (house.root / "ota.json").exists():
        order(house, manifest)  # it was not answered: the platform sends it again
    last = ("healthy",) if house.healthy else ("rolled_back:unhealthy", "rolled_back:boots")
    for _ in range(2500):
        gone = _with_cut(house, lambda: house.turn(image)) or gone
        if house.words() and house.words()[-1] in last:
            break
    for _ in range(5):
        gone = _with_cut(house, lambda: house.turn(image)) or gone
    assert house.version == (NEW if house.healthy else OLD), house.words()
    assert house.words()[-1] in last
    assert not (house.root / "ota.json").exists() and not (house.root / "ota.img").exists()
    house.power.left = None
    house.start()
    assert house.version == (NEW if house.healthy else OLD)
    return gone


def _with_cut(house: House, action: Callable[[], None]) -> bool:
    """Switched on again as often as it takes."""
    try:
        action()
        return False
    except PowerCut:
        house.power.left = None
        house.start()
        return True


def test_one_that_never_gets_far_goes_back_after_three_starts(
    tmp_path: Path, made: tuple[bytes, dict[str, Any], str]
) -> None:
    image, manifest, modulus = made
    house = House(tmp_path, modulus)
    order(house, manifest)
    while house.version == OLD:
        house.turn(image)
    chosen = [loader.choose(str(tmp_path)) for _ in range(4)]
    assert chosen == ["b", "b", "a", "a"]
    house.start()
    assert house.words()[-1] == "rolled_back:boots" and house.version == OLD


def test_the_loader_starts_what_is_whole_whatever_the_record_says(tmp_path: Path) -> None:
    root = str(tmp_path)
    for slot in ("a", "b"):
        (tmp_path / slot).mkdir()
    assert loader.choose(root) == "a"
    (tmp_path / "b/version").write_text("1")
    for text in ("", "{", "[]", "{}", '{"active": "c"}', '{"active": "a"}', '{"active": "a", "boots": "x"}', "\xff"):
        (tmp_path / "slot.json").write_bytes(text.encode("latin-1"))
        assert loader.choose(root) == "b", text
    (tmp_path / "b/version").unlink()
    (tmp_path / "slot.json").write_text('{"active": "a", "trial": true, "boots": 9}')
    assert loader.choose(root) == "a"  # nothing else is there


def test_a_slot_that_cannot_be_imported_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    for slot in ("a", "b"):
        (tmp_path / slot / "firmware").mkdir(parents=True)
        (tmp_path / slot / "version").write_text(slot)
    (tmp_path / "slot.json").write_text('{"active": "b", "trial": true, "boots": 0}')
    resets: list[int] = []

    def reset() -> None:
        resets.append(1)
        raise SystemExit

    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(reset=reset))
    monkeypatch.setitem(sys.modules, "firmware.main", None)
    monkeypatch.setattr(sys, "print_exception", lambda error: None, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit):
        loader.start(str(tmp_path))
    record = json.loads((tmp_path / "slot.json").read_text())
    assert resets == [1] and (record["active"], record["why"], record["trial"]) == ("a", "import", False)


def test_packing_is_deterministic_and_unpacking_checks_every_byte() -> None:
    files = {"firmware/b.py": b"B", "firmware/a.py": b"A" * 5000, "saas/wire.py": b""}
    data = pack(files, NEW)
    assert data == pack(dict(reversed(list(files.items()))), NEW)
    assert unpack(data) == (NEW, files)
    for index in (0, 8, 30, len(data) - 1):
        changed = bytearray(data)
        changed[index] ^= 1
        with pytest.raises(BadImage):
            unpack(bytes(changed))
    with pytest.raises(BadImage):
        unpack(data + b"x")
    for name in ("/etc/passwd", "../main.py", "a//b"):
        with pytest.raises(BadImage):
            pack({name: b""}, NEW)


def test_both_sides_sign_the_same_text(made: tuple[bytes, dict[str, Any], str]) -> None:
    """The platform checks what the device checks."""
    from firmware.app.manifest import Manifest
    from tenants.operations.signing import signed_text

    image, manifest, modulus = made
    Manifest(manifest).check(OLD, modulus)
    sha256 = hashlib.sha256(image).hexdigest()
    text = signed_text(version=NEW, size=len(image), sha256=sha256).decode()
    assert text == f"wattlane-firmware-v1|{NEW}|{len(image)}|{sha256}"
