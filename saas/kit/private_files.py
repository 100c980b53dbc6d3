"""Files of a tenant that only a permission check may open: below `$WATTLANE_HOME/files/<tenant>/`, at no address.

The name of a file is made by us, never by who sent it. Whoever serves one has asked first who may see it.
"""

import secrets
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from django.db import transaction

from .home import home
from .tenant_context import current_schema


def path_of(kind: str, name: str) -> Path:
    """Where a file of the current tenant lies; `kind` and `name` are ours."""
    return home().files / current_schema() / kind / name


def put(kind: str, files: Mapping[str, bytes]) -> None:
    """Write files whole or not at all. Call it inside the transaction that writes their row, as its last step."""
    for name, data in files.items():
        file = path_of(kind, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{name}.{secrets.token_hex(4)}")
        part.write_bytes(data)
        part.replace(file)


def drop(kind: str, *names: str) -> None:
    """Remove files as soon as the transaction that forgets their row is committed."""
    for name in names:
        transaction.on_commit(partial(path_of(kind, name).unlink, missing_ok=True))
