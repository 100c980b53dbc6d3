"""Reading fields of a message that anybody may have written. All raise Refused(bad_format)."""

from .refused import Refused
from .words import W

LONGEST = 64


def text(data: "dict[str, object]", name: str) -> str:
    """At most 64 characters."""
    value = data.get(name)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Refused(W.REFUSE_FORMAT)
    return value


def natural(data: "dict[str, object]", name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise Refused(W.REFUSE_FORMAT)
    return value
