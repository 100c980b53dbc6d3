"""The Wi-Fi that the device uses, as its owner typed it in."""

import json

from .files import Files
from .records import seal, unseal

FILE = "wifi.json"


class Network:
    def __init__(self, files: Files) -> None:
        text = unseal((files.read(FILE) or b"").rstrip(b"\n"))
        data = json.loads(text) if text else {}
        self._files = files
        self.name: str = data.get("name", "")
        self.password: str = data.get("password", "")

    def save(self, name: str, password: str) -> None:
        self.name, self.password = name, password
        self._files.replace(FILE, seal(json.dumps({"name": name, "password": password})))


def problem(name: str, password: str) -> "str | None":
    """Why these cannot be right (IEEE 802.11), None when they can."""
    size = len(password.encode())
    if not 1 <= len(name.encode()) <= 32:
        return "Choose a network: its name has 1 to 32 characters."
    hexadecimal = size == 64 and not [1 for character in password if character not in "0123456789abcdefABCDEF"]
    if size and not 8 <= size <= 63 and not hexadecimal:
        return "A password has 8 to 63 characters. Leave it empty for an open network."
    return None
