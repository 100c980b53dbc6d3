"""The process that looks at sites: whose turn it is, and that one site's trouble stays there."""

from typing import Any

import pytest

from saas.edge.balancer import loop
from saas.edge.balancer.loop import LIVE, POWER, Balancer
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.power import actions
from tests.builders import NOW
from tests.tenants.power.street import Street

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-07")]


class Quiet:
    """A listener that has just connected."""

    fresh = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    held = [1_000.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: held[0])
    return held


def test_a_tenant_with_a_site_is_looked_at_every_few_seconds_and_sooner_when_called(
    ampere: Tenant, clock: list[float]
) -> None:
    box = Street().box()
    balancer = Balancer(Quiet())  # type: ignore[arg-type]
    assert balancer.turn([], now=NOW) == ["ampere"]
    assert box.station.commands.get().action == "GetConfiguration"
    clock[0] += 0.5
    assert balancer.turn([(LIVE, "ampere:77"), (LIVE, "barq:78")], now=NOW) == []
    clock[0] += 0.6
    assert balancer.turn([], now=NOW) == ["ampere"]
    clock[0] += 2.9
    assert balancer.turn([], now=NOW) == []
    clock[0] += 0.2
    assert balancer.turn([], now=NOW) == ["ampere"]


def test_a_new_site_is_heard_of_and_one_without_any_is_left_alone(ampere: Tenant, clock: list[float]) -> None:
    balancer = Balancer(Quiet())  # type: ignore[arg-type]
    assert balancer.turn([], now=NOW) == []
    street = Street()
    clock[0] += 1
    assert balancer.turn([(POWER, "ampere")], now=NOW) == ["ampere"]
    with tenant_schema("ampere"):
        actions.remove_circuit(circuit=street.root, by=street.owner, now=NOW)
    clock[0] += 5
    assert balancer.turn([], now=NOW) == ["ampere"]
    clock[0] += 5
    assert balancer.turn([], now=NOW) == []


def test_one_sites_trouble_does_not_stop_the_next(
    ampere: Tenant, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Street(), Street()
    looked: list[int] = []

    def look(*, root_id: int, **_: Any) -> int:
        looked.append(root_id)
        if root_id == first.root.pk:
            raise ValueError
        return 1

    monkeypatch.setattr(actions, "balance_site", look)
    Balancer(Quiet()).turn([], now=NOW)  # type: ignore[arg-type]
    assert looked == [first.root.pk, second.root.pk]
