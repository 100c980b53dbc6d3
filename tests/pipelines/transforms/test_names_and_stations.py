"""Things of one name are told apart; a station of a file is its id, and its site where ids are those of several."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pipelines.marts.roster import ids_called, placed
from pipelines.resources import stations
from pipelines.transforms.names import apart

NAMES = {"tenant": pl.String, "kind": pl.String, "id": pl.String, "name": pl.String, "beside": pl.String}
START = datetime(2026, 3, 1, tzinfo=UTC)


def named(*rows: tuple[str, str, str, str, str | None]) -> dict[str, str]:
    return dict(apart(pl.DataFrame(rows, schema=NAMES, orient="row")).select("id", "name").iter_rows())


@pytest.mark.req("ANA-02")
def test_a_name_of_its_own_stays_and_a_shared_one_says_what_is_beside_it() -> None:
    found = named(
        ("ampere", "charger", "u1", "A1", "Kallio"), ("ampere", "charger", "u2", "A1", "Pasila"),
        ("ampere", "charger", "u3", "B1", "Kallio"), ("barq", "charger", "u4", "A1", "Deira"),
        ("ampere", "site", "u5", "A1", "Helsinki"),
    )  # fmt: skip
    assert found == {"u1": "A1 · Kallio", "u2": "A1 · Pasila", "u3": "B1", "u4": "A1", "u5": "A1"}


@pytest.mark.req("ANA-02")
def test_what_is_still_the_same_says_the_end_of_its_id_and_then_all_of_it() -> None:
    found = named(
        ("t", "charger", "aaaa-111111", "A1", "Kallio"), ("t", "charger", "bbbb-222222", "A1", "Kallio"),
        ("t", "driver", "x-999999", "Aino", None), ("t", "driver", "y-999999", "Aino", None),
    )  # fmt: skip
    assert found["aaaa-111111"] == "A1 · Kallio · 111111" and found["bbbb-222222"] == "A1 · Kallio · 222222"
    assert found["x-999999"] == "Aino · 999999 · x-999999" and len(set(found.values())) == 4


@pytest.mark.req("ANA-02")
def test_one_person_of_two_fleets_is_one_name() -> None:
    assert named(("t", "driver", "d1", "Aino", "Fleet A"), ("t", "driver", "d1", "Aino", "Fleet B")) == {"d1": "Aino"}


@pytest.mark.req("ANA-02")
def test_ids_become_names_and_no_two_the_same() -> None:
    places = pl.DataFrame({"kind": ["charger"], "id": ["uid-123456"], "name": ["A1"]})
    rows = pl.DataFrame({"charger": ["uid-123456", "A1", None], "n": [1, 2, 3]})
    assert placed(rows, places)["charger"].to_list() == ["A1 · 123456", "A1", None]
    assert placed(rows[::2], places)["charger"].to_list() == ["A1", None]


@pytest.mark.req("ANA-03")
def test_words_of_people_find_ids() -> None:
    rows = [("charger", "u1", "A1 · Kallio"), ("charger", "u2", "A1 · Pasila"), ("charger", "u3", "B · North"),
            ("charger", "u4", "B"), ("site", "u5", "A1")]  # fmt: skip
    places = pl.DataFrame(rows, schema=["kind", "id", "name"], orient="row")
    assert ids_called(places, "charger", ["A1"]) == ["A1", "u1", "u2"]
    assert ids_called(places, "charger", ["A1 · Kallio", "u1"]) == ["A1 · Kallio", "u1"]
    assert ids_called(places, "charger", ["B"]) == ["B", "u4"]


def used(*visits: tuple[str, str | None], every: int = 60) -> pl.DataFrame:
    rows = [(charger, site, START + timedelta(minutes=every * n)) for n, (charger, site) in enumerate(visits)]
    return pl.DataFrame(
        rows, schema={"charger": pl.String, "site": pl.String, "at": pl.Datetime("ms", "UTC")}, orient="row"
    )


@pytest.mark.req("ANA-01")
def test_numbers_that_start_anew_at_each_site_are_stations_of_their_own() -> None:
    rows = used(*[("1", "Depot North"), ("1", "Harbour"), ("2", "Harbour")] * 5)
    found = stations.keys(rows)
    assert found == {("1", "Depot North"): "Depot North · 1", ("1", "Harbour"): "Harbour · 1"}
    assert stations.keys(rows.sample(fraction=1, shuffle=True, seed=2)) == found
    keyed = rows.with_columns(stations.keyed("charger", "site", found))["charger"]
    assert keyed[:3].to_list() == ["Depot North · 1", "Harbour · 1", "2"]


@pytest.mark.req("ANA-01")
@pytest.mark.parametrize(
    "visits",
    [
        [("51", "Broxden Park & Ride, Perth"), ("51", "Broxden Park & Ride")] * 8,  # one place, written in two ways
        [("51", "Test bench")] * 5 + [("51", "Harbour")] * 20,  # it moved
        [("51", "Test bench"), ("51", "Harbour"), ("51", "Test bench")] + [("51", "Harbour")] * 20,  # a slip
        [("51", None), ("51", "Harbour")] * 8,
    ],
)
def test_one_station_stays_one(visits: list[tuple[str, str | None]]) -> None:
    assert stations.keys(used(*visits)) == {}
    assert used(*visits).with_columns(stations.keyed("charger", "site", {}))["charger"].unique().to_list() == ["51"]


@pytest.mark.req("ANA-01")
def test_rows_without_a_site_keep_their_id() -> None:
    rows = used(("1", "Harbour"), ("1", None), ("1", "Depot North"))
    found = {("1", "Harbour"): "Harbour · 1"}
    assert rows.with_columns(stations.keyed("charger", "site", found))["charger"].to_list() == ["Harbour · 1", "1", "1"]
