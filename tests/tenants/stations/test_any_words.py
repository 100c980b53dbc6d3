"""Whatever lawful words a station says or answers, they are kept and lawfully answered; nothing breaks."""

import jsonschema_rs
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from saas.edge.ocpp import schemas
from saas.tenancy.models import Tenant
from tenants.stations import protocol
from tenants.stations.actions import effects
from tenants.stations.actions.effects import Done
from tenants.stations.models import StationCommand
from tests.builders import NOW
from tests.saas.edge.ocpp import payloads

from .rig import Rig

VERSIONS = ("1.6", "2.0.1")
FEW = settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def answers(version: str, action: str) -> st.SearchStrategy[dict[str, object]]:
    schema = schemas.strict(version, action, response=True)
    return payloads._of(schema, schema.get("definitions", {}))


@pytest.mark.req("CHG-01")
@pytest.mark.parametrize("version", VERSIONS)
@settings(FEW)
@given(data=st.data())
def test_whatever_a_station_tells_is_lawfully_answered(ampere: Tenant, version: str, data: st.DataObject) -> None:
    with transaction.atomic():
        rig = Rig(f"ocpp{version}")
        for action in protocol.TOLD[version]:
            answer = rig.tell(action, data.draw(payloads.request(version, action), action))
            jsonschema_rs.validator_for(protocol.schema(version, f"{action}Response")).validate(answer)
        transaction.set_rollback(True)


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize("version", VERSIONS)
@settings(FEW)
@given(data=st.data())
def test_whatever_a_station_answers_has_its_effect(ampere: Tenant, version: str, data: st.DataObject) -> None:
    with transaction.atomic():
        rig = Rig(f"ocpp{version}")
        for action in (action for action in protocol.CALLS[version] if action in effects.ANSWERED):
            payload = data.draw(payloads.request(version, action), action)
            answer = effects.storable(data.draw(answers(version, action), f"answer of {action}"))
            command = StationCommand(station=rig.station, action=action, payload=payload)
            effects.ANSWERED[action](Done(rig.station, command, payload, answer, NOW))
        transaction.set_rollback(True)


def test_the_tables_name_what_the_standard_has() -> None:
    calls = {action for version in VERSIONS for action in protocol.CALLS[version]}
    told = {action for version in VERSIONS for action in protocol.TOLD[version]}
    assert set(effects.ANSWERED) <= calls and set(effects.TOLD) == told
