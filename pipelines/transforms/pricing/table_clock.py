"""The time of day in a column of its own: `date` beside `hour`, `time_period` 00:00-01:00, slots 1 to 48 and so on."""

import re
from dataclasses import dataclass

import polars as pl

from pipelines.transforms.importing.moments import parse_moments
from pipelines.transforms.pricing.table_times import READABLE, STEPS_OF_DAY, Times

DAY_S, HOUR_S = 86_400, 3600
# Dates that stand in fewer rows than this share would leave nothing for a clock to say.
REPEATED = 0.6
_NAMES = re.compile(
    r"hour|time|period|slot|interval|clock|^hrs?$|^hh?$|^hod$|uhr|zeit|stunde|heure|hora|saat|godzina|tunti|ساعت|ساعة|时"
)
_NOT = re.compile(r"duration|charg|occup|volume|kwh|energy|demand|load|power|count|value|zone|stamp")
_MINUTES = re.compile(r"^(minutes?|mins?|mm)$")
_UNTIL = r"^(.*?\d.*?)\s*(?:-|–|—|~|to|bis|until|till)\s*\d.*$"
_CLOCK = r"^(?P<h>\d{1,2})\s*(?:[:hH.]\s*(?P<m>\d{2})?)?(?::(?P<s>\d{2})(?:\.\d+)?)?\s*(?P<ap>[aApP])?\.?\s*[mM]?\.?$"
_NUMBER = r"^[hH]?0*(\d{1,4})(?:\.0+)?$"


@dataclass(frozen=True)
class Clock:
    """Columns that say the time of day, by number: hours (or times, or slots), and minutes where they stand apart."""

    hours: int
    minutes: int | None = None

    @property
    def columns(self) -> list[int]:
        return [self.hours] if self.minutes is None else [self.hours, self.minutes]


def beside(sample: pl.DataFrame, names: list[str], place: int) -> Clock | None:
    """The clock beside a column of dates that stand in several rows each; None where the times are whole already."""
    dates = sample[:, place]
    if dates.n_unique() > REPEATED * dates.len() or not _dates_alone(dates):
        return None
    words = {at: name.strip().casefold() for at, name in enumerate(names) if at != place}
    named = [at for at, word in words.items() if _NAMES.search(word) and not _NOT.search(word)]
    found = [at for at in named if seconds_of(sample[:, at]) is not None]
    found = found or [at for at in words if at not in named and _speaks_for_itself(sample[:, at])]
    if not found:
        return None
    minutes = [at for at, word in words.items() if _MINUTES.search(word) and at != found[0]]
    return Clock(found[0], minutes[0] if minutes and _numbers(sample[:, minutes[0]]) is not None else None)


def combined(days: Times, hours: pl.Series, minutes: pl.Series | None) -> tuple[Times, str]:
    """Dates and clocks together, and what was understood. Unreadable where either of them is."""
    said = seconds_of(hours)
    clock, how = said if said is not None else (pl.Series([None], dtype=pl.Int64).new_from_index(0, hours.len()), "")
    if minutes is not None:
        clock = clock + minutes.cast(pl.Float64, strict=False).cast(pl.Int64) * 60
    both = pl.DataFrame({"day": days.seconds, "clock": clock})
    known = (pl.col("day") >= 0) & pl.col("clock").is_not_null()
    at = both.select(pl.when(known).then(pl.col("day") + pl.col("clock")).otherwise(-1)).to_series()
    return Times(at.to_numpy(), days.counted), how


def seconds_of(texts: pl.Series) -> tuple[pl.Series, str] | None:
    """Seconds since midnight of each text, and how it was read; None where it is no column of times of day.

    Of a span its beginning. Hours 1 to 24 end where they say: hour 1 begins at midnight.
    """
    clean = texts.str.strip_chars()
    numbers = _numbers(clean)
    if numbers is not None:
        return _counted(numbers)
    fields = clean.str.replace(_UNTIL, "${1}").str.strip_chars().str.extract_groups(_CLOCK).struct
    hour, minute, second = (fields.field(name).cast(pl.Int64) for name in ("h", "m", "s"))
    half = fields.field("ap").str.to_lowercase()
    of_day = pl.when(half == "p").then(hour % 12 + 12).when(half == "a").then(hour % 12).otherwise(hour)
    found = pl.select(of_day).to_series() * HOUR_S + minute.fill_null(0) * 60 + second.fill_null(0)
    good = found.is_between(0, DAY_S).fill_null(False)
    if good.sum() < READABLE * texts.len():
        return None
    return pl.select(pl.when(good).then(found)).to_series(), "times of day"


def _dates_alone(texts: pl.Series) -> bool:
    clock = parse_moments(texts.str.strip_chars())["ms"].drop_nulls()
    return clock.len() == 0 or bool((clock == 0).all())


def _numbers(texts: pl.Series) -> pl.Series | None:
    """Whole numbers of a column that has nothing else."""
    known = texts.str.strip_chars().str.extract(_NUMBER).cast(pl.Int64)
    return known if known.is_not_null().sum() >= READABLE * max(texts.len(), 1) else None


def _counted(numbers: pl.Series) -> tuple[pl.Series, str] | None:
    low, high = (int(value) for value in (numbers.min(), numbers.max()))  # type: ignore[arg-type]
    if low >= 1 and high in (24, 25):
        return (numbers - 1) * HOUR_S, f"hours {low} to {high}: hour 1 begins at 00:00"
    if high <= 24:
        return numbers * HOUR_S, f"hours {low} to {high}"
    if 100 <= high <= 2400 and bool((numbers % 100 < 60).all()) and bool((numbers % 100 == 0).any()):
        return numbers // 100 * HOUR_S + numbers % 100 * 60, "times of day such as 1330"
    if (slots := high + 1 - min(low, 1)) in STEPS_OF_DAY:
        return (numbers - min(low, 1)) * (DAY_S // slots), f"{slots} slots of a day"
    return None


def _speaks_for_itself(texts: pl.Series) -> bool:
    """Without a name that says so: written times, or numbers that count every part of a day, each as often."""
    numbers = _numbers(texts)
    if numbers is None:
        return seconds_of(texts) is not None
    counts = numbers.drop_nulls().value_counts()["count"].sort()
    low, high = int(numbers.min()), int(numbers.max())  # type: ignore[arg-type]
    whole = low in (0, 1) and high + 1 - low in STEPS_OF_DAY and counts.len() == high + 1 - low
    return whole and int(counts[-1]) <= 1.2 * int(counts[0]) + 2
