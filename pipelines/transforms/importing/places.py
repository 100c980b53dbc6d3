"""Names of countries and zones as ISO 3166 codes, where that is certain."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from babel.core import get_global


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """English, German, French and Spanish names, ISO 3166 alpha-3 and alpha-2 codes -> alpha-2."""
    territories = {c: n for c, n in Locale("en").territories.items() if len(c) == 2 and c.isalpha() and c not in _NONE}
    out = {code: code for code in territories}
    for language in ("es", "fr", "de", "en"):
        names = Locale(language).territories
        out |= {str(names[code]).upper(): code for code in territories if code in names}
    codes = get_global("territory_aliases")
    out |= {old: new[0] for old, new in codes.items() if len(old) == 3 and old.isalpha() and len(new) == 1}
    return out | _ALSO


_NONE = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
_ALSO = {
    "UK": "GB", "GREAT BRITAIN": "GB", "USA": "US", "UNITED STATES OF AMERICA": "US", "U.S.": "US", "UAE": "AE",
    "CZECH REPUBLIC": "CZ", "TURKEY": "TR", "SOUTH KOREA": "KR", "RUSSIAN FEDERATION": "RU", "XKX": "XK",
}  # fmt: skip


def country_code(text: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a name or code; None where it is none (`World`, `EU27`, a bidding zone)."""
    return _names().get(text.strip().upper()) if text else None
