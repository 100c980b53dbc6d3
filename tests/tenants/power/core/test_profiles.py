"""Limits in OCPP's words, and back; which ways are tried, and what a station says of itself."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.power.core.abilities import Abilities, Shape, first, heard, ladder, question
from tenants.power.core.profiles import Place, Running, Term, holds_ma, limit, read_back, safe_default
from tenants.stations import protocol

pytestmark = pytest.mark.req("CHG-07")
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
OCPP = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1"}
RUNNING = Running("4711", NOW - timedelta(minutes=10))


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("transaction", [True, False])
def test_every_rung_makes_a_lawful_call(version: str, transaction: bool) -> None:
    shapes = list(ladder(version, Abilities(), transaction=transaction, base=True, alone=True))
    assert len(shapes) == (16 if transaction else 8) + 2
    place = Place(version, 2)
    for shape in shapes:
        term = Term(NOW, NOW + timedelta(minutes=5), RUNNING if transaction else None)
        protocol.check(OCPP[version], *limit(place, shape, 16_700, term))
    for unit in ("A", "W"):
        protocol.check(OCPP[version], *safe_default(place, unit, 6_000))  # type: ignore[arg-type]
        protocol.check(OCPP[version], *read_back(place, unit))  # type: ignore[arg-type]
    protocol.check(OCPP[version], *question(version))


@given(st.integers(0, 500_000), st.sampled_from(["A", "W"]), st.integers(1, 3), st.integers(100_000, 480_000))
def test_a_limit_never_says_more_than_it_was_meant_to(current_ma: int, unit: str, phases: int, voltage_mv: int) -> None:
    place = Place("1.6", 1, voltage_mv, phases)
    said = place.limit(current_ma, unit)  # type: ignore[arg-type]
    back = place.current_ma(said, unit)
    assert back is not None and current_ma - 101 <= back <= current_ma + 1
    assert Decimal(str(said)) % Decimal("0.1") == 0


def test_a_raise_for_a_transaction_ends_by_itself() -> None:
    shape = Shape("A", "TxProfile", "Absolute", timed=True)
    action, payload = limit(Place("1.6", 1), shape, 16_000, Term(NOW, NOW + timedelta(seconds=300), RUNNING))
    assert (action, payload["connectorId"]) == ("SetChargingProfile", 1)
    profile = payload["csChargingProfiles"]
    assert profile["transactionId"] == 4711 and "validTo" not in profile
    assert profile["chargingSchedule"] == {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        "startSchedule": "2026-11-20T08:00:00Z",
        "duration": 300,
    }


def test_a_relative_schedule_counts_from_the_start_of_charging() -> None:
    shape = Shape("A", "TxProfile", "Relative", timed=True)
    _, payload = limit(Place("2.0.1", 1), shape, 16_000, Term(NOW, NOW + timedelta(seconds=300), RUNNING))
    assert payload["chargingProfile"]["chargingSchedule"][0]["duration"] == 900
    assert payload["chargingProfile"]["transactionId"] == "4711"


def test_what_is_timed_lies_over_the_safe_default_and_does_not_replace_it() -> None:
    place = Place("1.6", 3)
    _, default = safe_default(place, "A", 6_000)
    _, hold = limit(place, Shape("A", "TxDefaultProfile", "Absolute", timed=True), 0, Term(NOW, NOW))
    under, over = default["csChargingProfiles"], hold["csChargingProfiles"]
    assert over["stackLevel"] > under["stackLevel"] and over["chargingProfileId"] != under["chargingProfileId"]
    assert "duration" not in under["chargingSchedule"] and "validTo" not in under and "validTo" in over


def test_the_ladder_prefers_what_the_station_named_and_goes_down_by_refusals() -> None:
    shapes = list(ladder("1.6", Abilities(units=("W",)), transaction=True, base=True, alone=False))
    assert shapes[0] == Shape("W", "TxProfile", "Absolute", timed=True)
    refused: set[str] = set()
    walked = []
    while shape := first(iter(shapes), refused):
        walked.append(shape)
        refused.add(shape.name)
    assert walked == shapes and first(iter(shapes), refused) is None
    assert not any(shape.timed for shape in ladder("1.6", Abilities(), transaction=True, base=False, alone=False))
    flat = list(ladder("1.6", Abilities(max_stack=0), transaction=True, base=True, alone=False))
    assert {shape.purpose for shape in flat if shape.timed} == {"TxProfile"}
    alone = list(ladder("2.0.1", Abilities(), transaction=False, base=False, alone=True))
    assert alone[-1].purpose == "ChargingStationMaxProfile"


def test_what_a_station_of_1_6_says_of_itself() -> None:
    answer = {
        "configurationKey": [
            {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "8"},
            {"key": "ChargingScheduleAllowedChargingRateUnit", "readonly": True, "value": "Current, Power"},
            {"key": "ChargingScheduleMaxPeriods", "readonly": True, "value": "24"},
            {"key": "MaxChargingProfilesInstalled", "readonly": True, "value": "ten"},
            {"key": "ConnectorSwitch3to1PhaseSupported", "readonly": True, "value": "True"},
            {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,SmartCharging"},
        ],
        "unknownKey": ["Anything"],
    }
    found = heard("1.6", answer)
    assert (found.units, found.max_stack, found.max_periods, found.max_profiles) == (("A", "W"), 8, 24, None)
    assert found.switches_phases is True and found.smart is True


def test_what_a_station_of_2_0_1_says_of_itself() -> None:
    def row(name: str, value: str | None, status: str = "Accepted") -> dict[str, object]:
        told = {"attributeValue": value} if value is not None else {}
        return {
            "attributeStatus": status, "component": {"name": "SmartChargingCtrlr"}, "variable": {"name": name}, **told,
        }  # fmt: skip

    rows = [
        row("RateUnit", "W"),
        row("ProfileStackLevel", "3"),
        row("Enabled", "false"),
        row("Entries", None, "Rejected"),
    ]
    found = heard("2.0.1", {"getVariableResult": rows})
    assert (found.units, found.max_stack, found.smart, found.max_profiles) == (("W",), 3, False, None)


def test_nothing_said_is_nothing_known() -> None:
    assert heard("1.6", {}) == heard("2.0.1", {}) == Abilities()


def test_what_holds_is_read_in_either_unit() -> None:
    def schedule(unit: str, *limits: float) -> dict[str, object]:
        periods = [{"startPeriod": 50 * index, "limit": value} for index, value in enumerate(limits)]
        return {"chargingRateUnit": unit, "chargingSchedulePeriod": periods}

    old, new = Place("1.6", 1), Place("2.0.1", 1)
    assert holds_ma(old, {"status": "Accepted", "chargingSchedule": schedule("A", 6, 32)}) == 32_000
    assert holds_ma(old, {"status": "Accepted", "chargingSchedule": schedule("A", 6, 6, 32)}) == 6_000
    assert holds_ma(new, {"status": "Accepted", "schedule": schedule("W", 11_040)}) == 16_000
    assert holds_ma(new, {"status": "Rejected"}) is None and holds_ma(old, {"status": "Accepted"}) is None
