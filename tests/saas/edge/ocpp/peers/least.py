"""The least payload that a schema allows."""

from typing import Any

from saas.edge.ocpp import schemas

FORMATS = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://example.com/x"}


def least(version: str, action: str, *, response: bool = False) -> dict[str, Any]:
    """Required fields alone, the first word of every list of words."""
    schema = schemas.strict(version, action, response=response)
    payload: dict[str, Any] = _of(schema, schema.get("definitions", {}))
    return payload


def _of(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _of(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: _of(schema["properties"][name], definitions) for name in schema.get("required", ())}
    if kind == "array":
        return [_of(schema["items"], definitions) for _ in range(schema.get("minItems", 0))]
    if kind == "string":
        return FORMATS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
    return {"integer": max(1, schema.get("minimum", 1)), "number": 1, "boolean": True}[kind]
