"""Whether a station's setting is what a template wants, in the loose ways in which stations write values. Pure."""

from decimal import Decimal, InvalidOperation

# Lists whose order means something: the first entry is tried first.
ORDERED = frozenset({"OCPPCommCtrlr.NetworkConfigurationPriority", "NetworkConfigurationPriority"})
TRUTHS = {"true": True, "false": False}


def same(key: str, expected: str, actual: str | None) -> bool:
    """Numbers by value, booleans in any case, lists (CSL) in any order where order means nothing; else as text."""
    if actual is None:
        return False
    a, b = expected.strip(), actual.strip()
    if a == b:
        return True
    if a.casefold() in TRUTHS or b.casefold() in TRUTHS:
        return a.casefold() == b.casefold()
    first, second = _number(a), _number(b)
    if first is not None and second is not None:
        return first == second
    if "," in a or "," in b:
        return _same_list(key, a, b)
    return False


def _same_list(key: str, a: str, b: str) -> bool:
    first, second = _items(a), _items(b)
    return first == second if key in ORDERED else sorted(first) == sorted(second)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
