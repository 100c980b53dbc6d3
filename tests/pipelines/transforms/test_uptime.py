"""Uptime of a port: every second has one state, exclusions as in 23 CFR 680.116(b), figures of twelve months."""

from datetime import UTC, date, datetime
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.transforms.uptime import figures, spans, states
from pipelines.transforms.uptime.spans import PORT, SPAN
from tests.pipelines.facts import MINUTE_MS, NOON_MS, chargers, messages

pytestmark = pytest.mark.req("MNT-03")
A = ("ampere", "live", "Kallio 1", "1")
HOUR = 3600
MONTH = 30 * 24 * HOUR


def rows(*found: tuple[str, int, int], port: tuple[str, ...] = A) -> pl.DataFrame:
    made = [(*port, kind, start, end) for kind, start, end in found]
    return pl.DataFrame(made, SPAN, orient="row")


def ports(since_s: int = 0) -> pl.DataFrame:
    return pl.DataFrame([(*A, since_s)], [*PORT, "since_s"], orient="row")


def state(*found: tuple[str, int, int], since_s: int = 0, end_s: int = MONTH) -> dict[str, int]:
    (row,) = states.seconds(rows(*found), ports(since_s), 0, end_s).to_dicts()
    return {name: row[name] for name in (*states.SUMS, "offline_s", "absent_s", "closed_s", "seconds")}


SPANS = st.lists(st.tuples(st.sampled_from(spans.KINDS), st.integers(-1000, 11_000), st.integers(1, 6000)), max_size=25)


@given(SPANS, st.integers(-500, 9999), st.randoms(use_true_random=False))
def test_every_second_has_one_state_whatever_the_order(found, since, shuffled) -> None:  # type: ignore[no-untyped-def]
    made = [(kind, start, start + long) for kind, start, long in found]
    first = state(*made, since_s=since, end_s=10_000)
    assert sum(first[name] for name in states.SUMS) == first["seconds"] == 10_000
    shuffled.shuffle(made)
    assert state(*made, since_s=since, end_s=10_000) == first


@given(SPANS, st.sampled_from(spans.KINDS), st.lists(st.integers(1, 8999), unique=True, max_size=6))
def test_an_outage_cut_into_pieces_gives_the_same_figure(found, kind, cuts) -> None:  # type: ignore[no-untyped-def]
    others = [(kind, start, start + long) for kind, start, long in found]
    pieces = [(kind, a, b) for a, b in pairwise([0, *sorted(cuts), 9000])]
    whole = state(*others, (kind, 0, 9000), end_s=10_000)
    assert state(*others, *pieces, end_s=10_000) == whole
    assert state(*others, *pieces, (kind, 100, 5000), end_s=10_000) == whole


def test_a_second_by_second_count_agrees() -> None:
    found = [("heard", 0, 50), ("down", 10, 20), ("excused", 15, 30), ("offline", 28, 45), ("charging", 40, 48)]
    found += [("closed", 12, 14)]
    order = ["closed", "down", "excused", "charging", "offline", "heard"]
    names = {"closed": "excluded_s", "down": "down_s", "excused": "excluded_s", "charging": "up_s", "heard": "up_s"}
    counted = dict.fromkeys(states.SUMS, 0)
    for second in range(60):
        there = {kind for kind, start, end in found if start <= second < end}
        wins = next((kind for kind in order if kind in there), "")
        counted[names.get(wins, "unknown_s")] += 1
    shown = state(*found, end_s=60)
    assert {name: shown[name] for name in states.SUMS} == counted


def test_an_excluded_outage_counts_while_something_else_is_broken() -> None:
    shown = state(("heard", 0, MONTH), ("excused", 0, 10 * HOUR), ("down", 4 * HOUR, 6 * HOUR))
    assert (shown["down_s"], shown["excluded_s"]) == (2 * HOUR, 8 * HOUR)


