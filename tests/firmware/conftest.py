"""Cases that run under MicroPython, too, cannot import pytest: they name their rows in `REQ`."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        rows = getattr(getattr(item, "module", None), "REQ", ())
        if rows:
            item.add_marker(pytest.mark.req(*rows))
