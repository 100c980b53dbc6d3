"""A payload to begin with: the required fields of a call's schema, with values that are easy to recognise. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from saas.kit.time import iso

from .protocol import request_schema

Json = dict[str, Any]


def payload(protocol: str, action: str, now: datetime) -> str:
    """Indented JSON for an editor. Times are `now`."""
    schema = request_schema(protocol, action)
    return json.dumps(_of(schema, schema.get("definitions", {}), now), indent=2)


def _of(schema: Mapping[str, Any], definitions: Mapping[str, Any], now: datetime) -> Any:
    if "$ref" in schema:
        return _of(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, now)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _of(properties[name], definitions, now) for name in schema.get("required", ())}
    if kind == "array":
        return [_of(schema["items"], definitions, now)]
    if kind == "string":
        return iso(now) if schema.get("format") == "date-time" else ""
    return {"integer": 1, "number": 1.0, "boolean": False}.get(str(kind))
