"""What to do about a fault: the first steps from afar, the work on site, and what to bring. Pure tables of codes.

The texts of the codes are the reader's (`tenants/maintenance/words.py`, in each language). Order counts: the first step
comes first. Where somebody could touch live parts, the first step is never a restart.
"""

from collections.abc import Mapping
from typing import NamedTuple

from . import faults
from .faults import OTHER

WARNING = "warning:"  # before the code of an error of a connector that works


class Advice(NamedTuple):
    """`first`: by the operator, from afar. `on_site`: by a technician; empty where nobody need drive there."""

    first: tuple[str, ...]
    on_site: tuple[str, ...] = ()
    bring: tuple[str, ...] = ()


# By ChargeX code.
BY_MREC: Mapping[str, Advice] = {
    "CX001": Advice(("unlock", "restart"), ("lock",), ("lock_motor",)),
    "CX002": Advice(("keep_off", "ask_breaker"), ("insulation", "residual_current"), ("insulation_tester", "ppe")),
    "CX003": Advice(("lower_power", "logs"), ("cooling",), ("filters", "thermal_camera")),
    "CX004": Advice(("keep_off", "ask_breaker"), ("terminals", "load"), ("clamp_meter", "fuses")),
    "CX005": Advice(("keep_off", "one_vehicle"), ("voltage", "power_stage"), ("multimeter", "ppe")),
    "CX006": Advice(("power_cut", "lower_power"), ("voltage",), ("multimeter",)),
    "CX007": Advice(("network", "wait"), ("antenna",), ("sim",)),
    "CX008": Advice(("call_site", "estop_first"), ("emergency_stop",), ("keys",)),
    "CX009": Advice(("access", "replug"), ("reader",), ("reader",)),
    "CX010": Advice(("replug", "one_vehicle"), ("pilot",), ("vehicle_simulator",)),
    "CX011": Advice(("keep_off", "replug"), ("cable", "insulation"), ("insulation_tester", "cable", "ppe")),
    "CX012": Advice(("restart", "one_vehicle"), ("power_stage",), ("multimeter", "power_module")),
    "CX013": Advice(("network", "power_cut"), ("supply", "antenna"), ("sim",)),
    "CX014": Advice(("replug", "one_vehicle"), ("pilot", "cable"), ("vehicle_simulator", "cable")),
    "CX015": Advice(("power_cut", "ask_breaker"), ("supply",), ("multimeter", "fuses")),
    "CX016": Advice(("one_vehicle", "replug"), ("pilot",), ("vehicle_simulator",)),
    "CX017": Advice(("keep_off", "logs"), ("contactor",), ("contactor", "multimeter", "ppe")),
    "CX018": Advice(("lower_power", "logs"), ("plug", "coolant"), ("thermal_camera", "coolant")),
    "CX019": Advice(("keep_off", "call_site"), ("plug", "coolant"), ("thermal_camera", "cable")),
    "CX020": Advice(("replug", "one_vehicle"), ("plug",), ("cable",)),
    "CX021": Advice(("one_vehicle", "replug"), ("insulation",), ("insulation_tester",)),
    "CX022": Advice(("keep_off", "one_vehicle"), ("insulation", "cable"), ("insulation_tester", "cable", "ppe")),
    "CX023": Advice(("replug", "one_vehicle"), ("proximity",), ("vehicle_simulator", "cable")),
    "CX024": Advice(("keep_off", "call_site"), ("contactor", "insulation"), ("multimeter", "contactor", "ppe")),
    "CX025": Advice(("keep_off", "call_site"), ("latch",), ("latch", "cable")),
    "CX026": Advice(("keep_off", "call_site", "evidence"), ("cut_cable",), ("cable", "ppe")),
    OTHER: Advice(("logs", "restart"), ("look_over", "controller"), ("multimeter", "laptop")),
}

