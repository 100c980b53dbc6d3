"""An adapter before anybody knows it."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client


@dataclass
class Newcomer:
    """What it made at its first boot."""

    device: str = field(default_factory=lambda: f"ad_{secrets.token_hex(8)}")
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    permit_key: str = field(default_factory=lambda: secrets.token_hex(32))
    claim: str = field(default_factory=lambda: secrets.token_hex(4).upper())
    fw: str = "1.0.0"
    hardware: str = "esp32-a"

    def enrol(self, host: str = "localhost", **changed: Any) -> HttpResponse:
        """As the adapter sends it, from an address of its own."""
        client = Client(headers={"host": host}, REMOTE_ADDR=f"10.0.0.{secrets.randbelow(250)}")
        return client.post("/api/v1/devices/enrol", json.dumps(vars(self) | changed), content_type="application/json")

    @property
    def qr(self) -> str:
        return f"WL:{self.device}:{self.claim}"
