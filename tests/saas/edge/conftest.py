from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from saas.devices import actions as devices
from saas.edge.ingester.loop import Ingester

from .rig import NOW, Memory, MemoryPort


@dataclass
class Bench:
    """An ingester with a broker and a handler in memory, over the real database."""

    port: MemoryPort
    handler: Memory
    ingester: Ingester
    device: str
    other: str

    def take(self, *messages: Any) -> None:
        """Bring these and let one batch run."""
        self.port.inbox += messages
        self.ingester.step()


@pytest.fixture
def bench(ampere: Any) -> Iterator[Bench]:
    """Two adapters: one of ampere, one of barq."""
    from saas.tenancy.models import Tenant

    device, _ = devices.register(tenant=ampere, kind="adapter", now=NOW)
    other, _ = devices.register(tenant=Tenant.objects.get(schema_name="barq"), kind="adapter", now=NOW)
    port, handler = MemoryPort(), Memory()
    yield Bench(port, handler, Ingester(port, handler), device.device_id, other.device_id)
