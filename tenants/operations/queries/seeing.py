"""Who may see operations at all: staff with the right to see stations."""

from saas.kit.errors import Forbidden, NotFound
from tenants.accounts.permissions import Someone, can

SEE, COMMAND, MANAGE = "station.view", "station.command", "station.manage"


def check_list(viewer: Someone) -> None:
    """Forbidden without the right to see stations."""
    if not can(viewer, SEE):
        raise Forbidden()


def check_one(viewer: Someone, found: object | None, word: str) -> None:
    """NotFound for what is not there, and for everybody without the right to see stations."""
    if found is None or not can(viewer, SEE):
        raise NotFound(f"There is no such {word}.")
