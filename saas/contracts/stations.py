"""Words that the tenant's side and the OCPP gateway must agree on."""

import base64
import hashlib

TAG_PREFIX = "WL"


def tag_of_session(session: str) -> str:
    """The idTag under which a station is asked to start this session: 20 characters, letters and digits only.

    It is shown back by the station (Authorize, StartTransaction, TransactionEvent), which is how the session that was
    paid for and the station's own transaction find each other. OCPP 1.6 compares tags without regard to case.
    """
    digest = hashlib.sha256(f"wattlane-session|{session}".encode()).digest()
    return TAG_PREFIX + base64.b32encode(digest).decode()[:18]
