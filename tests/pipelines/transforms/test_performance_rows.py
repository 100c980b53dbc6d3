"""Sums per day, business per month, and who came and went."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.marts import carbon, churn, performance, sessions
from pipelines.resources.business import BOOKINGS, LISTINGS, MOVEMENTS
from pipelines.transforms import performance as figures

pytestmark = pytest.mark.req("TEN-05")
JULY = pl.lit(date(2026, 7, 1))


def session(number: int, **other: Any) -> dict[str, Any]:
    row = dict.fromkeys(sessions.TABLE.schema) | {
        "tenant": "ampere", "session": f"s{number}", "source": "live", "charger": "K1", "site": "Kallio",
        "energy_wh": 1000 * number, "duration_s": 600, "cost_minor": 50, "currency": "EUR",
        "local_day": date(2026, 3, 10), "day": date(2026, 3, 10),
    }  # fmt: skip
    return row | other


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 10**6), st.none() | st.integers(0, 10**6)), max_size=30)
)
def test_no_watt_hour_and_no_cent_is_lost_between_sessions_and_days(rows: list[tuple[str, int, int | None]]) -> None:
    made = [session(n, charger=c, energy_wh=wh, cost_minor=cost) for n, (c, wh, cost) in enumerate(rows)]
    daily = figures.daily_sessions(pl.DataFrame(made, sessions.TABLE.schema))
    assert daily["sessions"].sum() == len(rows)
    assert daily["energy_wh"].sum() == sum(wh for _, wh, _ in rows)
    assert daily["cost_minor"].sum() == sum(cost or 0 for _, _, cost in rows)
    assert daily["unpriced"].sum() == sum(cost is None for _, _, cost in rows)
    assert daily["without_energy"].sum() == sum(wh == 0 for _, wh, _ in rows)


@pytest.mark.req("FLT-02")
def test_a_fleets_day_has_cost_and_emissions_and_nobody_elses_sessions() -> None:
    ended = pl.DataFrame(
        [session(1, fleet_organisation="f", vehicle="v"), session(2, fleet_organisation="f", vehicle="v"),
         session(3), session(4, vehicle="x", source="imported")], sessions.TABLE.schema,
    )  # fmt: skip
    emitted = pl.DataFrame(
        [{"tenant": "ampere", "session": "s1", "co2e_location_ug": 7, "co2e_market_ug": 5, "avoided_ug": 3}],
        {name: carbon.TABLE.schema[name] for name in
         ("tenant", "session", "co2e_location_ug", "co2e_market_ug", "avoided_ug")},
    )  # fmt: skip
    (row,) = figures.daily_fleets(emitted, ended).to_dicts()
    assert (row["vehicle"], row["sessions"], row["energy_wh"], row["cost_minor"]) == ("v", 2, 3000, 100)
    assert (row["co2e_location_ug"], row["avoided_ug"], row["without_factor"]) == (7, 3, 1)


def at(month: int, day: int = 5) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def booking(number: int, state: str, month: int, host: str = "h1", organisation: str | None = "p") -> dict[str, Any]:
    return dict.fromkeys(BOOKINGS.schema) | {
        "tenant": "ampere", "booking": f"b{number}", "host": host, "host_organisation": organisation, "state": state,
        "start_at": at(month), "currency": "EUR", "amount_minor": 1000,
    }  # fmt: skip


def line(number: int, account: str, minor: int, month: int, **other: Any) -> dict[str, Any]:
    return dict.fromkeys(MOVEMENTS.schema) | {
        "tenant": "ampere", "line": str(number), "account": account, "at": at(month), "host": "h1",
        "host_organisation": "p", "booking": "b1", "currency": "EUR", "amount_minor": minor,
    } | other  # fmt: skip


def test_a_month_has_its_bookings_and_what_the_books_say() -> None:
    rows = figures.monthly(
        pl.DataFrame([booking(1, "completed", 3), booking(2, "cancelled_by_driver", 3), booking(3, "no_show", 4)],
                     BOOKINGS.schema),
        pl.DataFrame(
            [line(1, "host_payable", -800, 3), line(2, "commission", -100, 3), line(3, "tax_payable", -190, 3),
             line(4, "cancellation_fee", -50, 3), line(5, "host_payable", 80, 4),
             line(6, "payout", -700, 4, host_organisation=None, booking=None),
             line(7, "host_payable", 700, 4, host_organisation=None, booking=None)], MOVEMENTS.schema),
        pl.DataFrame([{"tenant": "ampere", "listing": "l", "host": "h1", "host_organisation": "p"}], LISTINGS.schema),
    ).sort("month_of")  # fmt: skip
    shaped = rows.select(pl.col(name).cast(kind) for name, kind in performance.TABLE.schema.items())
    march, april = shaped.to_dicts()
    assert (march["bookings"], march["completed"], march["cancelled"], march["no_show"]) == (2, 1, 1, 0)
    assert (march["host_credit_minor"], march["commission_minor"], march["gross_minor"]) == (800, 100, 1140)
    assert (april["no_show"], april["host_credit_minor"], april["payout_minor"]) == (1, -80, 700)
    assert april["host_organisation"] == "p"


def seen(*rows: tuple[str, str | None, int]) -> pl.DataFrame:
    kinds = {"tenant": pl.String, "host_organisation": pl.String, "person": pl.String, "month_of": pl.Date,
             "role": pl.String}  # fmt: skip
    return pl.DataFrame(
        [{"tenant": "ampere", "role": "driver", "person": who, "host_organisation": where,
          "month_of": date(2026, month, 1)} for who, where, month in rows], kinds,
    )  # fmt: skip


def counted(rows: pl.DataFrame, where: str | None = None) -> dict[int, tuple[int, int, int, int | None]]:
    own = pl.col("whole") if where is None else pl.col("host_organisation") == where
    held = rows.select(pl.col(name).cast(kind) for name, kind in churn.TABLE.schema.items()).filter(own)
    return {r["month_of"].month: (r["active"], r["new"], r["back"], r["lost"]) for r in held.to_dicts()}


def test_who_comes_stays_goes_and_comes_back() -> None:
    rows = figures.comings(seen(("a", "p", 3), ("b", "p", 3), ("a", "p", 4), ("c", "q", 4), ("b", "p", 5)), JULY)
    assert counted(rows) == {3: (2, 2, 0, 0), 4: (2, 1, 0, 1), 5: (1, 0, 1, 2), 6: (0, 0, 0, 1)}
    assert counted(rows, "p") == {3: (2, 2, 0, 0), 4: (1, 0, 0, 1), 5: (1, 0, 1, 1), 6: (0, 0, 0, 1)}


def test_who_is_lost_in_the_month_that_runs_is_not_known_yet() -> None:
    rows = figures.comings(seen(("a", "p", 6), ("b", "p", 6), ("a", "p", 7)), JULY)
    assert counted(rows)[7] == (1, 0, 0, None)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("pq"), st.integers(1, 6)), max_size=25))
def test_everybody_is_new_once_and_the_flows_add_up(rows: list[tuple[str, str, int]]) -> None:
    months = counted(figures.comings(seen(*rows), pl.lit(date(2026, 12, 1))))
    assert sum(new for _, new, _, _ in months.values()) == len({who for who, _, _ in rows})
    before = 0
    for month in sorted(months):
        active, new, back, lost = months[month]
        assert active == before + new + back - (lost or 0)
        before = active


def test_without_any_facts_there_are_no_figures() -> None:
    empty = [pl.DataFrame(schema=table.schema) for table in (BOOKINGS, MOVEMENTS, LISTINGS)]
    assert figures.monthly(*empty).height == 0
    assert figures.comings(seen(), JULY).height == 0
