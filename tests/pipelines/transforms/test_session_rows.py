"""Start and stop events become sessions; business context joins where it is known."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipelines.transforms import sessions
from tests.pipelines.facts import DAY, MINUTE_MS, NOON_MS, chargers, charging, context, messages, no_chargers, tenants

pytestmark = pytest.mark.req("ANA-01")
HOUR_MS = 60 * MINUTE_MS
NO_CONTEXT = context().clear()


def test_energy_is_the_register_at_stop_less_that_at_start() -> None:
    (row,) = sessions.ended(messages(*charging()), DAY, DAY).to_dicts()
    assert (row["energy_wh"], row["start_ms"], row["stop_ms"]) == (3000, NOON_MS, NOON_MS + 30 * MINUTE_MS)
    assert (row["reason"], row["wrong"]) == ("time", None)


def test_a_running_session_is_no_row_yet() -> None:
    assert sessions.ended(messages(*charging()[:-1]), DAY, DAY).height == 0


def test_a_lost_start_falls_back_to_the_lowest_register() -> None:
    (row,) = sessions.ended(messages(*charging()[1:]), DAY, DAY).to_dicts()
    assert row["energy_wh"] == 2900


def test_power_loss_and_going_on_is_one_session() -> None:
    first, second = charging(minutes=10), charging(start_ms=NOON_MS + HOUR_MS, minutes=10, meter_wh=2000, boot=8)
    (row,) = sessions.ended(messages(*first, *second), DAY, DAY).to_dicts()
    assert row["energy_wh"] == 2000
    assert row["stop_ms"] == NOON_MS + 70 * MINUTE_MS


def test_a_session_over_midnight_belongs_to_the_day_of_its_end() -> None:
    rows = messages(*charging(start_ms=NOON_MS + 11 * HOUR_MS + 45 * MINUTE_MS))
    assert sessions.ended(rows, DAY, DAY).height == 0
    (row,) = sessions.ended(rows, date(2026, 3, 11), date(2026, 3, 11)).to_dicts()
    assert row["energy_wh"] == 3000


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"energy_wh": 10}, "negative_energy"),
        ({"ts_ms": NOON_MS + 49 * HOUR_MS}, "over_48_hours"),
    ],
)
def test_impossible_sessions_are_set_aside(change: dict[str, int], wrong: str) -> None:
    rows = charging()
    rows[-1] |= change
    found = sessions.ended(messages(rows[0], rows[-1]), DAY, date(2026, 3, 13))
    assert found["wrong"].to_list() == [wrong]
    assert sessions.live(found, NO_CONTEXT, no_chargers(), tenants()).height == 0
    assert sessions.set_aside(found)["reason"].to_list() == [wrong]


def test_of_overlapping_sessions_and_of_those_with_one_name_the_first_counts() -> None:
    long = charging(minutes=120)
    inside = charging("s2", start_ms=NOON_MS + HOUR_MS, minutes=10, boot=8)
    after = charging("s3", start_ms=NOON_MS + 2 * HOUR_MS, minutes=10, boot=9)
    elsewhere = charging("s3", start_ms=NOON_MS + 3 * HOUR_MS, minutes=10, device="a2")
    found = sessions.ended(messages(*long, *inside, *after, *elsewhere), DAY, DAY)
    said = {(row["device"], row["session"]): row["wrong"] for row in found.to_dicts()}
    assert said == {("a1", "s1"): None, ("a1", "s2"): "overlaps", ("a1", "s3"): None, ("a2", "s3"): "same_name"}


def test_context_gives_cost_driver_and_place() -> None:
    found = sessions.ended(messages(*charging()), DAY, DAY)
    (row,) = sessions.on_local_days(sessions.live(found, context(), chargers(), tenants())).to_dicts()
    assert (row["cost_minor"], row["currency"], row["driver"], row["vehicle"]) == (120, "EUR", "d_1", "v_1")
    assert (row["site"], row["country"], row["country_from"], row["local_day"]) == ("Kallio", "FI", "site", DAY)
    assert row["duration_s"] == 1800


def test_without_context_the_roster_names_the_place_and_without_that_the_device() -> None:
    found = sessions.ended(messages(*charging()), DAY, DAY)
    (named,) = sessions.live(found, NO_CONTEXT, chargers(), tenants()).to_dicts()
    assert (named["charger"], named["site"], named["country_from"], named["cost_minor"]) == (
        "Kallio 1",
        "Kallio",
        "site",
        None,
    )
    (bare,) = sessions.live(found, NO_CONTEXT, no_chargers(), tenants()).to_dicts()
    assert (bare["charger"], bare["site"], bare["country"], bare["country_from"]) == ("a1", "a1", "FI", "tenant")


def test_context_of_another_tenant_never_joins() -> None:
    found = sessions.ended(messages(*charging(tenant="barq")), DAY, DAY)
    (row,) = sessions.live(found, context(), chargers(), tenants()).to_dicts()
    assert (row["driver"], row["cost_minor"], row["charger"], row["country"]) == (None, None, "a1", "AE")


def landed(zone: str) -> pl.DataFrame:
    at = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    return pl.DataFrame(
        [
            {
                "tenant": "ampere",
                "session_key": "k",
                "charger": "c",
                "connector": None,
                "site": None,
                "driver": None,
                "vehicle": None,
                "start_utc": at,
                "end_utc": at,
                "energy_wh": 5,
                "cost_minor": None,
                "currency": None,
                "timezone": zone,
            }
        ],
        schema_overrides={"start_utc": pl.Datetime("ms", "UTC"), "end_utc": pl.Datetime("ms", "UTC")},
    )


@pytest.mark.parametrize(
    ("zone", "country", "basis", "day"),
    [
        ("Europe/London", "GB", "zone", date(2026, 3, 10)),
        ("Asia/Dubai", "AE", "zone", date(2026, 3, 11)),
        ("-07:00", "FI", "tenant", date(2026, 3, 10)),
        ("+05:30", "FI", "tenant", date(2026, 3, 11)),
    ],
)
def test_imported_sessions_take_country_and_day_from_their_zone(zone: str, country: str, basis: str, day: date) -> None:
    zones = {"Europe/London": "GB", "Asia/Dubai": "AE"}
    (row,) = sessions.on_local_days(sessions.imported(landed(zone), tenants(), zones)).to_dicts()
    assert (row["country"], row["country_from"], row["local_day"], row["source"]) == (country, basis, day, "imported")
