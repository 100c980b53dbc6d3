"""The power that a session file says for each session, where it has a column for it."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from pipelines.transforms.importing.claims import Claim
from pipelines.transforms.importing.numerals import canonical, exactly
from pipelines.transforms.importing.profile import profiles
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.words import unit_of

_POWER = Claim(
    (
        (4, r"(?:max\w*|rated|peak|nominal|charger|charging|port|connector|station) (?:charging )?power"),
        (4, r"power (?:max\w*|rated|rating|limit)|nennleistung|ladeleistung|max\w* leistung|puissance(?: max\w*)?"),
        (3, r"max\w* (?:charg\w* )?(?:rate|kw)|(?:power|leistung|potencia|potenza|teho|effekt) k?w|kw max"),
    ),
    r"kwh|mean|avg|average|min|factor|type|vehicle|per",
    ("number",),
)
_UNITS = {"kW": r"kw|kilowatts?|k w", "W": r"w|watts?"}
_FACTOR = {"kW": Decimal(1000), "W": Decimal(1)}
_KW_AT_MOST = 1500


def power_w(table: Table) -> pl.Series:
    """Watts of each row, null where the file does not say; a unit that is not written is told by the size."""
    claimed = sorted(((_POWER.of(p), p) for p in profiles(table)), key=lambda pair: -pair[0])
    if not claimed or claimed[0][0] <= 0:
        return pl.Series("power_w", [None], dtype=pl.Int64).new_from_index(0, table.clean.height)
    p = claimed[0][1]
    numbers = canonical(p.values, p.style).cast(pl.Float64, strict=False)
    unit = unit_of(p.name, _UNITS) or ("kW" if float(numbers.max() or 0) <= _KW_AT_MOST else "W")  # type: ignore[arg-type]
    watts = exactly(table.clean[p.column], p.style, _FACTOR[unit])
    return watts.set(watts <= 0, None).alias("power_w")
