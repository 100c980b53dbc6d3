"""What a station can do with charging profiles: question, answer, and the ladder of ways to limit it. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Unit = Literal["A", "W"]
Version = Literal["1.6", "2.0.1"]
WHOLE = {"1.6": "ChargePointMaxProfile", "2.0.1": "ChargingStationMaxProfile"}
TX, DEFAULT = "TxProfile", "TxDefaultProfile"
KEYS_16 = (
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
    "ConnectorSwitch3to1PhaseSupported",
    "SupportedFeatureProfiles",
)
COMPONENT_201 = "SmartChargingCtrlr"
VARIABLES_201 = (
    ("Enabled", None),
    ("Available", None),
    ("ProfileStackLevel", None),
    ("RateUnit", None),
    ("PeriodsPerSchedule", None),
    ("Entries", "ChargingProfiles"),
    ("Phases3to1", None),
)
YES = ("true", "1", "yes")


@dataclass(frozen=True)
class Abilities:
    """As the station told; None: it did not say. `heard`: its own words, by name."""

    units: tuple[Unit, ...] = ()
    max_stack: int | None = None
    max_periods: int | None = None
    max_profiles: int | None = None
    switches_phases: bool | None = None
    smart: bool | None = None
    heard: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    """One way to say a limit. `timed`: it ends by itself, and what lies under it holds again."""

    unit: Unit
    purpose: str
    kind: Literal["Absolute", "Relative"]
    timed: bool

    @property
    def name(self) -> str:
        """For tables: A TxProfile Absolute timed."""
        return f"{self.unit} {self.purpose} {self.kind} {'timed' if self.timed else 'lasting'}"


def question(version: str) -> tuple[str, dict[str, Any]]:
    """The call that asks for all of it."""
    if version == "1.6":
        return "GetConfiguration", {"key": list(KEYS_16)}
    asked = [
        {
            "component": {"name": COMPONENT_201},
            "variable": {"name": name} | ({"instance": instance} if instance else {}),
        }
        for name, instance in VARIABLES_201
    ]
    return "GetVariables", {"getVariableData": asked}


def heard(version: str, answer: Mapping[str, Any]) -> Abilities:
    """What the answer says. What cannot be read counts as not said."""
    words = _words_16(answer) if version == "1.6" else _words_201(answer)
    names = _NAMES[version]
    profiles = words.get("SupportedFeatureProfiles")
    smart = "smartcharging" in profiles.lower().replace(" ", "") if profiles else _flag(words.get("Enabled"))
    return Abilities(
        units=_units(words.get(names["units"], "")),
        max_stack=_number(words.get(names["stack"])),
        max_periods=_number(words.get(names["periods"])),
        max_profiles=_number(words.get(names["profiles"])),
        switches_phases=_flag(words.get(names["phases"])),
        smart=smart,
        heard=words,
    )


def ladder(
    version: str, abilities: Abilities, *, transaction: bool, base: bool, alone: bool, prefer: Unit = "A"
) -> Iterator[Shape]:
    """Ways to limit an EVSE, the best first. `base`: a safe default lies under what is timed; `transaction`: one runs
    and its id is known; `alone`: the station has this EVSE only, so that its limit as a whole will do.
    """
    purposes = ([TX] if transaction else []) + [DEFAULT]
    units: list[Unit] = [prefer, "W" if prefer == "A" else "A"]
    units.sort(key=lambda unit: bool(abilities.units) and unit not in abilities.units)
    for timed in (True, False):
        for kind in ("Absolute", "Relative"):
            for purpose in purposes:
                over_base = purpose == TX or abilities.max_stack is None or abilities.max_stack > 0
                if timed and not (base and over_base):
                    continue
                yield from (Shape(unit, purpose, kind, timed) for unit in units)
    if alone:
        yield from (Shape(unit, WHOLE[version], "Absolute", timed=False) for unit in units)


def first(shapes: Iterator[Shape], refused: Collection[str]) -> Shape | None:
    """The best that was not refused; None: it cannot be limited."""
    return next((shape for shape in shapes if shape.name not in refused), None)


def _words_16(answer: Mapping[str, Any]) -> dict[str, str]:
    rows = answer.get("configurationKey") or []
    return {str(row["key"]): str(row["value"]) for row in rows if row.get("value") is not None}


def _words_201(answer: Mapping[str, Any]) -> dict[str, str]:
    rows = answer.get("getVariableResult") or []
    good = [row for row in rows if row.get("attributeStatus") == "Accepted" and row.get("attributeValue") is not None]
    return {str(row["variable"]["name"]): str(row["attributeValue"]) for row in good}


_NAMES: Mapping[str, Mapping[str, str]] = {
    "1.6": {
        "units": "ChargingScheduleAllowedChargingRateUnit",
        "stack": "ChargeProfileMaxStackLevel",
        "periods": "ChargingScheduleMaxPeriods",
        "profiles": "MaxChargingProfilesInstalled",
        "phases": "ConnectorSwitch3to1PhaseSupported",
    },
    "2.0.1": {
        "units": "RateUnit",
        "stack": "ProfileStackLevel",
        "periods": "PeriodsPerSchedule",
        "profiles": "Entries",
        "phases": "Phases3to1",
    },
}
_UNIT_WORDS: Mapping[str, Unit] = {"a": "A", "current": "A", "amperes": "A", "w": "W", "power": "W", "watts": "W"}


def _units(text: str) -> tuple[Unit, ...]:
    """Current,Power of 1.6 and A,W of 2.0.1, whatever the spelling."""
    words = [_UNIT_WORDS.get(word.strip().lower()) for word in text.split(",")]
    return tuple(dict.fromkeys(word for word in words if word is not None))


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return min(int(text), 2**31 - 1) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.strip().lower() in YES
