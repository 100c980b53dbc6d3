"""Who the device is: made by itself at its first start, from true randomness, and kept for ever.

The claim code and the password of its own network are printed on its label; the secret and the key are shown to nobody
and leave it once, by `POST /api/v1/devices/enrol` over TLS.
"""

import binascii
import json

from .files import Files
from .records import seal, unseal

FILE = "identity.json"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else
CODE_LENGTH = 8
PASSWORD_LENGTH = 10
FIELDS = ("device", "secret", "key_hex", "claim", "hotspot")

MYPY = False
if MYPY:  # the type checker alone reads this
    from collections.abc import Callable


class Identity:
    def __init__(self, data: "dict[str, str]") -> None:
        self.device = data["device"]
        self.secret = data["secret"]
        self.key_hex = data["key_hex"]
        self.claim = data.get("claim", "")  # "" for a device that was made in the factory's name
        self.hotspot = data.get("hotspot", "")

    @property
    def key(self) -> bytes:
        return binascii.unhexlify(self.key_hex)

    def network(self) -> str:
        """Name of its own network, while it is being set up."""
        return "Wattlane-" + self.device[-4:].upper()

    def qr(self) -> str:
        return "WL:%s:%s" % (self.device, self.claim)

    def label(self) -> str:
        """What is printed on the sticker; it goes to the console at the first start."""
        code = self.claim[:4] + "-" + self.claim[4:]
        lines = ("Wattlane " + self.device, "Code " + code, "QR " + self.qr())
        return "\n".join(lines) + "\nWi-Fi %s, password %s" % (self.network(), self.hotspot)

    def enrolment(self, firmware: str, hardware: str) -> bytes:
        body = {"device": self.device, "secret": self.secret, "permit_key": self.key_hex, "claim": self.claim}
        body["fw"], body["hardware"] = firmware, hardware
        return json.dumps(body).encode()


def known(files: Files) -> "Identity | None":
    text = unseal((files.read(FILE) or b"").rstrip(b"\n"))
    return Identity(json.loads(text)) if text else None


def make(files: Files, random: "Callable[[int], bytes]") -> Identity:
    """`random`: os.urandom, which is true randomness on the ESP32 only while its radio is on."""
    data = {
        "device": "ad_" + binascii.hexlify(random(8)).decode(),
        "secret": binascii.hexlify(random(20)).decode(),
        "key_hex": binascii.hexlify(random(32)).decode(),
        "claim": code(CODE_LENGTH, random),
        "hotspot": code(PASSWORD_LENGTH, random),
    }
    files.replace(FILE, seal(json.dumps(data)))
    return Identity(data)


def code(length: int, random: "Callable[[int], bytes]") -> str:
    """Every character as likely as every other."""
    text, fair = "", 256 - 256 % len(ALPHABET)
    while len(text) < length:
        byte = random(1)[0]
        if byte < fair:
            text += ALPHABET[byte % len(ALPHABET)]
    return text
