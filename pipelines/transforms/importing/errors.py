"""Why a file could not be read as charging sessions. Trying the same file again does not help."""

from __future__ import annotations


class NotUnderstood(Exception):
    """The file is not a table of charging sessions, as far as its data can tell.

    `tried` names, in plain words, each role or layout that was considered and why it was refused.
    """

    def __init__(self, message: str, tried: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.tried = tried or []
