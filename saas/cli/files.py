"""Files that only we may read."""

from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Readable by us alone; never half written."""
    part = file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(file)
