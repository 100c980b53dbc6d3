# ruff: noqa: E501 - points written out
"""Hourly series: exact means, gaps that say so, and the open interface of Great Britain at a server of our own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.resources import series
from pipelines.resources.landing import SCHEMAS, Landing
from pipelines.resources.series_gb import ATTEMPTS, CarbonIntensityGb, NoAnswer, Refused

pytestmark = pytest.mark.req("ESG-01")
DAY = date(2024, 1, 1)
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path / "home"))


def land(tenant: str, *points: tuple[str, int, int, int], kind: str = "location_average", sha: str = "a") -> None:
    """(region, minutes after START, length in minutes, mg/kWh) into the landing folder."""
    rows = []
    for region, at, length, mg in points:
        begin = START + timedelta(minutes=at)
        rows.append(
            dict.fromkeys(SCHEMAS["carbon"]) | {
                "row_key": f"{region}{at}{length}", "region": region, "from_utc": begin, "to_utc": begin + timedelta(minutes=length),
                "mg_co2e_per_kwh": mg, "kind": kind, "resolution_s": length * 60, "source": "meter", "source_file": "f",
                "timezone": "UTC", "source_row": 1, "source_sha256": sha * 64, "repaired": [],
            }
        )  # fmt: skip
    Landing(tenant, kind="carbon").store(sha * 64, pl.DataFrame(rows, schema=SCHEMAS["carbon"]), [], {})


def hour(frame: pl.DataFrame, number: int) -> tuple[Any, ...]:
    return frame.select("mg_per_kwh", "source", "resolution").row(number)


def test_an_hour_is_the_exact_mean_of_its_points_and_a_gap_is_yearly() -> None:
    land(
        "ampere",
        *(("DE", 5 * i, 5, 300_000 + i) for i in range(12)),
        *(("DE", 60 + 5 * i, 5, 100_000) for i in range(8)),
    )
    rows = series.hourly("DE", "location_average", DAY, DAY, tenant="ampere")
    assert (rows.height, rows.schema) == (24, pl.Schema(series.HOURLY))
    # The mean of 300000 … 300011 is 300005.5: half-even.
    assert hour(rows, 0) == (300_006, "meter", "hourly")
    yearly = hour(rows, 1)
    assert (yearly[2], yearly[1].startswith(series.FACTORS)) == ("yearly", True)


def test_a_lost_reading_does_not_lose_the_hour_and_many_do() -> None:
    land(
        "ampere",
        *(("X", 5 * i, 5, 100_000) for i in range(12) if i != 4),
        *(("X", 60 + 15 * i, 15, 200_000) for i in range(2)),
    )
    rows = series.hourly("X", "location_average", DAY, DAY, tenant="ampere")
    assert hour(rows, 0) == (100_000, "meter", "hourly")
    assert hour(rows, 1) == (None, None, None)


def test_points_across_the_hour_are_weighted_by_time_and_the_finest_wins() -> None:
    land("ampere", ("X", -30, 60, 100_000), ("X", 30, 60, 200_000), sha="a")
    land("ampere", *(("X", 60 + 30 * i, 30, 900_000) for i in range(2)), ("X", 60, 60, 500_000), sha="b")
    rows = series.hourly("X", "location_average", DAY, DAY, tenant="ampere")
    assert [hour(rows, n)[0] for n in (0, 1)] == [150_000, 900_000]


def test_months_and_years_of_a_tenant_come_before_the_platforms() -> None:
    land("ampere", ("DE", 0, 31 * 1440, 111_000), ("DE", 0, 366 * 1440, 222_000))
    january = series.hourly("DE", "location_average", DAY, DAY, tenant="ampere")
    march = series.hourly("DE", "location_average", date(2024, 3, 5), date(2024, 3, 5), tenant="ampere")
    later = series.hourly("DE", "location_average", date(2026, 3, 5), date(2026, 3, 5), tenant="ampere")
    assert [hour(rows, 7)[::2] for rows in (january, march, later)] == [
        (111_000, "monthly"), (222_000, "yearly"), (222_000, "yearly"),
    ]  # fmt: skip


def test_tenants_and_kinds_do_not_mix() -> None:
    land("ampere", ("X", 0, 1440, 100_000), kind="marginal")
    assert series.hourly("X", "marginal", DAY, DAY, tenant="ampere")["mg_per_kwh"].null_count() == 0
    assert series.hourly("X", "marginal", DAY, DAY, tenant="barq")["mg_per_kwh"].null_count() == 24
    assert series.hourly("X", "location_average", DAY, DAY, tenant="ampere")["mg_per_kwh"].null_count() == 24
    assert series.known("ampere").select("region", "kind", "rows").rows() == [("X", "marginal", 1)]
    assert series.known("barq").is_empty()


class Provider:
    """A server that answers as the interface of Great Britain does; `answers` are taken first, then it is well."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[tuple[int, bytes]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                status, body = provider.answers.pop(0) if provider.answers else (200, provider.well(self.path))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @staticmethod
    def well(path: str) -> bytes:
        parts = path.strip("/").split("/")
        at = 2 if parts[0] == "regional" else 1
        begin, end = (datetime.fromisoformat(t.replace("Z", "+00:00")) for t in parts[at : at + 2])
        # As the interface does, one half hour before the asked span comes along.
        rows, when = [], begin - timedelta(minutes=30)
        while when < end:
            until = when + timedelta(minutes=30)
            known = {"forecast": 200, "index": "low"} | ({} if at == 2 else {"actual": 100 + when.hour})
            rows.append({"from": f"{when:%Y-%m-%dT%H:%MZ}", "to": f"{until:%Y-%m-%dT%H:%MZ}", "intensity": known})
            when = until
        return json.dumps({"data": {"regionid": 3, "data": rows} if at == 2 else rows}).encode()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_the_interface_is_asked_in_fortnights_and_its_hours_are_measured(provider: Provider) -> None:
    source = CarbonIntensityGb(provider.url, pause=0)
    rows = series.Series((source, series.YearlyFactors())).hourly("GB", "location_average", DAY, date(2024, 1, 20))
    assert (rows.height, len(provider.asked)) == (20 * 24, 2)
    assert provider.asked[0] == "/intensity/2024-01-01T00:00Z/2024-01-15T00:00Z"
    assert hour(rows, 30) == (106_000, "NESO Carbon Intensity API", "hourly")
    regional = source.points("GB-3", "location_average", DAY, DAY)
    assert (regional.height, set(regional["mg_per_kwh"])) == (48, {200_000})
    assert provider.asked[-1].endswith("/regionid/3")


def test_other_regions_and_kinds_are_not_asked(provider: Provider) -> None:
    source = CarbonIntensityGb(provider.url)
    assert source.points("DE", "location_average", DAY, DAY).is_empty()
    assert source.points("GB", "marginal", DAY, DAY).is_empty()
    assert provider.asked == []


def test_a_passing_fault_is_tried_again_and_a_lasting_one_is_named(provider: Provider) -> None:
    source = CarbonIntensityGb(provider.url, pause=0)
    provider.answers = [(503, b"busy"), (429, b"slow down")]
    assert source.points("GB", "location_average", DAY, DAY).height == 48
    provider.answers = [(500, b"")] * ATTEMPTS
    with pytest.raises(NoAnswer):
        source.points("GB", "location_average", DAY, DAY)
    provider.answers = [(400, b"bad dates")]
    with pytest.raises(Refused):
        source.points("GB", "location_average", DAY, DAY)
    provider.answers = [(200, b"<html>")]
    with pytest.raises(Refused):
        source.points("GB", "location_average", DAY, DAY)
    gone = CarbonIntensityGb("http://127.0.0.1:9", pause=0)
    with pytest.raises(NoAnswer):
        gone.points("GB", "location_average", DAY, DAY)
