"""Reading fields of a message that anybody may have written. All raise Refused(bad_format)."""

from .refused import Refused
from .words import W

LONGEST = 64


def text(data: "dict[str, object]", name: str) -> str:
    """At most 64 characters, all of which can be written down."""
    value = data.get(name)
    if not isinstance(value, str) or len(value) > LONGEST or not _is_utf8(value):
        raise Refused(W.REFUSE_FORMAT)
    return value


def natural(data: "dict[str, object]", name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise Refused(W.REFUSE_FORMAT)
    return value


def _is_utf8(value: str) -> bool:
    """JSON can name half of a character (a lone surrogate)."""
    try:
        return bool(value.encode()) or not value
    except UnicodeError:
        return False
