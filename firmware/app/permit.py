"""The permit: a signed licence to deliver power that the device can enforce alone."""

from .fields import natural, text
from .refused import Refused
from .sign import hmac_hex, same
from .words import W


class Permit:
    """Half-open period [start_ms, end_ms); `energy_wh` and `current_ma` are upper limits, 0 for none."""

    def __init__(self, data: "dict[str, object]") -> None:
        """Raises Refused(bad_format) unless every field is there, of its type and within its bounds."""
        self.session = text(data, "session")
        self.start_ms = natural(data, "start_ms")
        self.end_ms = natural(data, "end_ms")
        self.energy_wh = natural(data, "energy_wh")
        self.current_ma = natural(data, "current_ma")
        self.code_hash = text(data, "code_hash")
        self.nonce = text(data, "nonce")
        self.sig = text(data, "sig")
        if not self.session or not self.nonce or self.start_ms >= self.end_ms:
            raise Refused(W.REFUSE_FORMAT)

    def as_dict(self) -> "dict[str, object]":
        data: dict[str, object] = {"sig": self.sig}
        for name in W.PERMIT_FIELDS:
            data[name] = getattr(self, name)
        return data

    def verify(self, device: str, key: bytes) -> None:
        """Raises Refused(bad_signature) unless this device's key signed exactly these fields for this device."""
        signed = W.PERMIT_PREFIX + "|" + device
        for name in W.PERMIT_FIELDS:
            signed += "|" + str(getattr(self, name))
        if not same(hmac_hex(key, signed), self.sig):
            raise Refused(W.REFUSE_SIGNATURE)

    def check_open(self, now_ms: int) -> None:
        if now_ms < self.start_ms:
            raise Refused(W.REFUSE_EARLY)
        if now_ms >= self.end_ms:
            raise Refused(W.REFUSE_EXPIRED)
