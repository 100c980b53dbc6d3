from datetime import timedelta
from typing import Any

import h3
import pytest

from saas.contracts.pricing import Opening
from tenants.marketplace.queries import search
from tenants.pricing import actions, exports, searches
from tenants.pricing.models import SearchHour
from tests import builders
from tests.builders import HELSINKI, NOW

pytestmark = pytest.mark.django_db
AWAY = (61.5, 23.8)


def look(**asked: Any) -> None:
    search(viewer=None, now=asked.pop("now", NOW), **asked)


def counted() -> list[tuple[str, str, int, bool, int, int]]:
    names = ("cell", "connector", "power_w", "timed", "searches", "unmet")
    return list(SearchHour.objects.order_by("pk").values_list(*names))


@pytest.mark.req("ANA-04")
def test_searches_are_counted_by_cell_and_hour(ampere: object) -> None:
    builders.listing(host=builders.person("host"))
    here, away = (h3.latlng_to_cell(*point, 7) for point in (HELSINKI, AWAY))
    for minute in (0, 5):
        look(near=HELSINKI, now=NOW + timedelta(minutes=minute))
    look(near=AWAY, connector="CHADEMO", power_w=12_000)
    look(near=AWAY, radius_m=300_000, free_from=NOW)
    box = (AWAY[0] - 0.1, AWAY[1] - 0.1, AWAY[0] + 0.1, AWAY[1] + 0.1)
    look(bbox=box, near=HELSINKI)
    assert counted() == [
        (here, "", 0, False, 2, 0), (away, "CHADEMO", 11_000, False, 1, 1), (away, "", 0, True, 1, 0),
        (away, "", 0, False, 1, 1),
    ]  # fmt: skip


@pytest.mark.req("ANA-04")
def test_what_is_no_search_is_not_counted(ampere: object) -> None:
    look()
    look(bbox=(-60.0, -170.0, 70.0, 170.0))
    look(near=HELSINKI, counted=False)
    assert counted() == []


@pytest.mark.req("ANA-04")
def test_no_point_no_person_and_not_for_ever(ampere: object) -> None:
    look(near=HELSINKI)
    held = {field.name for field in SearchHour._meta.get_fields()}
    assert held == {"id", "cell", "hour", "connector", "power_w", "timed", "searches", "unmet"}
    assert h3.get_resolution(counted()[0][0]) == 7
    assert searches.forget(now=NOW + timedelta(days=399)) == 0
    assert searches.forget(now=NOW + timedelta(days=402)) == 1


@pytest.mark.req("ANA-04")
def test_a_robot_fills_no_table(ampere: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "MOST_ROWS_OF_HOUR", 3)
    for step in range(6):
        look(near=(50.0 + step, 10.0))
    assert len(counted()) == 3


@pytest.mark.req("ANA-04")
def test_pages_of_the_export(ampere: object) -> None:
    for step in range(5):
        look(near=(50.0 + step, 10.0))
    first = exports.searches(since=None, after=None, limit=3)
    rest = exports.searches(since=None, after=first.next, limit=3)
    assert [len(first.items), len(rest.items)] == [3, 2] and rest.next is None
    assert exports.searches(since=NOW + timedelta(hours=1), after=None, limit=3).items == []


@pytest.mark.req("ANA-04")
def test_hosts_to_be_read_where_drivers_look_in_vain(ampere: object, client: Any) -> None:
    cell = h3.latlng_to_cell(*AWAY, 7)
    found = Opening(cell=cell, latitude=61.5, longitude=23.8, place="Tampere", days=28, searches=60, unmet=41,
                    price_micro=400_000, month_micro=210_000_000, currency="EUR")  # fmt: skip
    actions.replace_openings(items=[found])
    client.force_login(builders.person("new"))
    here = {"headers": {"host": "ampere.localhost"}}
    page = client.get("/host/new/place/", **here).content.decode()
    assert "Near Tampere 41 searches found no charger." in page and "€210" in page
    actions.replace_openings(items=[])
    assert "Tampere" not in client.get("/host/new/place/", **here).content.decode()