_METER = Advice(("keep_unsold", "restart"), ("meter",), ("meter",))
_READER = Advice(("access", "restart"), ("reader",), ("reader",))
_CASE = Advice(("keep_off", "call_site", "evidence"), ("case",), ("ppe", "keys"))
_LOGIN = Advice(("security",), ("case",), ("laptop",))
_CERTIFICATE = Advice(("certificate", "security"), ("controller",), ("laptop",))
_FIRMWARE = Advice(("firmware", "logs"), ("controller",), ("laptop",))
_LIMIT = Advice(("circuit", "restart"), ("load", "controller"), ("clamp_meter", "laptop"))

# By the device's own word, where it says more than OtherError does.
BY_CODE: Mapping[str, Advice] = {
    "InternalError": Advice(("restart", "logs"), ("controller",), ("laptop",)),
    "LocalListConflict": Advice(("list_again",)),
    "PowerMeterFailure": _METER,
    "FiscalMetering": _METER,
    "ControlMetering": _METER,
    "meter_failure": _METER,
    "unmetered_energy": Advice(("keep_off", "logs"), ("contactor", "meter"), ("contactor", "meter", "ppe")),
    "ReaderFailure": _READER,
    "TokenReader": _READER,
    "PaymentCtrlr": _READER,
    "ResetFailure": Advice(("wait", "power_cycle"), ("controller",), ("laptop",)),
    "Unavailable": Advice(("back_in_use",), ("look_over",)),
    "AccessBarrier": Advice(("call_site",), ("case",), ("keys",)),
    "VehicleIdSensor": Advice(("restart",), ("look_over",), ("laptop",)),
    "ConnectorHolsterSensor": Advice(("call_site",), ("look_over",)),
    "ShockSensor": _CASE,
    "TiltSensor": _CASE,
    "tamper": _CASE,
    "TamperDetectionActivated": _CASE,
    "FailedToAuthenticateAtCsms": _CERTIFICATE,
    "CsmsFailedToAuthenticate": _CERTIFICATE,
    "InvalidCsmsCertificate": _CERTIFICATE,
    "InvalidChargingStationCertificate": _CERTIFICATE,
    "InvalidTLSVersion": _CERTIFICATE,
    "InvalidTLSCipherSuite": _CERTIFICATE,
    "SecurityLogWasCleared": _LOGIN,
    "AttemptedReplayAttacks": _LOGIN,
    "MaintenanceLoginFailed": _LOGIN,
    "InvalidMessages": Advice(("logs", "firmware")),
    "MemoryExhaustion": Advice(("restart", "firmware"), ("controller",), ("laptop",)),
    "InvalidFirmwareSignature": _FIRMWARE,
    "InvalidFirmwareSigningCertificate": _FIRMWARE,
    "firmware_failed": _FIRMWARE,
    "site_offline": Advice(("power_cut", "network"), ("supply", "antenna"), ("sim",)),
    "heartbeat_missing": Advice(("restart", "network"), ("antenna", "controller"), ("sim", "laptop")),
    "refused_starts": _READER,
    "refused_by_device": Advice(("restart", "logs"), ("look_over", "controller"), ("laptop",)),
    "power_ignores": _LIMIT,
    "power_stopped": _LIMIT,
    "power_over_limit": Advice(("circuit", "lower_power"), ("load",), ("clamp_meter",)),
    "power_no_room": Advice(("circuit",)),
    "power_no_answer": Advice(("network", "circuit"), ("antenna",), ("sim",)),
    "power_unlimitable": Advice(("circuit", "firmware"), ("controller",), ("laptop",)),
}


def advice_for(code: str, mrec: str) -> Advice:
    """What to do about a device's word and the ChargeX code that it means; there is always something.

    `code` as an alert has it: `TokenReader.Problem.2` and `warning:ReaderFailure` are about `TokenReader`,
    `ReaderFailure`. Our own words come first, then the ChargeX code, which says more than OtherError.
    """
    word = word_of(code)
    own = BY_CODE.get(word)
    if own is not None and (mrec == OTHER or word in faults.PLATFORM):
        return own
    return BY_MREC.get(mrec, BY_MREC[OTHER])


def word_of(code: str) -> str:
    """The word that a code is known by: without what stands before it, and without variable and instance."""
    bare = code.removeprefix(WARNING)
    return bare.partition(".")[0] if ":" not in bare else bare
