"""Where learned models lie: beside the tables of the lake, one file for each thing that is foretold."""

from pipelines.marts._table import lake_url
from pipelines.resources import objects


def save(name: str, content: bytes) -> None:
    """`name` such as `risk/ampere/live/7`."""
    objects.write(_url(name), content)


def load(name: str) -> bytes | None:
    """None while nothing was learned under this name."""
    try:
        return objects.read(_url(name))
    except FileNotFoundError:
        return None


def drop(name: str) -> None:
    objects.remove(_url(name))


def _url(name: str) -> str:
    return f"{lake_url().rstrip('/')}/models/{name}.skops"
