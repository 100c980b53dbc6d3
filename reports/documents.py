"""Every document by the format of its extract: how it is read, and how it is made again."""

import json
from typing import Any, Protocol

from reports.esg import document as esg
from reports.esg import extract as esg_extract
from reports.fleet import document as fleet
from reports.fleet import extract as fleet_extract
from reports.inventory import document as inventory
from reports.inventory import extract as inventory_extract

NotTheSame = (esg_extract.NotTheSame, inventory_extract.NotTheSame, fleet_extract.NotTheSame)


class Document(Protocol):
    """A module that makes the files of an extract; `tables` are those that need no printing."""

    def files(self, extract: Any) -> dict[str, bytes]: ...
    def tables(self, extract: Any) -> dict[str, bytes]: ...


READERS: dict[str, tuple[Any, Document]] = {
    esg_extract.FORMAT: (esg_extract.read, esg),
    inventory_extract.FORMAT: (inventory_extract.read, inventory),
    fleet_extract.FORMAT: (fleet_extract.read, fleet),
}


def again(head: bytes, table: bytes, *, pdf: bool) -> dict[str, bytes]:
    """The files of a report made again from its extract and CSV. NotTheSame; ValueError for an unknown format."""
    said = json.loads(head).get("format")
    if said not in READERS:
        raise ValueError(f"format {said!r} is not one of {', '.join(READERS)}")
    read, document = READERS[said]
    extract = read(head, table)
    return document.files(extract) if pdf else document.tables(extract)
