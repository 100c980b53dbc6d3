"""What each methodology asks of a batch beside its energy: which inputs, where, and how the vehicles charge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from saas.contracts import methodologies
from saas.contracts.methodologies import lcfs, thg, vm0038
from saas.contracts.methodologies.core import Refusal

from .errors import MethodRefused


@dataclass(frozen=True)
class Method:
    """`asks`: inputs that people give; the rest follows from the batch. `region`: empty for anywhere."""

    method: str
    version: str
    title: str
    asks: tuple[str, ...]
    region: str = ""


_LCFS = ("vehicle_class", "ci_g_per_mj", "ci_source")
METHODS = (
    Method("vm0038", "1.0", "VM0038 v1.0 Electric Vehicle Charging Systems (Verra)",
           ("fleet", "project_year", "grid_mg_per_kwh", "grid_source")),
    Method("lcfs", "2020", "LCFS, regulation of 2020 (California)", _LCFS, "US"),
    Method("lcfs", "2025", "LCFS as amended 2025 (California)", _LCFS, "US"),
    Method("thg", "2021", "THG-Quote, 38. BImSchV (Germany)", ("electricity",), "DE"),
)  # fmt: skip
_FLEET_REGION = {"us": "US", "canada": "CA"}
CHOICES: dict[str, tuple[str, ...]] = {
    "fleet": tuple(vm0038.FLEETS),
    "vehicle_class": tuple(lcfs.CLASSES),
    "electricity": thg.KINDS,
}


def find(method: str, version: str) -> Method:
    """MethodRefused when there is no such methodology, or no such version of it."""
    for found in METHODS:
        if (found.method, found.version) == (method, version):
            return found
    raise MethodRefused("There is no such methodology, or no such version of it.", method=method, version=version)


def region_of(found: Method, inputs: Mapping[str, object]) -> str:
    """The country that the sites must be in; empty for anywhere."""
    return _FLEET_REGION.get(str(inputs.get("fleet", "")).split("-", maxsplit=1)[0], found.region)


def current_of(inputs: Mapping[str, object]) -> str | None:
    """AC or DC where the default fleet is of one of them: then only such sessions count."""
    fleet = vm0038.FLEETS.get(str(inputs.get("fleet")))
    return fleet.current if fleet else None


def given(found: Method, inputs: Mapping[str, object]) -> dict[str, object]:
    """Just the inputs that people give. MethodRefused for one that the methodology does not ask for."""
    unknown = sorted(set(inputs) - set(found.asks))
    if unknown:
        raise MethodRefused(f"There is no input {unknown[0]}.", inputs=unknown)
    return {name: inputs[name] for name in found.asks if inputs.get(name) not in (None, "")}


def calculate(
    found: Method, *, inputs: Mapping[str, object], energy_wh: int, start: date, end: date
) -> methodologies.Result:
    """MethodRefused, in the words of the methodology, when it cannot be applied."""
    whole: dict[str, Any] = {**inputs, "energy_wh": energy_wh}
    if found.method == "vm0038":
        whole["grid_kind"] = "average"
    elif found.method == "lcfs":
        whole |= {"period_start": start.isoformat(), "period_end": end.isoformat()}
    else:
        whole["year"] = start.year
    try:
        return methodologies.calculate(found.method, found.version, whole)
    except Refusal as refusal:
        raise MethodRefused(str(refusal), reason=refusal.code) from refusal
