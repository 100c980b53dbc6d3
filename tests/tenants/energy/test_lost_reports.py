from datetime import UTC, date, datetime, timedelta

import pytest

from tenants.energy import actions
from tenants.energy.models import Report
from tests.builders import person

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.req("ANA-03")


def test_a_report_whose_run_died_is_queued_again_and_a_made_one_stays(ampere: object) -> None:
    owner = person("owner", "owner")
    period = {"period_start": date(2026, 1, 1), "period_end": date(2026, 2, 1)}
    lost, made = (
        actions.request_report(user=owner, kind="esg", organisation_uid=None, language="en", now=NOW, **period)
        for _ in range(2)
    )
    for report in (lost, made):
        actions.report_running(uid=report.uid, run_id="r1", now=NOW)
    actions.report_ready(uid=made.uid, run_id="r1", data_version="1", files=[], now=NOW)
    assert actions.requeue_lost_reports(now=NOW + timedelta(minutes=14)) == 0
    assert actions.requeue_lost_reports(now=NOW + timedelta(minutes=16)) == 1
    assert Report.objects.get(pk=lost.pk).state == "queued"
    assert Report.objects.get(pk=made.pk).state == "ready"
