"""The Carbon Intensity API of Great Britain (National Energy System Operator, CC BY 4.0): a source without a token.

National (`GB`): half-hourly, the estimated actual value; regional (`GB-1` … `GB-17`): the forecast, which is all that
the interface gives there. Both are averages of what is consumed, never marginal.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import polars as pl

from pipelines.resources.series import POINTS

URL = "https://api.carbonintensity.org.uk"
SOURCE = "NESO Carbon Intensity API"
TIMEOUT = httpx.Timeout(10, connect=3)
ATTEMPTS = 3
# The interface answers at most fourteen days at once.
MOST_DAYS = 14
REGIONS = {"GB": None} | {f"GB-{number}": number for number in range(1, 18)}


class NoAnswer(RuntimeError):
    """The provider did not answer, or answered 5xx or 429, three times in a row. Trying again later helps."""


class Refused(RuntimeError):
    """The provider refused the question, or answered something else. Trying again does not help."""


class _Intensity(msgspec.Struct):
    forecast: int | None = None
    actual: int | None = None


class _Period(msgspec.Struct, rename={"begin": "from", "end": "to"}):
    begin: str
    end: str
    intensity: _Intensity


class _National(msgspec.Struct):
    data: list[_Period]


class _Region(msgspec.Struct):
    data: list[_Period]


class _Regional(msgspec.Struct):
    data: _Region


@dataclass(frozen=True)
class CarbonIntensityGb:
    """A PointSource. `pause`: seconds before the second try, longer before the third."""

    url: str = URL
    pause: float = 0.5
    transport: httpx.BaseTransport | None = field(default=None, repr=False)

    def points(self, region: str, kind: str, first: date, last: date) -> pl.DataFrame:
        """Half hours that begin within the days. NoAnswer, Refused."""
        if kind != "location_average" or region not in REGIONS:
            return pl.DataFrame(schema=POINTS)
        rows = [row for begin, end in _spans(first, last) for row in self._rows(region, begin, end)]
        return pl.DataFrame(rows, schema=POINTS, orient="row").unique("from_utc", keep="first", maintain_order=True)

    def _rows(self, region: str, begin: datetime, end: datetime) -> Iterator[tuple[object, ...]]:
        for period in self._periods(region, begin, end):
            at, until = _moment(period.begin), _moment(period.end)
            grams = period.intensity.actual if REGIONS[region] is None else period.intensity.forecast
            if grams is not None and begin <= at < end:
                yield at, until, grams * 1000, int((until - at).total_seconds()), SOURCE

    def _periods(self, region: str, begin: datetime, end: datetime) -> list[_Period]:
        span = f"{begin:%Y-%m-%dT%H:%MZ}/{end:%Y-%m-%dT%H:%MZ}"
        number = REGIONS[region]
        if number is None:
            national: _National = self._asked(f"/intensity/{span}", _National)
            return national.data
        regional: _Regional = self._asked(f"/regional/intensity/{span}/regionid/{number}", _Regional)
        return regional.data.data

    def _asked(self, path: str, kind: type[Any]) -> Any:
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self.pause * attempt)
            body = self._once(path)
            if body is not None:
                return _decoded(path, body, kind)
        raise NoAnswer(f"{self.url}{path} did not answer {ATTEMPTS} times")

    def _once(self, path: str) -> bytes | None:
        """Body of the answer; None when another try may help."""
        try:
            with httpx.Client(base_url=self.url, timeout=TIMEOUT, transport=self.transport) as client:
                answer = client.get(path, headers={"Accept": "application/json"})
        except httpx.TransportError:
            return None
        if answer.status_code >= 500 or answer.status_code == 429:
            return None
        if answer.status_code >= 400:
            raise Refused(f"{path}: {answer.status_code} {answer.text[:200]}")
        return answer.content


def _decoded(path: str, body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Refused(f"{path}: not the words of the interface: {error}") from error


def _spans(first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    while begin < end:
        until = min(begin + timedelta(days=MOST_DAYS), end)
        yield begin, until
        begin = until


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
