"""The stand-in: files the very document in the tenant's own file store. Nothing leaves this installation."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saas.kit.home import home
from saas.kit.tenant_context import current_schema


class OfflineRegistry:
    name = "offline"
    is_stand_in = True

    def file(self, document: Mapping[str, Any]) -> str:
        """Named by its content: the same document is the same file."""
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()[:24]
        path = Path(current_schema()) / "credits" / f"cadt-{digest}.json"
        _write(home().files / path, text)
        return str(path)


def _write(path: Path, text: str) -> None:
    """The whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
