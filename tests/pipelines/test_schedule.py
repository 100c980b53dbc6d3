"""Sensors: they see news, do not pile up, look at everything once a day, and wait when something is down."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.defs import due
from pipelines.defs.history import run_config
from pipelines.defs.reports.assets import queued_reports, report
from pipelines.defs.schedule import AGAIN, cursor_after, history, landing_news, looked_until, request, telemetry_news
from pipelines.defs.start import command, instance_folder, main
from pipelines.resources.lake import Lake
from pipelines.resources.saas import Unreachable
from pipelines.resources.store import NoDatabase
from saas.contracts.internal import QueuedReport, TenantCard
from tests.pipelines.facts import Store, charging, messages

pytestmark = pytest.mark.req("ANA-01")
NOW = datetime(2026, 3, 10, 13, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    return tmp_path


def requests(made: object) -> list[dg.RunRequest]:
    return [item for item in made if isinstance(item, dg.RunRequest)]  # type: ignore[attr-defined]


def test_news_ask_for_the_day_and_the_day_before() -> None:
    with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral()) as context:
        (run,) = requests(telemetry_news(context, store=Store(messages(*charging()))))  # type: ignore[arg-type]
    assert run.job_name == "refresh"
    assert run.tags["dagster/asset_partition_range_start"] == "2026-03-09"
    assert run.tags["dagster/asset_partition_range_end"] == "2026-03-13"


def test_while_a_run_that_writes_is_on_its_way_nothing_is_asked() -> None:
    instance = dg.DagsterInstance.ephemeral()
    config = run_config(date(2026, 1, 1), date(2026, 3, 1))
    instance.create_run_for_job(history, run_config=config, tags={"lake": "writer"}, status=dg.DagsterRunStatus.STARTED)
    with dg.build_sensor_context(instance=instance) as context:
        assert requests(telemetry_news(context, store=Store(messages(*charging())))) == []  # type: ignore[arg-type]


def test_without_a_database_the_sensor_waits() -> None:
    class Down:
        def news(self, since: datetime | None) -> None:
            raise NoDatabase("down")

    with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral()) as context:
        (said,) = list(telemetry_news(context, store=Down()))  # type: ignore[arg-type]
    assert isinstance(said, dg.SkipReason) and "down" in str(said.skip_message)


def test_it_looks_at_everything_once_a_day_and_else_a_while_back() -> None:
    cursor = cursor_after(NOW, NOW)
    assert looked_until(None, NOW) is None
    assert looked_until("2026-03-10T12:00:00+00:00", NOW) is None
    assert looked_until(cursor, NOW + timedelta(hours=1)) == NOW - AGAIN
    assert looked_until(cursor, NOW + timedelta(days=1)) is None
    assert looked_until(cursor_after(None, NOW), NOW) is None


def test_years_run_as_history_and_weeks_as_assets() -> None:
    long = request(date(2016, 9, 1), date(2018, 8, 31), NOW)
    assert long.job_name == "history"
    assert json.loads(json.dumps(long.run_config))["ops"]["all_steps"]["config"]["first"] == "2016-09-01"
    assert request(date(2026, 3, 1), date(2026, 3, 7), NOW).job_name == "refresh"


def test_no_imported_file_asks_for_nothing() -> None:
    with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral()) as context:
        assert requests(landing_news(context)) == []


def test_ranges_that_touch_are_one_run() -> None:
    days = [date(2026, 3, d) for d in (1, 2, 8, 20)]
    joined = due.merged((day, day) for day in reversed(days))
    assert joined == [(days[0], days[2]), (days[3], days[3])]


CARD = TenantCard(
    tenant="ampere", host="h", name="A", kind="reseller", country="FI", language="en", currency="EUR", timezone="UTC",
    colour_primary="#000000", colour_accent="#ffffff",
)  # fmt: skip


class Web:
    def __init__(self, *waiting: str) -> None:
        self.waiting = waiting

    def tenants(self) -> list[TenantCard]:
        if not self.waiting:
            raise Unreachable("down")
        return [CARD]

    def queued_reports(self, card: TenantCard) -> list[QueuedReport]:
        kinds = {"g": "ghg"}
        return [
            QueuedReport(uid=u, kind=kinds.get(u[0], "esg"), period_start="a", period_end="b", language="en")  # type: ignore[arg-type]
            for u in self.waiting
        ]


@pytest.mark.req("ESG-03")
def test_each_queued_report_gets_one_run() -> None:
    with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral()) as context:
        runs = requests(queued_reports(context, saas=Web("u1", "u2")))  # type: ignore[arg-type]
        again = requests(queued_reports(context, saas=Web("u1")))  # type: ignore[arg-type]
    assert [run.tags["report"] for run in runs] == ["u1", "u2"]
    assert again[0].run_key == runs[0].run_key


def test_a_report_whose_run_waits_or_works_gets_no_second_one() -> None:
    instance = dg.DagsterInstance.ephemeral()
    instance.add_run(dg.DagsterRun(job_name=report.name, status=dg.DagsterRunStatus.STARTED, tags={"report": "u1"}))
    with dg.build_sensor_context(instance=instance) as context:
        (run,) = requests(queued_reports(context, saas=Web("u1", "u2")))  # type: ignore[arg-type]
    assert run.tags["report"] == "u2"


@pytest.mark.req("ESG-03")
def test_a_report_of_the_inventory_waits_until_that_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    for behind, expected in ((True, ["carbon_knowledge", "report u1"]), (False, ["report g1", "report u1"])):
        monkeypatch.setattr("pipelines.defs.reports.gather.inventory.stale", lambda behind=behind: behind)
        with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral()) as context:
            runs = requests(queued_reports(context, saas=Web("g1", "u1")))  # type: ignore[arg-type]
        assert [" ".join(filter(None, (run.job_name, run.tags.get("report")))) for run in runs] == expected


def test_while_the_web_app_is_down_reports_wait() -> None:
    with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral()) as context:
        (said,) = list(queued_reports(context, saas=Web()))  # type: ignore[arg-type]
    assert isinstance(said, dg.SkipReason)


@pytest.mark.req("OPS-01")
def test_the_instance_sends_no_telemetry_and_runs_one_writer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    folder = instance_folder()
    assert folder == home / "dagster"
    text = (folder / "dagster.yaml").read_text()
    assert "enabled: false" in text.split("run_coordinator")[0]
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert instance.run_coordinator.get_run_queue_config().tag_concurrency_limits[0]["limit"] == 1  # type: ignore[attr-defined,union-attr]
    assert report.tags == {"work": "document"} and "value: document" in text


def test_the_starter_knows_its_two_parts() -> None:
    assert command("web", ["-p", "3000"])[-2:] == ["-p", "3000"]
    with pytest.raises(SystemExit, match="daemon"):
        main(["both"])


def test_tidying_keeps_the_rows(home: Path) -> None:
    from pipelines.defs.catalogue import STEPS
    from pipelines.defs.steps import Sources, carry_out
    from pipelines.marts import sessions
    from tests.pipelines.facts import DAY

    lake = Lake()
    for minutes in (20, 25, 30):
        store = Store(messages(*charging(minutes=minutes)))
        for step in STEPS[:5]:
            carry_out(step, Sources(lake, store), DAY, DAY)  # type: ignore[arg-type]
    before = sessions.read(tenant="ampere")
    lake.tidy(sessions.TABLE.uri, keep=timedelta(days=30))
    assert sessions.read(tenant="ampere").equals(before)
