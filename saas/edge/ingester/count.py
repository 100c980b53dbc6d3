"""How many ingesters there are, and which of them this process is. From the environment; needs nothing else."""

import os

MOST = 16


def ingester_count() -> int:
    """`WATTLANE_INGESTERS`, 1 unless set."""
    return _number("WATTLANE_INGESTERS", MOST)


def ingester_number() -> int:
    """`WATTLANE_INGESTER_NUMBER`, from 1."""
    return _number("WATTLANE_INGESTER_NUMBER", ingester_count())


def _number(name: str, most: int) -> int:
    text = os.environ.get(name) or "1"
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise SystemExit(f"{name}={text!r}: set it to a number from 1 to {most}.")
    return int(text)
