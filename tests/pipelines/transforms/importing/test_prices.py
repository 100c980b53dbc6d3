# ruff: noqa: E501 - files written out
"""Price files: markets by the hour, tariffs of chargers, and what is asked instead of guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.prices import PRICES
from tests.pipelines.transforms.importing.kinds import good, read, reasons

pytestmark = pytest.mark.req("ANA-01")


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def hours(count: int) -> list[datetime]:
    return [datetime(2024, 1, 15, tzinfo=UTC) + timedelta(hours=i) for i in range(count)]


def test_entsoe_ranges_name_their_zone_and_area() -> None:
    rows = [
        f"{t:%d.%m.%Y %H:%M} - {t + timedelta(hours=1):%d.%m.%Y %H:%M},{40 + i}.17,EUR" for i, t in enumerate(hours(24))
    ]
    file = read(PRICES, lines('MTU (CET/CEST),"Day-ahead Price [EUR/MWh] BZN|DE-LU",Currency', *rows))
    assert good(file, "region", "from_utc", "to_utc", "micros_per_kwh", "currency", "kind")[0] == (
        "DE-LU", "2024-01-14T23:00", "2024-01-15T00:00", 40_170, "EUR", "day_ahead",
    )  # fmt: skip
    assert file.layout["zone"] == "Europe/Brussels"


def test_smard_puts_the_zones_side_by_side_with_decimal_commas() -> None:
    head = "Datum von;Datum bis;Deutschland/Luxemburg [€/MWh] Originalauflösungen;Belgien [€/MWh] Originalauflösungen"
    rows = [
        f"{t:%d.%m.%Y %H:%M};{t + timedelta(hours=1):%d.%m.%Y %H:%M};{i},50;{'-' if i == 2 else f'-{i},25'}"
        for i, t in enumerate(hours(24))
    ]
    file = read(PRICES, lines(head, *rows), zone="Europe/Berlin", kind="day_ahead")
    got = good(file, "region", "from_utc", "micros_per_kwh")
    assert got[0] == ("Deutschland/Luxemburg", "2024-01-14T23:00", 500)
    assert ("BE", "2024-01-15T00:00", -1_250) in got
    assert reasons(file).count("missing_price") == 1
    assert file.judged.height == 48


def test_24_columns_of_hours() -> None:
    head = "Date;" + ";".join(f"H{h:02}" for h in range(1, 25))
    rows = [f"2024-01-{d:02};" + ";".join(f"{d},{h:02}" for h in range(1, 25)) for d in (15, 16)]
    file = read(
        PRICES, lines(head, *rows), zone="Europe/Madrid", region="ES", unit="ct/kWh", currency="EUR", kind="day_ahead"
    )
    got = good(file, "from_utc", "to_utc", "micros_per_kwh")
    assert (len(got), got[0], got[-1]) == (
        48, ("2024-01-14T23:00", "2024-01-15T00:00", 150_100), ("2024-01-16T22:00", "2024-01-16T23:00", 162_400),
    )  # fmt: skip


def test_days_of_23_and_25_hours_by_number() -> None:
    spring = [f"2024-03-31,{h},50" for h in range(1, 24)]
    autumn = [f"2024-10-27,{h},50" for h in range(1, 26)]
    file = read(
        PRICES, lines("Date,Hour,Price EUR/MWh", *spring, *autumn), zone="Europe/Madrid", region="ES", kind="day_ahead"
    )
    got = [row[0] for row in good(file, "from_utc")]
    assert (len(got), len(set(got))) == (48, 48)
    assert (got[22], got[23], got[47]) == ("2024-03-31T21:00", "2024-10-26T22:00", "2024-10-27T22:00")


def test_hours_become_quarters_in_mid_file() -> None:
    first = [f"{t:%Y-%m-%dT%H:%MZ},DE,50" for t in hours(24)]
    later = [
        f"{datetime(2024, 1, 16, tzinfo=UTC) + timedelta(minutes=15 * i):%Y-%m-%dT%H:%MZ},DE,51" for i in range(96)
    ]
    file = read(PRICES, lines("time,zone,spot price EUR/MWh", *first, *later))
    assert [r[0] for r in good(file, "resolution_s")] == [3600] * 24 + [900] * 96


def test_tariffs_of_chargers() -> None:
    file = read(
        PRICES,
        lines(
            "Station ID,Price per kWh (EUR),Price per minute (EUR),Start fee per session (EUR),Valid from",
            "A1,\"0,49\",,1.00,2024-01-01", "A1,\"0,55\",\"0,05\",1.00,2024-06-01", "B2,\"0,39\",,,2024-01-01", "C3,,,,2024-01-01",
            "D4,\"-0,10\",,,2024-01-01",
        ),
    )  # fmt: skip
    wanted = ("charger", "from_utc", "to_utc", "micros_per_kwh", "micros_per_minute", "micros_per_session", "kind")
    assert good(file, *wanted) == [
        ("A1", "2024-01-01T00:00", "2024-06-01T00:00", 490_000, None, 1_000_000, "tariff"),
        ("A1", "2024-06-01T00:00", None, 550_000, 50_000, 1_000_000, "tariff"),
        ("B2", "2024-01-01T00:00", None, 390_000, None, None, "tariff"),
    ]
    assert reasons(file)[3:] == ["missing_price", "negative_tariff"]


def test_units_beside_the_values_and_pence() -> None:
    file = read(PRICES, lines("charger,price", *(f"C{i},0.{30 + i} £/kWh" for i in range(5))))
    assert good(file, "charger", "micros_per_kwh", "currency")[1] == ("C1", 310_000, "GBP")
    pence = read(PRICES, lines("charger,Tariff (p/kWh)", "C1,45.5", "C2,79"))
    assert good(pence, "micros_per_kwh", "currency") == [(455_000, "GBP"), (790_000, "GBP")]


def test_ocpi_tariffs() -> None:
    def tariff(name: str, *components: tuple[str, float]) -> dict[str, object]:
        parts = [{"type": kind, "price": price, "step_size": 1} for kind, price in components]
        return {
            "id": name,
            "currency": "EUR",
            "elements": [{"price_components": parts}],
            "last_updated": "2024-01-01T00:00:00Z",
        }

    two = tariff("T2", ("ENERGY", 0.30))
    two["elements"] = [*two["elements"], {"price_components": [{"type": "ENERGY", "price": 0.50}]}]  # type: ignore[misc]
    file = read(
        PRICES,
        json.dumps([tariff("T1", ("ENERGY", 0.25), ("TIME", 3.0), ("FLAT", 0.5)), two, tariff("T3", ("ENERGY", 0.4))]),
    )
    assert good(file, "charger", "micros_per_kwh", "micros_per_minute", "micros_per_session") == [
        ("T1", 250_000, 50_000, 500_000), ("T3", 400_000, None, None),
    ]  # fmt: skip
    assert reasons(file) == [None, "several_prices", None]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("time,zone,price", "--unit"), ("time,price EUR/MWh", "--region"), ("time,zone,price ct/kWh", "--currency"),
        ("time,zone,wind speed", "price"),
    ],
)  # fmt: skip
def test_what_the_file_leaves_open_is_asked(header: str, says: str) -> None:
    place = "DE," if "zone" in header else ""
    with pytest.raises(NotUnderstood) as refused:
        read(PRICES, lines(header, *(f"{t:%Y-%m-%dT%H:%MZ},{place}45.1" for t in hours(5))))
    assert says in refused.value.message


def test_a_market_that_is_not_named_is_no_market() -> None:
    file = read(PRICES, lines("time,zone,price EUR/MWh", *(f"{t:%Y-%m-%dT%H:%MZ},DE,45.1" for t in hours(5))))
    assert good(file, "kind", "micros_per_kwh")[0] == ("unspecified", 45_100)
    assert "--kind" in file.notes[0]
