"""Random payloads that a strict schema allows, as hypothesis strategies."""

from typing import Any

from hypothesis import strategies as st

from saas.edge.ocpp import schemas

TEXT = st.characters(codec="utf-8", exclude_characters="\x00")
TIMES = st.datetimes().map(lambda moment: moment.isoformat() + "Z")


def request(version: str, action: str) -> st.SearchStrategy[dict[str, Any]]:
    """Requests of the action, from empty to full."""
    schema = schemas.strict(version, action)
    return _of(schema, schema.get("definitions", {}))


def _of(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _of(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _KINDS[schema.get("type", "object")](schema, definitions)


def _object(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    fields = {name: _of(part, definitions) for name, part in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: strategy for name, strategy in fields.items() if name in required},
        optional={name: strategy for name, strategy in fields.items() if name not in required},
    )


def _array(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    return st.lists(
        _of(schema["items"], definitions), min_size=least, max_size=min(schema.get("maxItems", 9), least + 1)
    )


def _text(schema: dict[str, Any], _definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema.get("format") == "date-time":
        return TIMES
    numbers = st.decimals(allow_nan=True).map(str)
    texts = st.text(TEXT, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 40), 40))
    return texts | numbers if schema.get("maxLength") is None else texts


def _integer(schema: dict[str, Any], _definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1))


def _number(_schema: dict[str, Any], _definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.floats(allow_nan=False, allow_infinity=False)


_KINDS = {
    "object": _object,
    "array": _array,
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _schema, _definitions: st.booleans(),
}