def test_an_offline_modem_is_no_outage_and_a_session_meanwhile_proves_the_port_up() -> None:
    shown = state(("heard", 0, 100), ("offline", 100, 300), ("charging", 150, 250), ("heard", 300, 400), end_s=400)
    assert (shown["up_s"], shown["down_s"], shown["unknown_s"], shown["offline_s"]) == (300, 0, 100, 100)


def test_silence_is_unknown_and_not_up() -> None:
    shown = state(("heard", 1000, 2000), since_s=1000, end_s=5000)
    assert (shown["up_s"], shown["unknown_s"], shown["absent_s"]) == (1000, 4000, 1000)


EXCLUDED = {
    "utility_interruption": "excused", "vehicle_fault": "excused", "scheduled_maintenance": "excused",
    "vandalism": "excused", "natural_disaster": "excused", "outside_hours": "closed", "": "down",
    "internet_failure": "down",
}  # fmt: skip


@pytest.mark.parametrize(("exclusion", "kind"), EXCLUDED.items())
def test_what_the_regulation_excludes(exclusion: str, kind: str) -> None:
    found = pl.DataFrame({"exclusion": [exclusion], "cause": ["hardware"]})
    assert found.select(spans.outage_kind()).item() == kind


def test_a_network_outage_is_offline_also_where_somebody_excludes_it() -> None:
    found = pl.DataFrame({"exclusion": ["", "internet_failure"], "cause": ["network", "network"]})
    assert found.select(spans.outage_kind()).to_series().to_list() == ["offline", "offline"]


def test_heard_within_a_quarter_of_an_hour_is_one_span_for_all_ports_of_the_device() -> None:
    said = [{"seq": n, "ts_ms": NOON_MS + minute * MINUTE_MS} for n, minute in enumerate((0, 10, 24, 60), start=1)]
    two = pl.concat([chargers(), chargers().with_columns(evse=pl.lit(2, pl.Int16), charger=pl.lit("Kallio 2"))])
    found = spans.heard(messages(*said), two).sort("charger", "start_s")
    assert found["charger"].to_list() == ["Kallio 1", "Kallio 1", "Kallio 2", "Kallio 2"]
    assert (found["end_s"] - found["start_s"]).to_list() == [24 * 60 + 1, 1] * 2


def status(word: str, at: int, until: int | None = None, up: int | None = None, source: str = "imported") -> tuple:  # type: ignore[type-arg]
    return ("ampere", source, "Kallio 1", "1", at, until, up, word)


STATUS = {
    "tenant": pl.String, "source": pl.String, "charger": pl.String, "connector": pl.String, "at_s": pl.Int64,
    "until_s": pl.Int64, "up_s": pl.Int64, "status": pl.String,
}  # fmt: skip


def test_statuses_of_a_file_become_spans_and_live_ones_only_prove_what_was_heard() -> None:
    said = [status("AVAILABLE", 0), status("OUTOFORDER", 100), status("CHARGING", 150), status("REMOVED", 180)]
    said.append(status("UNKNOWN", 200, 300, up=70))
    found = spans.of_statuses(pl.DataFrame(said, STATUS, orient="row"), 1000).sort("start_s")
    assert found.select("kind", "start_s", "end_s").rows() == [
        ("heard", 0, 100), ("down", 100, 150), ("heard", 150, 180), ("heard", 200, 270), ("down", 270, 300),
    ]  # fmt: skip
    live = [status("AVAILABLE", 0, source="live"), status("OUTOFORDER", 100, source="live")]
    found = spans.of_statuses(pl.DataFrame(live, STATUS, orient="row"), 1000)
    assert found.select("kind", "start_s", "end_s").rows() == [("heard", 0, 100)]


def month(day: date, **seconds: int) -> dict[str, object]:
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    whole = (after - day).days * 24 * HOUR
    plain = dict.fromkeys((*states.SUMS, "offline_s", "absent_s", "closed_s"), 0) | seconds
    plain["up_s"] = whole - plain["down_s"] - plain["excluded_s"] - plain["unknown_s"]
    return dict(zip(PORT, A, strict=True)) | plain | {"seconds": whole, "day": day}


