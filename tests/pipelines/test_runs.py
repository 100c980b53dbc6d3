"""Days run through the real assets: same data again, late data, bad data, other tenants, imported files."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.defs import due
from pipelines.defs.brand.assets import add_sessions as learn_sessions
from pipelines.defs.catalogue import ASSETS, STEPS
from pipelines.defs.partitions import run_tags
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import carbon, charger_health_daily, energy_daily, sessions, set_aside
from pipelines.marts._table import Table, TenantRequired
from pipelines.resources.lake import Lake
from pipelines.resources.landing import SCHEMA, Landing
from pipelines.resources.saas import SaasClient, Unreachable
from pipelines.resources.tables import CHARGERS, CLEAN, CONTEXT
from saas.contracts.internal import ClosedSession
from tests.pipelines.facts import DAY, NOON_MS, Store, chargers, charging, context, messages, tenants

pytestmark = pytest.mark.req("ANA-01")
NEXT = DAY + timedelta(days=1)
MARTS = (sessions, energy_daily, charger_health_daily, carbon)


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    from pipelines.marts import tenants as tenants_mart

    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    made = Lake()
    made.replace_all(tenants_mart.TABLE, tenants())
    made.replace_all(CHARGERS, chargers())
    made.replace_days(CONTEXT, context("a1/s1"), DAY, DAY)
    yield made


def run(lake: Lake, rows: pl.DataFrame, first: date = DAY, last: date = DAY) -> None:
    for step in STEPS:
        carry_out(step, Sources(lake, Store(rows)), first, last)  # type: ignore[arg-type]


def versions() -> list[int]:
    return [mart.state().version for mart in MARTS]  # type: ignore[union-attr]


def silent() -> SaasClient:
    class Silent(SaasClient):
        def tenants(self):  # type: ignore[no-untyped-def]
            raise Unreachable("down")

    return Silent()


@pytest.mark.req("FLT-02")
def test_a_session_reaches_every_mart_with_the_same_energy(lake: Lake) -> None:
    run(lake, messages(*charging()))
    (row,) = sessions.read(tenant="ampere").to_dicts()
    assert (row["energy_wh"], row["cost_minor"], row["vehicle"], row["fleet_organisation"]) == (
        3000,
        120,
        "v_1",
        "org-f",
    )
    assert energy_daily.read(tenant="ampere")["energy_wh"].sum() == 3000
    assert charger_health_daily.read(tenant="ampere")["energy_wh"].sum() == 3000
    assert carbon.read(tenant="ampere")["co2e_location_ug"].sum() == 3000 * 79_158
    assert carbon.read(tenant="ampere", organisation="org-f").height == 1
    assert carbon.read(tenant="ampere", organisation="org-x").height == 0


def test_the_other_tenant_sees_nothing_and_no_tenant_is_refused(lake: Lake) -> None:
    run(lake, messages(*charging()))
    assert [mart.read(tenant="barq").height for mart in MARTS] == [0, 0, 0, 0]
    for mart in MARTS:
        with pytest.raises(TenantRequired):
            mart.read(tenant="")


def test_the_same_facts_again_make_no_new_version(lake: Lake) -> None:
    facts = messages(*charging())
    run(lake, facts)
    before, rows = versions(), sessions.read(tenant="ampere")
    run(lake, facts.sample(fraction=1, shuffle=True, seed=1))
    assert versions() == before
    assert sessions.read(tenant="ampere").equals(rows)


def test_late_messages_mark_their_day_and_fold_in(lake: Lake) -> None:
    facts = messages(*charging())
    run(lake, facts.head(20))
    assert sessions.read(tenant="ampere").height == 0
    assert due.telemetry(Store(facts), None, NEXT)[0] == [(DAY - timedelta(days=1), NEXT)]  # type: ignore[arg-type]
    run(lake, facts, DAY - timedelta(days=1), DAY)
    assert sessions.read(tenant="ampere")["energy_wh"].to_list() == [3000]
    assert due.telemetry(Store(facts), None, NEXT)[0] == []  # type: ignore[arg-type]


def test_a_store_that_dropped_its_partition_takes_nothing_from_the_lake(lake: Lake) -> None:
    facts = messages(*charging())
    run(lake, facts)
    run(lake, facts.clear())
    assert sessions.read(tenant="ampere")["energy_wh"].to_list() == [3000]


def test_a_session_that_goes_on_after_midnight_is_counted_once(lake: Lake) -> None:
    start = NOON_MS + int(timedelta(hours=11, minutes=30).total_seconds() * 1000)
    first = charging(start_ms=start, minutes=20)
    run(lake, messages(*first))
    assert sessions.read(tenant="ampere").height == 1
    more = charging(start_ms=start + 3_600_000, minutes=20, meter_wh=3000, boot=8)
    run(lake, messages(*first, *more), DAY, NEXT)
    (row,) = sessions.read(tenant="ampere").to_dicts()
    assert (row["day"], row["energy_wh"]) == (NEXT, 4000)


def test_bad_data_stops_before_it_is_published_and_names_the_rows(lake: Lake) -> None:
    run(lake, messages(*charging()))
    step = next(step for step in STEPS if step.name == "sessions")
    twice = replace(step, rows=lambda *asked: pl.concat([step.rows(*asked)] * 2), weights=None)
    with pytest.raises(dg.Failure, match=r"once.*2 bad rows(.|\n)*a1/s1"):
        carry_out(twice, Sources(lake, Store(messages(*charging()))), DAY, DAY)  # type: ignore[arg-type]
    assert sessions.read(tenant="ampere")["session"].to_list() == ["a1/s1"]


@pytest.mark.req("FLT-02")
def test_a_session_is_known_by_what_its_station_calls_it(lake: Lake) -> None:
    told = ClosedSession(
        session="6d1f2f0e-90c3-4b5e-9a57-3b0f5d1c2a44", device_id="a1", evse="1", charger="Kallio 1",
        site="Kallio", city="Helsinki", country="FI", fleet_organisation="org-f", driver="d_7", vehicle="v_7",
        closed_at="2026-03-10T12:31:00Z", energy_wh=3000, currency="EUR", cost_minor=77, transactions=["17", "18"],
    )  # fmt: skip
    learn_sessions(lake, [("ampere", told)])
    again = charging("18", start_ms=NOON_MS + 3_600_000, meter_wh=9000, boot=9)
    run(lake, messages(*charging("17"), *again, *charging("17", device="a2")))
    rows = sessions.read(tenant="ampere").select("session", "vehicle", "cost_minor").rows()
    assert sorted(rows) == [("a1/17", "v_7", 77), ("a1/18", "v_7", None), ("a2/17", None, None)]


def test_what_devices_say_never_stops_a_run(lake: Lake) -> None:
    """Two stations with one transaction, sessions that overlap, a number said again days later: set aside, or kept."""
    overlap = charging("s2", start_ms=NOON_MS + 600_000, meter_wh=9000, boot=9)
    other = charging(device="a2", start_ms=NOON_MS + 60_000)
    again = {"seq": 1, "boot": 7, "ts_ms": NOON_MS + 3 * 86_400_000, "energy_wh": 9_000}
    facts = messages(*charging(), *overlap, *other, again)
    run(lake, facts, DAY, DAY + timedelta(days=3))
    assert sessions.read(tenant="ampere")["session"].to_list() == ["a1/s1", "a2/s1"]
    assert set_aside.read(tenant="ampere")["reason"].to_list() == ["overlaps"]
    assert carbon.read(tenant="ampere").height == 2


def test_what_is_set_aside_is_counted_by_reason(lake: Lake) -> None:
    run(lake, messages(*charging(), {"seq": 90, "ts_ms": NOON_MS + 3_000_000, "energy_wh": 1}))
    (row,) = set_aside.read(tenant="ampere").to_dicts()
    assert (row["reason"], row["rows"], row["origin"]) == ("register_falls", 1, "telemetry")
    assert set_aside.read(tenant="barq").height == 0


def test_a_reader_keeps_its_version_while_a_new_one_is_published(lake: Lake) -> None:
    run(lake, messages(*charging()))
    open_scan = sessions.TABLE.scan()
    run(lake, messages(*charging(minutes=31)))
    assert open_scan.collect()["energy_wh"].to_list() == [3000]
    assert sessions.read(tenant="ampere")["energy_wh"].to_list() == [3100]
    assert sessions.read(tenant="ampere", version=0)["energy_wh"].to_list() == [3000]


def test_dagster_makes_the_day_and_records_checks_without_web_app(lake: Lake) -> None:
    given = {"lake": lake, "store": Store(messages(*charging())), "saas": silent()}
    result = dg.materialize(ASSETS, resources=given, tags=run_tags(DAY, DAY))
    assert result.success
    checks = {(c.asset_key.to_user_string(), c.check_name): c.passed for c in result.get_asset_check_evaluations()}
    assert checks[("sessions", "no_overlap")] and checks[("energy_15min", "reconciles")]
    assert all(checks.values())
    assert sessions.read(tenant="ampere").height == 1


def test_a_broken_rule_fails_the_run_and_what_depends_on_it_does_not_run(lake: Lake) -> None:
    land(datetime(2026, 3, 10, 10, tzinfo=UTC), "k1", energy_wh=-1)
    given = {"lake": lake, "store": Store(messages(*charging())), "saas": silent()}
    result = dg.materialize(ASSETS, resources=given, tags=run_tags(DAY, DAY), raise_on_error=False)
    assert not result.success
    assert sessions.state() is None and carbon.state() is None
    assert CLEAN.state() is not None


def land(at: datetime, key: str, energy_wh: int = 10_001) -> None:
    """An imported session of 50 minutes and 10,001 Wh at the Crown Inn."""
    row = dict.fromkeys(SCHEMA) | {
        "session_key": key, "charger": "51250", "site": "Crown Inn", "start_utc": at, "timezone": "Europe/London",
        "end_utc": at + timedelta(minutes=50), "energy_wh": energy_wh, "duration_s": 3000, "source_file": "pk.csv",
        "source_row": 1, "source_sha256": key, "repaired": [],
    }  # fmt: skip
    Landing("ampere").store(key, pl.DataFrame([row], schema=SCHEMA), [], {"file": "pk.csv"})


def test_imported_sessions_run_the_same_way_and_are_due_once(lake: Lake) -> None:
    land(datetime(2016, 9, 3, 10, 7, tzinfo=UTC), "k1")
    ((first, last),) = due.landed()
    run(lake, messages(*charging()).clear(), first, last)
    assert due.landed() == []
    (made,) = carbon.read(tenant="ampere", source="imported").to_dicts()
    assert (made["country"], made["co2e_location_ug"]) == ("GB", 10_001 * 237_589)
    energy = energy_daily.read(tenant="ampere")
    assert energy["energy_wh"].sum() == 10_001
    assert energy["local_hour"].to_list() == [11]


def test_a_table_that_a_new_version_brings_is_made_for_all_days_there_are(lake: Lake) -> None:
    from pipelines.marts import sessions_daily

    assert due.behind(DAY) == []
    for step in STEPS[:5]:
        carry_out(step, Sources(lake, Store(messages(*charging()))), DAY, DAY)  # type: ignore[arg-type]
    assert due.behind(DAY) == [(DAY, DAY)]
    run(lake, messages(*charging()))
    assert due.behind(DAY) == [] and sessions_daily.read(tenant="ampere")["sessions"].to_list() == [1]


def test_late_messages_of_a_day_long_past_make_only_the_days_they_touch(lake: Lake) -> None:
    day_ms, long_past = 86_400_000, DAY - timedelta(days=30)
    facts = [row for n in range(40) for row in charging(f"s{n}", NOON_MS - n * day_ms, meter_wh=200_000 - n * 4000)]
    rows = messages(*facts)
    run(lake, rows, DAY - timedelta(days=40), DAY)
    before = {step.table.path: held(step.table) for step in STEPS}
    late = messages(*facts, *charging("late", NOON_MS - 30 * day_ms - 4 * 3_600_000, device="a2", boot=99))
    ranges, _ = due.telemetry(Store(late), None, DAY)  # type: ignore[arg-type]
    assert ranges == [(long_past - timedelta(days=1), long_past + timedelta(days=3))]
    run(lake, late, *ranges[0])
    changed = {(path, day) for path, days in before.items() for day, rows in now(path, days) if rows}
    assert {day for _, day in changed} == {long_past}
    assert {"raw/telemetry", "clean/telemetry", "marts/sessions", "curated/energy_15min"} <= {
        path for path, _ in changed
    }
    assert sessions.read(tenant="ampere").filter(pl.col("session") == "a2/late")["energy_wh"].to_list() == [3000]


def held(table: Table) -> dict[date, pl.DataFrame]:
    rows = table.scan().collect(engine="streaming").sort(table.order, nulls_last=True)
    return {key[0]: part for key, part in rows.partition_by("day", as_dict=True).items()}


def now(path: str, before: dict[date, pl.DataFrame]) -> Iterator[tuple[date, bool]]:
    """Each day of a table, and whether it is another than before."""
    table = next(step.table for step in STEPS if step.table.path == path)
    after = held(table)
    for day in {*before, *after}:
        same = day in before and day in after and before[day].equals(after[day])
        yield day, not same


def test_the_same_rows_in_an_empty_lake_give_the_same_bytes(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.marts import tenants as tenants_mart

    facts, found = messages(*charging()), []
    for name, given in (("one", facts), ("two", facts.sample(fraction=1, shuffle=True, seed=3))):
        monkeypatch.setenv("WATTLANE_HOME", str(tmp_path / name))
        lake.replace_all(tenants_mart.TABLE, tenants())
        lake.replace_all(CHARGERS, chargers())
        lake.replace_days(CONTEXT, context("a1/s1"), DAY, DAY)
        run(lake, given)
        files = sorted((tmp_path / name / "lake").rglob("*.parquet"))
        found.append([(str(f.parent.relative_to(tmp_path / name)), f.read_bytes()) for f in files])
    assert found[0] == found[1] and len(found[0]) > len(STEPS) // 2


def test_a_day_gives_the_same_rows_alone_and_in_a_long_range(lake: Lake) -> None:
    """A number said again after midnight, a session that goes on after midnight: judged the same from either side."""
    start = NOON_MS + int(timedelta(hours=11, minutes=50).total_seconds() * 1000)
    again = {"seq": 3, "boot": 7, "ts_ms": start + 3_600_000, "energy_wh": 50_000}
    more = charging(start_ms=start + 1_800_000, minutes=20, meter_wh=3000, boot=8)
    facts = messages(*charging(start_ms=start, minutes=5), *more, again)
    run(lake, facts, DAY, NEXT)
    together = {step.table.path: held(step.table) for step in STEPS}
    run(lake, facts, NEXT, NEXT)
    run(lake, facts, DAY, DAY)
    assert not [path for path, days in together.items() if any(changed for _, changed in now(path, days))]


def test_refresh_makes_what_is_due_without_any_service(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from pipelines.defs.refresh import main

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("WATTLANE_WEB_URL", "http://127.0.0.1:9")
    land(datetime(2016, 9, 3, 10, 7, tzinfo=UTC), "k1")
    land(datetime(2017, 9, 3, 10, 7, tzinfo=UTC), "k2")
    assert main(["--tenant", "ampere", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["days"] == ["2016-09-03..2017-09-03"]
    assert {name: mart["rows"] for name, mart in said["marts"].items()} == {
        "sessions": 2, "energy_daily": 2, "charger_health_daily": 2, "carbon": 2,
    }  # fmt: skip
    assert main(["--tenant", "ampere"]) == 0
    assert "nothing is due" in capsys.readouterr().out
