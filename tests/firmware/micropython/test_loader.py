"""The boot loader on MicroPython's own file system; the power cuts are in tests/firmware/test_update_cuts.py."""

import json
import os

from firmware import loader
from firmware.app.files import Files
from firmware.app.slots import Slots

REQ = ("DEV-01",)
ROOT = "/tmp/wattlane-loader-test"


def flash():
    for path in ("/tmp", ROOT):
        try:  # noqa: SIM105 - MicroPython has no contextlib
            os.mkdir(path)
        except OSError:
            pass
    files = Files(ROOT)
    for name in os.listdir(ROOT):
        files.remove_tree(name)
    files.write("a/version", b"1.1.0")
    return files


def test_the_first_slot_starts_while_there_is_no_other():
    files = flash()
    assert loader.choose(ROOT) == "a"
    files.write("b/version", b"1.2.0")
    assert loader.choose(ROOT) == "a"
    files.remove_tree("a")
    assert loader.choose(ROOT) == "b"


def test_one_on_trial_has_three_starts():
    files = flash()
    files.write("b/version", b"1.2.0")
    Slots(files).try_other()
    assert [loader.choose(ROOT) for _ in range(5)] == ["b", "b", "b", "a", "a"]
    assert Slots(files).why == "boots" and not Slots(files).on_trial


def test_one_that_proved_itself_stays():
    files = flash()
    files.write("b/version", b"1.2.0")
    Slots(files).try_other()
    assert loader.choose(ROOT) == "b" and Slots(files).on_trial
    Slots(files).keep()
    assert [loader.choose(ROOT) for _ in range(5)] == ["b"] * 5
    assert json.loads(files.read("slot.json").decode())["boots"] == 0


def test_no_way_back_to_an_empty_slot():
    files = flash()
    assert not Slots(files).go_back("unhealthy") and Slots(files).active == "a"
    files.write("slot.json", b'{"active": "b", "trial": true, "boots": 1}')
    assert loader.choose(ROOT) == "a" and Slots(files).why == "torn"
