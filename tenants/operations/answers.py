"""Whether the payload that a station answered means yes. Pure."""

from collections.abc import Mapping
from typing import Any

YES = frozenset({"Accepted", "AcceptedCanceled", "RebootRequired", "Scheduled", "Unlocked"})
RESULTS = {"setVariableResult": "attributeStatus", "getVariableResult": "attributeStatus"}


def refusal(answer: Mapping[str, Any]) -> str:
    """The station's word for no; empty when it agreed. Answers without any status are answers to questions."""
    words = [str(answer["status"])] if "status" in answer else []
    for name, status in RESULTS.items():
        words += [str(result.get(status, "")) for result in answer.get(name) or []]
    return next((word for word in words if word not in YES), "")


def reason(answer: Mapping[str, Any]) -> str:
    """The explanation that OCPP 2.0.1 may give beside a status."""
    info = answer.get("statusInfo") or {}
    return " ".join(str(info[name]) for name in ("reasonCode", "additionalInfo") if info.get(name))
