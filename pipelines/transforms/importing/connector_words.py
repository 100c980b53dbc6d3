# ruff: noqa: E501 - a table of words
"""Plugs by every register's words, as OCPI 2.2.1 connector types. A word that may be two plugs is none."""

from __future__ import annotations

import re

# First match wins: combined plugs before the simple ones that their names contain.
_PLUGS = (
    (r"j1772[\s_-]*combo|ccs[\s(]*(?:type ?1|1|sae|combo ?1)|combo ?1|type ?1 combo|iec_62196_t1_combo|sae combo|combo type ?1|ccs1", "IEC_62196_T1_COMBO"),
    (r"ccs[\s(]*(?:type ?2|2|eu|combo type ?2|combo ?2)|combo ?2|type ?2 combo|iec_62196_t2_combo|combo type ?2|ccs2|combo t2", "IEC_62196_T2_COMBO"),
    (r"chademo|jevs ?g105", "CHADEMO"), (r"chaoji", "CHAOJI"),
    (r"nacs|j3400|tesla[\s_-]*(?:s\b|supercharger|\(?model s|connector|destination|$)|^tesla$", "TESLA_S"),
    (r"tesla.*roadster|tesla_r", "TESLA_R"),
    (r"gb[\s/_-]*t.*dc", "GBT_DC"), (r"gb[\s/_-]*t.*ac", "GBT_AC"),
    (r"nema[\s_-]*5[\s_-]*15", "DOMESTIC_B"), (r"nema[\s_-]*5[\s_-]*20", "NEMA_5_20"), (r"nema[\s_-]*6[\s_-]*30", "NEMA_6_30"),
    (r"nema[\s_-]*6[\s_-]*50", "NEMA_6_50"), (r"nema[\s_-]*10[\s_-]*30", "NEMA_10_30"), (r"nema[\s_-]*10[\s_-]*50", "NEMA_10_50"),
    (r"nema[\s_-]*14[\s_-]*30", "NEMA_14_30"), (r"nema[\s_-]*14[\s_-]*50", "NEMA_14_50"),
    (r"type ?3a|scame type 3a|iec_62196_t3a", "IEC_62196_T3A"), (r"type ?3c?|iec_62196_t3c", "IEC_62196_T3C"),
    (r"j1772|type ?1|iec_62196_t1\b|yazaki", "IEC_62196_T1"), (r"mennekes|type ?2|typ ?2|iec_62196_t2\b|iec ?62196[- ]?2", "IEC_62196_T2"),
    (r"bs ?1363|type ?g\b|domestic_g|3[ -]pin type g|uk 3 pin", "DOMESTIC_G"),
    (r"schuko|cee ?7/4|type ?f\b|domestic_f", "DOMESTIC_F"), (r"cee ?7/5|type ?e\b|domestic_e", "DOMESTIC_E"),
    (r"type ?j\b|t13|domestic_j", "DOMESTIC_J"), (r"type ?l\b|cei 23-16|domestic_l", "DOMESTIC_L"),
    (r"type ?i\b|as/?nzs 3112|domestic_i", "DOMESTIC_I"),
    (r"iec_60309_2_three_16", "IEC_60309_2_three_16"), (r"iec_60309_2_three_32", "IEC_60309_2_three_32"),
    (r"iec_60309_2_three_64", "IEC_60309_2_three_64"), (r"iec_60309_2_single_16", "IEC_60309_2_single_16"),
    (r"pantograph_top_down", "PANTOGRAPH_TOP_DOWN"), (r"pantograph_bottom_up", "PANTOGRAPH_BOTTOM_UP"),
)  # fmt: skip


def plugs(text: str | None) -> tuple[list[str], list[str]]:
    """(OCPI types, words that are not certain) of a cell: `J1772 CHADEMO`, `CCS (Type 2)|CHAdeMO`, `Type 2; Schuko`."""
    known: list[str] = []
    unknown: list[str] = []
    for word in _words(text or ""):
        plug = next((plug for pattern, plug in _PLUGS if re.search(pattern, word.lower())), None)
        (known if plug else unknown).append(plug or word)
    return list(dict.fromkeys(known)), list(dict.fromkeys(unknown))


def _words(text: str) -> list[str]:
    """Separators are `|`, `;`, `,`, `/` between words, and blanks where every word is a code by itself."""
    parts = [p.strip() for p in re.split(r"[|;,]|\s/\s|\s\+\s", text) if p.strip()]
    if len(parts) == 1 and " " in parts[0] and all(re.fullmatch(r"[A-Z][A-Z0-9]+", w) for w in parts[0].split()):
        return parts[0].split()
    return parts
