"""Times what pages read and how long they take to open. Cold: nothing cached but the files of the operating system."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

SPANS: dict[str, int | None] = {"30 days": 30, "365 days": 365, "all": None}
PAGES = ("overview", "chargers", "performance", "fleet", "data")
VIEW = """
from analytics_app import data as marts, frame, text, who
from analytics_app.views import {view} as shown
person = who.Viewer("{tenant}", "en", ("owner",), None)
given = frame.build(person, text.Text("en"), marts.brand_of(person))
if given is not None:
    shown.page(given)
"""


def reads(tenant: str, days: int | None) -> dict[str, Callable[[], object]]:
    """Each question that a page asks of the marts, by name."""
    from pipelines.marts import charger_health_daily, energy_hours, fleet_daily, sessions, sessions_daily

    end = datetime.now(UTC).date() + timedelta(days=1)
    asked = {"tenant": tenant, "start": None if days is None else end - timedelta(days=days), "end": end}
    fleets, daily = fleet_daily.read, sessions_daily.read
    return {
        "totals": lambda: daily(**asked),  # type: ignore[arg-type]
        "per site": lambda: daily(by=("site",), **asked),  # type: ignore[arg-type]
        "over time": lambda: daily(by=("local_day",), **asked),  # type: ignore[arg-type]
        "per charger": lambda: daily(by=("charger", "site"), **asked),  # type: ignore[arg-type]
        "one host": lambda: daily(by=("site",), organisations=("host-7",), **asked),  # type: ignore[arg-type]
        "heat map": lambda: energy_hours.read(by=("weekday", "local_hour"), **asked),  # type: ignore[arg-type]
        "health": lambda: charger_health_daily.by_charger(**asked),  # type: ignore[arg-type]
        "fleet per vehicle": lambda: fleets(by=("vehicle", "currency"), **asked),  # type: ignore[arg-type]
        "newest sessions": lambda: sessions.page(limit=100, **asked),  # type: ignore[arg-type]
    }


def measure(tenant: str, rounds: int) -> None:
    """Prints p50 and p99 in milliseconds for each read, then how long each page takes to open."""
    for name, days in SPANS.items():
        for question, read in reads(tenant, days).items():
            _say(f"read {question}, {name}", _timed(read, rounds))
    for view in PAGES:
        for name in SPANS:
            _say(f"page {view}, {name}", [_opened(view, tenant, name) for _ in range(max(3, rounds // 4))])


def _timed(read: Callable[[], object], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        read()
        times.append(time.perf_counter() - began)
    return times


def _opened(view: str, tenant: str, span: str) -> float:
    """Seconds for a page with nothing cached, with the period chosen."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    key = {"30 days": "p_30", "365 days": "p_365", "all": "p_all"}[span]
    page = AppTest.from_string(VIEW.format(view=view, tenant=tenant), default_timeout=120)
    page.session_state["span"] = key
    st.cache_data.clear()
    began = time.perf_counter()
    page.run()
    took = time.perf_counter() - began
    if page.exception:
        raise RuntimeError(page.exception[0].value)
    return took


def _say(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    rss = _rss_mib()
    sys.stdout.write(f"{what:34} p50 {statistics.median(times) * 1000:7.0f} ms  p99 {high * 1000:7.0f} ms  {rss} MiB\n")


def _rss_mib() -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return 0
