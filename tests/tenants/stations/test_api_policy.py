"""The tenant's rules for stations."""

from typing import Any

import pytest

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.sites.actions import Place, create_location
from tests.builders import NOW
from tests.tenants.apiclient import Api, code, person, said

RULES: dict[str, Any] = {
    "least_profile": 2, "auto_accept": False, "auto_location": None, "log_days": 7, "heartbeat_s": 300,
    "local_lists": True,
}  # fmt: skip


@pytest.mark.req("CHG-05", "CHG-01")
def test_the_rules_are_read_and_changed_by_who_manages_stations(ampere: Tenant) -> None:
    operator, support = (Api("ampere", person("ampere", "", role)) for role in ("operator", "support"))
    assert said(operator.get("/station-policy"))["least_profile"] == 1
    assert said(operator("PUT", "/station-policy", RULES)) == RULES
    assert said(support.get("/station-policy")) == RULES
    assert code(support("PUT", "/station-policy", RULES)) == (403, "forbidden")
    assert code(Api("ampere", person("ampere")).get("/station-policy")) == (403, "forbidden")
    assert said(Api("barq", person("barq", "", "owner")).get("/station-policy"))["least_profile"] == 1


@pytest.mark.req("CHG-05")
def test_stations_that_let_themselves_in_need_a_place(ampere: Tenant) -> None:
    operator = Api("ampere", person("ampere", "", "operator"))
    refused = operator("PUT", "/station-policy", RULES | {"auto_accept": True})
    assert code(refused) == (422, "invalid") and "auto_location" in said(refused)
    with tenant_schema("ampere"):
        place = create_location(place=Place("Quay 1", "Helsinki", "FI", 60.17, 24.94), private=False, now=NOW)
    wanted = RULES | {"auto_accept": True, "auto_location": str(place.uid)}
    assert said(operator("PUT", "/station-policy", wanted)) == wanted
