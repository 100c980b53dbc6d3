"""What every registry can do for us."""

from collections.abc import Mapping
from typing import Any, Protocol


class Down(Exception):
    """The registry gave no answer, or one that says nothing. The same filing may be tried again."""


class Refusal(Exception):
    """The registry read the filing and refused it. Trying again with the same document does not help."""


class RegistryPort(Protocol):
    """`is_stand_in`: nothing leaves this installation; every page that shows a filing says so."""

    name: str
    is_stand_in: bool

    def file(self, document: Mapping[str, Any]) -> str:
        """File a document of `document.of`; gives the registry's own reference. Raises Down or Refusal.

        Filing the same document again gives the same unit, not a second one.
        """
        ...
