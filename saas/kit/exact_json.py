"""JSON with exact decimals: numbers out as they are, decimals in as Decimal. For fields that hold OCPI objects."""

import json
from decimal import Decimal
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class ExactEncoder(json.JSONEncoder):
    """Writes Decimal as a JSON number, digit for digit."""

    def encode(self, o: Any) -> str:
        return _ENCODER.encode(o).decode()


class ExactDecoder(json.JSONDecoder):
    """Reads numbers with a fraction as Decimal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})
