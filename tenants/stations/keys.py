"""One text that names a configuration key (1.6) or an attribute of a variable of a component (2.0.1). Pure.

1.6: the key itself. 2.0.1: `Component[instance]@evse.connector/Variable[instance]#Attribute`, each part but component
and variable only where there is one; the attribute Actual is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saas.kit.errors import Invalid

ACTUAL = "Actual"
_NAMED = r"([^\[\]@/#]{1,50})(?:\[([^\[\]]{1,50})\])?"
_KEY = re.compile(rf"{_NAMED}(?:@(\d+)(?:\.(\d+))?)?/{_NAMED}(?:#([A-Za-z]{{1,10}}))?")


@dataclass(frozen=True)
class Key:
    """`component` empty: a configuration key of 1.6."""

    name: str
    component: str = ""
    component_instance: str = ""
    evse: int | None = None
    connector: int | None = None
    instance: str = ""
    attribute: str = ""

    def __str__(self) -> str:
        if not self.component:
            return self.name
        where = "" if self.evse is None else f"@{self.evse}"
        where += "" if self.connector is None or self.evse is None else f".{self.connector}"
        attribute = f"#{self.attribute}" if self.attribute not in ("", ACTUAL) else ""
        return f"{_named(self.component, self.component_instance)}{where}/{_named(self.name, self.instance)}{attribute}"

    def component_json(self) -> dict[str, Any]:
        """OCPP's ComponentType."""
        found: dict[str, Any] = {"name": self.component}
        if self.component_instance:
            found["instance"] = self.component_instance
        if self.evse is not None:
            found["evse"] = {"id": self.evse}
            if self.connector is not None:
                found["evse"]["connectorId"] = self.connector
        return found

    def variable_json(self) -> dict[str, Any]:
        """OCPP's VariableType."""
        return {"name": self.name, **({"instance": self.instance} if self.instance else {})}


def parse(text: str) -> Key:
    """The key of a text. Invalid for one with a slash that cannot be read."""
    if "/" not in text:
        return Key(name=text)
    found = _KEY.fullmatch(text)
    if found is None:
        raise Invalid("A variable is named Component/Variable.", key=text[:100])
    component, component_instance, evse, connector, name, instance, attribute = found.groups()
    return Key(
        name=name,
        component=component,
        component_instance=component_instance or "",
        evse=int(evse) if evse else None,
        connector=int(connector) if connector else None,
        instance=instance or "",
        attribute=attribute or ACTUAL,
    )


def of_json(component: Mapping[str, Any], variable: Mapping[str, Any], attribute: str | None = None) -> Key:
    """The key of OCPP's ComponentType, VariableType and AttributeEnumType."""
    evse = component.get("evse") or {}
    return Key(
        name=str(variable["name"]),
        component=str(component["name"]),
        component_instance=str(component.get("instance") or ""),
        evse=evse.get("id"),
        connector=evse.get("connectorId"),
        instance=str(variable.get("instance") or ""),
        attribute=attribute or ACTUAL,
    )


def _named(name: str, instance: str) -> str:
    return f"{name}[{instance}]" if instance else name
