"""What the platform says of a firmware image: see OTA_FIELDS of the wire. Believed only when it is signed."""

from .fields import LONGEST, natural, text
from .refused import Refused
from .rsa import verify
from .words import W

LONGEST_URL = 400
LARGEST = 2_000_000


class Manifest:
    def __init__(self, data: "dict[str, object]") -> None:
        """Raises Refused(bad_format)."""
        self.version = text(data, "version")
        self.url = _long(data, "url", LONGEST_URL)
        self.size = natural(data, "size")
        self.sha256 = text(data, "sha256")
        self.sig = _long(data, "sig", 1024)
        self.downgrade = data.get("downgrade") is True
        web = self.url.startswith("http://") or self.url.startswith("https://")
        if not numbers(self.version) or not web or not 0 < self.size <= LARGEST or len(self.sha256) != LONGEST:
            raise Refused(W.REFUSE_FORMAT)

    def as_dict(self) -> "dict[str, object]":
        data: dict[str, object] = {name: getattr(self, name) for name in W.OTA_FIELDS}
        data["downgrade"] = self.downgrade
        return data

    def check(self, running: str, modulus_hex: str) -> None:
        """Raises Refused(bad_signature) or Refused(not_newer)."""
        signed = "|".join([W.OTA_PREFIX, self.version, str(self.size), self.sha256])
        if self.downgrade:
            signed += "|downgrade"
        if not verify(modulus_hex, signed.encode(), self.sig):
            raise Refused(W.REFUSE_SIGNATURE)
        older = numbers(self.version) < numbers(running) and self.downgrade
        if self.version == running or not (older or numbers(self.version) > numbers(running)):
            raise Refused(W.REFUSE_OLD)


def numbers(version: str) -> "list[int]":
    """1.10.2-rc1 as [1, 10, 2]; [] when it does not begin with a number."""
    found: list[int] = []
    for part in version.split("."):
        digits = ""
        for character in part:
            if character not in "0123456789":
                break
            digits += character
        if not digits:
            break
        found.append(int(digits))
        if len(digits) < len(part):
            break
    return found


def _long(data: "dict[str, object]", name: str, most: int) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise Refused(W.REFUSE_FORMAT)
    for character in value:
        if not " " < character < "\x7f":
            raise Refused(W.REFUSE_FORMAT)
    return value