def year(first: int, **last: int) -> pl.DataFrame:
    days = [date(first, n, 1) for n in range(1, 13)]
    return pl.DataFrame([month(day, **(last if day.month == 12 else {})) for day in days])


def test_the_equation_of_the_regulation() -> None:
    """T_outage 20,000 min of which 4,232 excluded: (525,600 - 15,768) / 525,600 = 97 %, which is not above 97 %."""
    shown = figures.rolling(year(2025, down_s=15_768 * 60, excluded_s=4232 * 60)).row(-1, named=True)
    assert (shown["t_outage_min"], shown["t_excluded_min"], shown["months"]) == (20_000, 4232, 12)
    assert shown["uptime_pct"] == 97.0
    assert not shown["uptime_pct"] > figures.THRESHOLD_PCT
    assert shown["observed_share"] == 1.0


def test_a_leap_year_keeps_the_constant_and_never_falls_below_zero() -> None:
    """2024 has 527,040 minutes: an hour down costs the same share of 525,600 as in any year."""
    shown = figures.rolling(year(2024, down_s=HOUR)).row(-1, named=True)
    assert shown["uptime_pct"] == (525_600 - 60) * 100 / 525_600
    assert shown["observed_pct"] == (527_040 - 60) * 100 / 527_040
    down = pl.DataFrame([month(date(2024, n, 1), down_s=0) for n in range(1, 13)])
    down = down.with_columns(down_s=pl.col("seconds"), up_s=pl.lit(0))
    assert figures.rolling(down)["uptime_pct"].to_list()[-1] == 0.0


def test_the_thirteenth_month_forgets_the_first_and_a_young_port_says_how_many_months() -> None:
    both = pl.concat([pl.DataFrame([month(date(2024, 12, 1), down_s=HOUR)]), year(2025)])
    found = figures.rolling(both)
    assert found["down_s_12"].to_list() == [HOUR] * 12 + [0]
    assert found["months"].to_list() == [*range(1, 13), 12]


def test_nothing_observed_gives_no_observed_figure_and_offline_only_lowers_the_strict_one() -> None:
    rows = year(2025, unknown_s=0).with_columns(unknown_s=pl.col("seconds"), up_s=pl.lit(0), offline_s=pl.lit(HOUR))
    shown = figures.rolling(rows).row(-1, named=True)
    assert (shown["uptime_pct"], shown["observed_pct"], shown["observed_share"]) == (100.0, None, 0.0)
    assert shown["strict_pct"] == (525_600 - 12 * 60) * 100 / 525_600


def outage(start: int, end: int | None, broken: bool = True, withdrawn: bool = False) -> dict[str, object]:
    at = [datetime.fromtimestamp(s, tz=UTC) if s is not None else None for s in (start, end)]
    return dict(zip(PORT, A, strict=True)) | {
        "began_at": at[0], "ended_at": at[1], "broken": broken, "withdrawn": withdrawn, "exclusion": "",
        "cause": "hardware",
    }  # fmt: skip


def test_failures_are_counted_once_where_they_overlap_and_an_open_one_is_marked() -> None:
    found = [outage(0, 100), outage(50, 200), outage(200, 260), outage(1000, None), outage(400, 500, broken=False)]
    (row,) = figures.failures(pl.DataFrame([*found, outage(600, 700, withdrawn=True)]), 1600).to_dicts()
    assert (row["failures"], row["failure_s"], row["open_failures"]) == (2, 260 + 600, 1)


def test_an_open_outage_lasts_until_now_and_a_withdrawn_one_never_was() -> None:
    found = spans.of_outages(pl.DataFrame([outage(10, None), outage(50, 60, withdrawn=True)]), 100)
    assert found.select("kind", "start_s", "end_s").rows() == [("down", 10, 100)]
