"""Every operation that names a thing, tried by whom the thing is no business of: 404, always, and nothing changes."""

from typing import Any

import pytest
from django.db import connection

from saas.config.api import api
from saas.kit.tenant_context import tenant_schema
from tests.saas.config.things import things
from tests.tenants.apiclient import Api, code, person

pytestmark = pytest.mark.django_db
# What a request needs to get as far as the thing itself.
BODIES: dict[str, dict[str, Any]] = {
    "decide_identity": {"accept": True},
    "update_charger": {"title": "Mine now"},
    "set_price": {"per_hour": "0.01"},
    "set_availability": {"weekly": []},
    "set_charger_costs": {"energy_cost_micro": 1},
    "confirm_booking": {"method": "tok_approved"},
    "cancel_booking": {},
    "activate_session": {"qr_token": "x"},
    "extend_session": {"minutes": 5},
    "rotate_device": {},
    "start_station": {"evse": "00000000-0000-4000-8000-000000000000"},
    "accept_station": {
        "place": {"address": "Quay 1", "city": "Helsinki", "country": "FI", "latitude": 60.17, "longitude": 24.94},
        "evses": [{"connector": "IEC_62196_T2", "max_power_w": 22_000}],
    },
    "command_station": {"type": "Soft"},
    "change_group": {"name": "Mine"},
    "add_group_devices": {"devices": ["CP-1"]},
    "start_group_action": {"verb": "restart"},
    "retry_group_action": {},
    "resume_rollout": {},
    "change_configuration_template": {"name": "Mine", "values": {"ocpp1.6": {"A": "1"}}},
    "fix_configuration": {},
    "import_roster": {"csv": "plate\nX-1\n"},
    "rename_card": {"name": "Mine"},
    "set_card_terms": {},
    "change_circuit": {"name": "Mine"},
    "report_load": {"load_ma": [0, 0, 0]},
    "put_on_circuit": {},
    "put_price_points": {"points": [{"start": "2026-12-01T00:00:00Z", "value": "1"}]},
    "replace_carbon_instrument": {
        "kind": "supplier",
        "name": "Mine",
        "energy_source": "renewable",
        "regions": ["FI"],
        "valid_from": "2026-01-01",
        "valid_to": "2027-01-01",
        "mg_per_kwh": 0,
        "source": "me",
    },
    "replace_carbon_factor": {
        "kind": "grid_losses",
        "activity": "electricity",
        "region": "FI",
        "year": 2026,
        "published": "0.01",
        "gas_basis": "CO2e",
        "boundary": "losses",
        "boundary_kind": "losses",
        "source": "me",
        "licence": "own",
        "valid_from": "2026-01-01",
        "valid_to": "2027-01-01",
    },
    "verify_credit_batch": {"verifier": "V", "verification": "R"},
    "split_credit_block": {"grams": [1, 2]},
    "transfer_credit_block": {"to": "me"},
    "retire_credit_block": {"retired_for": "me", "reason": "x"},
    "change_dashboard": {
        "name": "Mine",
        "version": 1,
        "spec": {"tiles": [{"kind": "metric", "measure": "sessions"}]},
    },
    "copy_dashboard": {"name": "Mine"},
    "set_session_needs": {"departure_at": "2026-12-01T06:00:00Z"},
    "resolve_alert": {"reason": "over"},
    "comment_alert": {"text": "seen"},
    "edit_outage": {"reason": "wrong"},
    "step_work_order": {"verb": "cancel", "text": "no"},
    "note_work_order": {"text": "seen"},
    "tick_work_order": {"done": []},
}
QUERIES = {"charger_slots": "?start=2026-12-01T00:00:00Z&end=2026-12-01T01:00:00Z"}
PARTS = {
    "{kind}": "csv",
    "{role}": "operator",
    "{action}": "Reset",
    "{device}": "CP-1",
    "{command}": "00000000-0000-4000-8000-000000000000",
    "{upload}": "00000000-0000-4000-8000-000000000000",
    "{photo}": "00000000-0000-4000-8000-000000000000",
    "{evse}": "00000000-0000-4000-8000-000000000000",
    "{name}": "CP-1",
}
OTHER_PARTS = {"station_items": {"{kind}": "certificate"}}
BY_ROLE = {"decide_identity", "take_role"}  # refused to whoever lacks the role before anything is looked up
PUBLIC = {"charger", "charger_slots"}  # a live charger is shown to everybody of its own tenant
COUNTED = "SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE schemaname = 'ampere'"


NESTED = {"maintenance", "carbon", "credits"}  # below these the second word names the thing


def operations() -> list[tuple[str, str, str]]:
    """(operation id, method, path) of all that name a thing by its uid."""
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    named = ((o["operationId"], m.upper(), p) for p, methods in paths.items() for m, o in methods.items() if "{" in p)
    return sorted(named)


def attempt(caller: Api, operation: tuple[str, str, str], uids: dict[str, str]) -> tuple[int, str]:
    name, method, path = operation
    word = word_of(path)
    filled = path.removeprefix("/api/v1").replace("{uid}", uids[word]).replace("{organisation}", uids[word])
    filled = filled.replace("{device_id}", uids[word])
    for part, value in (PARTS | OTHER_PARTS.get(name, {})).items():
        filled = filled.replace(part, value)
    filled += QUERIES.get(name, "")
    return code(caller(method, filled, BODIES.get(name)))


@pytest.fixture
def uids() -> dict[str, str]:
    owner = person("ampere", "", "owner", identity="verified")
    with tenant_schema("ampere"):
        return things(owner)


def written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(x), 0) FROM ({COUNTED}) t(x)")
        return int(cursor.fetchone()[0])


def word_of(path: str) -> str:
    """What the operation is about: the first word of its path, by which `things` knows one."""
    words = path.split("/")[3:]
    return "import" if "import" in path else words[1] if words[0] in NESTED else words[0]


def group_of(path: str) -> str:
    """Things below one word are tried together."""
    return "import" if "import" in path else path.split("/")[3]


GROUPS = {
    word: [o for o in operations() if group_of(o[2]) == word] for word in sorted({group_of(o[2]) for o in operations()})
}
by_thing = pytest.mark.parametrize("named", GROUPS.values(), ids=GROUPS.keys())


@pytest.mark.req("TEN-03", "API-01")
@by_thing
def test_the_other_tenants_owner_gets_404_and_changes_nothing(
    uids: dict[str, str], named: list[tuple[str, str, str]]
) -> None:
    stranger = Api("barq", person("barq", "", "owner", identity="verified"))
    for operation in named:
        before = written()
        assert attempt(stranger, operation, uids) == (404, "not_found"), operation
        assert written() == before, operation


@pytest.mark.req("TEN-04", "API-01")
@by_thing
def test_an_outsider_of_the_same_tenant_gets_nothing(uids: dict[str, str], named: list[tuple[str, str, str]]) -> None:
    with tenant_schema("ampere"), connection.cursor() as cursor:
        cursor.execute("UPDATE marketplace_listing SET state = 'draft'")
    outsider = Api("ampere", person("ampere"))
    for operation in named:
        expected = (403, "forbidden") if operation[0] in BY_ROLE else (404, "not_found")
        assert attempt(outsider, operation, uids) == expected, operation


@pytest.mark.req("TEN-04", "API-01")
@by_thing
def test_nobody_without_a_token_gets_in(uids: dict[str, str], named: list[tuple[str, str, str]]) -> None:
    nobody = Api("ampere")
    for operation in named:
        if operation[0] not in PUBLIC:
            assert attempt(nobody, operation, uids) == (401, "unauthenticated"), operation
