"""No list of the API grows without pages: a GET that answers with a list takes a cursor, or is bounded by something."""

from collections.abc import Iterator
from typing import Any

import pytest

from saas.config.api import api

pytestmark = pytest.mark.req("API-01")
SCHEMA = api.get_openapi_schema(path_prefix="/api/v1/")
# (operation, list in the answer) → what bounds it.
BOUNDED = {
    ("me", "roles"): "the roles of one person",
    ("charger", "price"): "the components of one tariff",
    ("charger", "amenities"): "a fixed vocabulary",
    ("charger_slots", "items"): "31 days at most, asked for by start and end",
    ("booking", "lines"): "the lines of one price",
    ("receipt", "lines"): "the lines of one price",
    ("station", "evses"): "the EVSEs of one station",
    ("station", "connectors"): "the connectors of one station",
    ("station", "configuration"): "the first 200; the whole has an address of its own",
    ("station", "local_list"): "the first 200; the whole has an address of its own",
    ("station", "reservations"): "the first of them; the whole has an address of its own",
    ("station", "running"): "one for each EVSE",
    ("station", "transactions"): "the first of them; the whole has an address of its own",
    ("station", "charging_profiles"): "the first 200; the whole has an address of its own",
    ("station", "certificates"): "the first 200; the whole has an address of its own",
    ("station", "messages"): "the first 200; the whole has an address of its own",
    ("group", "named"): "the first 200; who is in it is paged at /groups/{uid}/devices",
    ("group", "children"): "the first 200; all groups are paged at /groups",
    ("group_verbs", "items"): "a table of the code",
    ("rollout", "stages"): "20 at most",
    ("configuration_template", "groups"): "100 at most",
    ("circuit_state", "building_ma"): "one for each line: three",
    ("circuit_state", "agreed_ma"): "one for each line: three",
    ("circuit_state", "counted_ma"): "one for each line: three",
    ("circuit_state", "measured_ma"): "one for each line: three",
    ("circuit_state", "chargers"): "the EVSEs on one circuit: its ampere bound them",
    ("circuit_state", "alarms"): "open ones of one circuit, one of each kind; all are paged at /power/alarms",
    ("smart_charging_abilities", "accepted"): "a fixed vocabulary",
    ("smart_charging_abilities", "refused"): "a fixed vocabulary",
    ("report", "files"): "one for each kind of file",
    ("alert", "todo"): "a table of the code",
    ("work_order", "todo"): "a table of the code",
    ("work_order", "next"): "the steps of a table of the code",
    ("work_order", "checklist"): "30 points at most",
    ("maintenance_risk", "reasons"): "the reasons of one prediction",
    ("price_suggestion", "reasons"): "the reasons of one price",
    ("carbon_instrument", "regions"): "the regions of one instrument",
    ("carbon_instrument", "quality"): "a fixed vocabulary",
    ("carbon_instrument", "missing"): "a fixed vocabulary",
    ("credit_methods", ""): "a table of the code",
    ("credit_block", "events"): "a block is born, split, handed on and retired: each once",
    ("credit_block", "filings"): "one for each event",
    ("green_rules", ""): "the newest versions of one rule, made by hand, cut at a number",
    ("dashboard_catalogue", "items"): "a table of the code",
    ("dashboard", "spec"): "24 tiles at most",
    ("dashboard", "roles"): "a fixed vocabulary",
}


def resolved(shape: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in shape:
        shape = SCHEMA["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return shape


def has_list(shape: dict[str, Any]) -> bool:
    """A list, or null or a list, or an object of its own with one in it."""
    shape = resolved(shape)
    choices = [resolved(one) for one in shape.get("anyOf", [])]
    below = [has_list(part) for one in (shape, *choices) for part in one.get("properties", {}).values()]
    return any(below) or any(one.get("type") == "array" for one in (shape, *choices))


def lists() -> Iterator[tuple[str, str, set[str]]]:
    """(operation, name of the list in its answer, parameters) of every GET; no name where the list is the answer."""
    for methods in SCHEMA["paths"].values():
        operation = methods.get("get")
        if operation is None:
            continue
        content = operation["responses"].get(200, {}).get("content", {}).get("application/json", {})
        shape = resolved(content.get("schema", {}))
        asked = {parameter["name"] for parameter in operation.get("parameters", [])}
        parts = shape.get("properties", {})
        for name, part in ({"": shape} if shape.get("type") == "array" else parts).items():
            if has_list(part):
                yield operation["operationId"], name, asked


def test_every_list_has_pages_or_a_bound() -> None:
    unpaged = {(o, name) for o, name, asked in lists() if not ({"after", "limit"} <= asked and name == "items")}
    assert unpaged == set(BOUNDED)


def test_a_paged_list_says_where_it_goes_on() -> None:
    paged = {o for o, name, asked in lists() if "after" in asked and name == "items"}
    assert len(paged) > 40 and {"vehicles", "host_chargers", "alert_log", "price_points"} <= paged
    for methods in SCHEMA["paths"].values():
        operation = methods.get("get")
        if operation is not None and operation["operationId"] in paged:
            shape = resolved(operation["responses"][200]["content"]["application/json"]["schema"])
            assert {"items", "next"} <= set(shape["properties"]), operation["operationId"]
