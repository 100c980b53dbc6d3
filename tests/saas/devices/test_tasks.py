from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from saas.devices.tasks import forget_marks

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.req("DEV-05")


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM telemetry.{table}")
        return int(cursor.fetchone()[0])


def test_old_marks_and_replayed_poison_go_and_open_poison_stays(db: None) -> None:
    with connection.cursor() as cursor:
        for boot, age in ((1, 91), (2, 89)):
            changed = NOW - timedelta(days=age)
            cursor.execute("INSERT INTO telemetry.watermark VALUES ('ad_x', %s, 5, '{}', %s)", [boot, changed])
        for replayed in (None, NOW - timedelta(days=31), NOW - timedelta(days=1)):
            cursor.execute(
                "INSERT INTO telemetry.quarantine (topic, payload, reason, received_at, replayed_at) "
                "VALUES ('t', 'x', 'bad', %s, %s)",
                [NOW - timedelta(days=400), replayed],
            )
    marks, poison = count("watermark"), count("quarantine")
    assert forget_marks(NOW) == 2
    assert (marks - count("watermark"), poison - count("quarantine")) == (1, 1)
