"""Reports that come in parts, in any order, some twice: which parts are there, and whether that is all. Pure."""

from collections.abc import Mapping
from typing import Any

MOST_PARTS = 10_000  # of a report whose numbers are nonsense, no more are remembered


def with_part(before: Mapping[str, Any], number: int, *, more: bool) -> dict[str, Any]:
    """The state of a report after its part `number` (from 0); `more`: the station says that others follow.

    `parts`: the numbers that came; `last`: that of the last part, once it is known; `complete`.
    """
    parts = sorted({*before.get("parts", []), number})[:MOST_PARTS]
    last = before.get("last") if more else number
    return {"parts": parts, "last": last, "complete": last is not None and len(parts) == last + 1 == parts[-1] + 1}
