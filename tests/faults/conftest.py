import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .swarm import Adapter, Swarm
from .world import FULL, GROUPS, World


@pytest.fixture(scope="session")
def ground() -> Iterator[World]:
    """The world, prepared once for the whole matrix. Not in pytest's folder: the server runs as another user."""
    world = World(Path(tempfile.mkdtemp(prefix="wattlane-faults-")))
    print(f"disk of the database: {world.disk}")
    try:
        world.prepare(*GROUPS)
        yield world
    finally:
        world.close()


@pytest.fixture
def world(ground: World) -> Iterator[World]:
    """With no process but the database server; none is left afterwards."""
    yield ground
    ground.end_all()
    ground.put_logs_away()


@pytest.fixture
def swarm(world: World) -> Iterator[Swarm]:
    """Makes adapters with sessions, connected to the broker that runs."""
    made: list[Adapter] = []

    def make(group: str, **more: Any) -> list[Adapter]:
        these = [
            Adapter(more.get("port", world.mqtt_port), held, ring=more.get("ring", 100_000))
            for held in world.cast(group)[group]
        ]
        made.extend(these)
        return these

    yield make
    for adapter in made:
        adapter.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All of it is slow; what is marked `whole` takes more than a minute and is part of `make faults` alone."""
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    for item in ours:
        for mark in (pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(300)):
            item.add_marker(mark)
    left_out = [item for item in ours if item.get_closest_marker("whole") and not FULL]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
