"""What the platform asks of a newcomer, and what the device says: the same."""

import json
import os
from pathlib import Path

import pytest

from firmware.app.files import Files
from firmware.app.identity import ALPHABET, make


@pytest.mark.req("DEV-01")
def test_the_platform_takes_what_a_new_device_says_of_itself(tmp_path: Path) -> None:
    from saas.devices.enrolment import QR_TEXT
    from saas.devices.schemas import Enrolment

    who = make(Files(str(tmp_path)), os.urandom)
    said = Enrolment(**json.loads(who.enrolment("1.1.0", "adapter-a")))
    assert (said.device, said.secret, said.permit_key, said.claim) == (who.device, who.secret, who.key_hex, who.claim)
    scanned = QR_TEXT.fullmatch(who.qr())
    assert scanned is not None and scanned[1] == who.device and scanned[2] == who.claim
    assert set(who.claim) <= set(ALPHABET)
