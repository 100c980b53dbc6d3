"""The boot loader: `main.py` on the device. Chooses a slot, counts the starts of one that is on trial, and starts it.

It is never updated over the air, so it is short and leans on nothing but the language. See `app/slots.py`.
"""

import json
import sys

RECORD = "slot.json"
MOST_BOOTS = 3


def read(root: str, name: str) -> "bytes | None":
    try:
        with open(root + "/" + name, "rb") as file:
            return file.read()
    except OSError:
        return None


def write(root: str, record: "dict[str, object]") -> None:
    """Whole, or not at all."""
    import os

    with open(root + "/" + RECORD + ".tmp", "w") as file:
        file.write(json.dumps(record))
    os.rename(root + "/" + RECORD + ".tmp", root + "/" + RECORD)


def other(slot: str) -> str:
    return "a" if slot == "b" else "b"


def whole(root: str, slot: str) -> bool:
    return read(root, slot + "/version") is not None


def load(root: str) -> "dict":  # type: ignore[type-arg]
    """The record; one that cannot be read means slot `a`, or the one that is whole."""
    try:
        record = json.loads((read(root, RECORD) or b"").decode())
        if record["active"] in ("a", "b"):
            trial, boots = record.get("trial") is True, int(record.get("boots", 0))
            return {"active": record["active"], "trial": trial, "boots": boots, "why": record.get("why", "")}
    except (ValueError, KeyError, TypeError, UnicodeError):
        pass
    return {"active": "a" if whole(root, "a") or not whole(root, "b") else "b", "trial": False, "boots": 0, "why": ""}


def go_back(root: str, record: "dict", why: str) -> bool:  # type: ignore[type-arg]
    """The other slot, for good. False when it holds nothing that could start."""
    back = other(record["active"])
    if not whole(root, back):
        return False
    write(root, {"active": back, "trial": False, "boots": 0, "why": why})
    return True


def choose(root: str) -> str:
    """The slot that starts now."""
    record = load(root)
    if not whole(root, record["active"]) and go_back(root, record, "torn"):
        return other(record["active"])
    if not record["trial"]:
        return str(record["active"])
    if record["boots"] >= MOST_BOOTS and go_back(root, record, "boots"):
        return other(record["active"])
    record["boots"] += 1
    write(root, record)
    return str(record["active"])


def start(root: str = "") -> None:
    slot = choose(root)
    sys.path.insert(0, root + "/" + slot)
    try:
        from firmware.main import main
    except Exception as error:
        sys.print_exception(error)  # type: ignore[attr-defined]
        go_back(root, load(root), "import")
        import machine  # type: ignore[import-not-found]

        machine.reset()
    main()


if __name__ == "__main__":
    start()
