"""What follows from the power of an outlet: on how many lines it draws, and how much."""

from importlib import import_module

import pytest
from django.apps import apps

from tenants.sites import actions
from tenants.sites.models import Evse
from tests import builders
from tests.builders import HELSINKI, NOW

OUTLETS = [
    ("IEC_62196_T2", 1_000, 1, 6_000),
    ("IEC_62196_T2", 7_400, 1, 32_000),
    ("IEC_62196_T2", 11_000, 3, 16_000),
    ("IEC_62196_T2", 22_000, 3, 32_000),
    ("IEC_62196_T1", 19_200, 1, 83_000),
    ("NACS", 11_500, 1, 50_000),
    ("CHADEMO", 6_900, 3, 10_000),
    ("IEC_62196_T2_COMBO", 150_000, 3, 217_000),
]


@pytest.mark.req("CHG-07")
@pytest.mark.parametrize(("connector", "power_w", "phases", "current_ma"), OUTLETS)
def test_lines_and_current_follow_from_the_power(
    ampere: object, connector: str, power_w: int, phases: int, current_ma: int
) -> None:
    location = actions.create_location(place=actions.Place("Quay 1", "Helsinki", "FI", *HELSINKI), now=NOW)
    made = actions.create_evse(location=location, connector=connector, max_power_w=power_w, now=NOW)
    assert (made.phases, made.max_current_ma) == (phases, current_ma)


@pytest.mark.req("CHG-07")
def test_outlets_of_an_older_release_get_their_three_lines(ampere: object) -> None:
    strong, weak = builders.evse(power_w=22_000), builders.evse(power_w=7_400)
    Evse.objects.update(phases=1, max_current_ma=32_000)
    import_module("tenants.sites.migrations.0002_lines_of_outlets").three_lines(apps, None)
    assert Evse.objects.values_list("phases", "max_current_ma").get(pk=strong.pk) == (3, 32_000)
    assert Evse.objects.values_list("phases", "max_current_ma").get(pk=weak.pk) == (1, 32_000)
