"""Secrets are taken out of what is kept: passwords, authorisation keys, private keys, credentials in addresses."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

HIDDEN = "***"
_HINTS = ("password", "passphrase", "passwd", "authorizationkey", "secret", "simpin", "private key", "vpn", "://")
_NAME = re.compile(r"password|passphrase|passwd|authorizationkey|secret|simpin|private_?key", re.IGNORECASE)
_PAIR = re.compile(
    r"""((?:password|passphrase|passwd|authorizationkey|secret|simpin)["'\\\s]*[:=]["'\\\s]*)[^"'\\\s,}&]+""",
    re.IGNORECASE,
)
_PEM = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|\Z)", re.DOTALL)
_ADDRESS = re.compile(r"(://)[^/@\s\"\\]+@")
_VALUES = frozenset({"value", "attributeValue", "actualValue"})
_VPN = frozenset({"user", "password", "key"})


# Frequent frames that have no field for a secret: nine searches less in each of them.
_HARMLESS = re.compile(
    r'\[2,\s?"[^"\\]*",\s?"'
    r'(?:MeterValues|TransactionEvent|Heartbeat|StatusNotification|StartTransaction|StopTransaction|Authorize)"'
    r'|\[3,"[^"\\]*",\{\}\]$'
)


def redacted_text(text: str) -> str:
    """A frame or line without its secrets; JSON stays JSON. Text that names none comes back as it is."""
    if _HARMLESS.match(text):
        return text
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _cut(text)
    hidden = redacted(content)
    return text if hidden == content else msgspec.json.encode(hidden).decode()


def redacted(content: Any) -> Any:
    """JSON content with every secret replaced: by the name of its field, or of the key or variable it belongs to."""
    if isinstance(content, dict):
        return _object(content)
    if isinstance(content, list):
        return [redacted(item) for item in content]
    return _plain(content) if isinstance(content, str) else content


def _object(content: Mapping[str, Any]) -> Any:
    if _names_secret(content):
        return _without_values(content)
    return {name: _field(name, value) for name, value in content.items()}


def _field(name: str, value: Any) -> Any:
    if name == "vpn" and isinstance(value, dict):
        return {key: HIDDEN if key in _VPN else redacted(part) for key, part in value.items()}
    if _NAME.search(name) and isinstance(value, str | int | float):
        return HIDDEN
    return redacted(value)


def _names_secret(content: Mapping[str, Any]) -> bool:
    """`{"key": "AuthorizationKey", "value": …}`, `{"variable": {"name": "BasicAuthPassword"}, …}` and the like."""
    variable = content.get("variable")
    names = (content.get("key"), variable.get("name") if isinstance(variable, dict) else None)
    return any(isinstance(name, str) and _NAME.search(name) for name in names)


def _without_values(content: Any) -> Any:
    if isinstance(content, dict):
        return {
            name: HIDDEN if name in _VALUES and value is not None else _without_values(value)
            for name, value in content.items()
        }
    return [_without_values(item) for item in content] if isinstance(content, list) else content


def _cut(text: str) -> str:
    """Of what is no JSON, all up to the first word that may name a secret."""
    named = re.search(rf"{_NAME.pattern}|vpn", text, re.IGNORECASE)
    return _plain(text[: named.end()] + HIDDEN if named else text)


def _plain(text: str) -> str:
    text = _PEM.sub(rf"\1{HIDDEN}\2", text)
    return _ADDRESS.sub(rf"\1{HIDDEN}@", _PAIR.sub(rf"\1{HIDDEN}", text))
