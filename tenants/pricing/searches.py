"""Counting searches: by cell and hour, never by person."""

from datetime import datetime, timedelta

import h3
from django.db import connection

from saas.contracts.pricing import CELL_RESOLUTION
from tenants.marketplace.queries.search import Asked

from .models import SearchHour

USUAL_W = (150_000, 100_000, 50_000, 22_000, 11_000, 7_000, 3_000)
KEPT = timedelta(days=400)
MOST_ROWS_OF_HOUR = 5_000  # a robot that asks everywhere fills no table
COUNT = """
INSERT INTO pricing_searchhour AS held (cell, hour, connector, power_w, timed, searches, unmet)
SELECT %s, %s, %s, %s, %s, 1, %s WHERE (SELECT count(*) FROM pricing_searchhour WHERE hour = %s) < %s
ON CONFLICT (hour, cell, connector, power_w, timed)
DO UPDATE SET searches = held.searches + 1, unmet = held.unmet + EXCLUDED.unmet
"""


def count(sender: object, *, asked: Asked, met: bool, **_: object) -> None:
    """One more search in this cell and hour."""
    if not (-90 <= asked.latitude <= 90 and -180 <= asked.longitude <= 180):
        return
    cell = h3.latlng_to_cell(asked.latitude, asked.longitude, CELL_RESOLUTION)
    hour = asked.now.replace(minute=0, second=0, microsecond=0)
    power = next((usual for usual in USUAL_W if usual <= asked.power_w), 0)
    values = (cell, hour, asked.connector, power, asked.timed, int(not met), hour, MOST_ROWS_OF_HOUR)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)


def forget(*, now: datetime) -> int:
    """Removes counts that are older than 400 days: a year and its neighbours are enough to compare."""
    return SearchHour.objects.filter(hour__lt=now - KEPT).delete()[0]
