"""What can be wrong with a charger, in one vocabulary: every word that a device may say → what it means. Pure tables.

`MREC` are the minimum required error codes of the ChargeX Consortium (INL, NREL, ANL: "Recommendations for Minimum
Required Error Codes for Electric Vehicle Charging Infrastructure", revision 5 of 12 September 2023: 26 codes, sent over
OCPP as vendorErrorCode `CX001` … `CX026` under vendorId `https://chargex.inl.gov`). What none of the 26 names is
`OtherError`, OCPP's own word, and the device's raw words stay beside it.

`broken` is false where the charger itself is well: an offline modem, a power cut, a vehicle, a card.
`lasting` is false for what happens at a moment and is never cleared by the device itself.
"""

from collections.abc import Mapping
from typing import NamedTuple

MREC_SOURCE = "ChargeX MREC, revision 5 (2023-09-12)"
MREC_VENDORS = ("https://chargex.inl.gov", "chargex.inl.gov")
OTHER = "OtherError"

CRITICAL, MAJOR, MINOR, INFO = "critical", "major", "minor", "info"
SEVERITIES = (CRITICAL, MAJOR, MINOR, INFO)
HARDWARE, GRID, VEHICLE, NETWORK, PAYMENT, PLANNED, VANDALISM = (
    "hardware", "grid", "vehicle", "network", "payment", "planned", "vandalism",
)  # fmt: skip
CAUSES = (HARDWARE, GRID, VEHICLE, NETWORK, PAYMENT, PLANNED, VANDALISM)


class Fault(NamedTuple):
    """What a word means. `mrec`: CX001 … CX026, or OTHER."""

    mrec: str
    severity: str
    cause: str
    broken: bool = True
    lasting: bool = True


class Mrec(NamedTuple):
    """One minimum required error code: its published name, what it says, and what it usually means here."""

    name: str
    says: str
    severity: str
    cause: str
    broken: bool = True

    def fault(self, code: str) -> Fault:
        return Fault(code, self.severity, self.cause, self.broken)


MREC: Mapping[str, Mrec] = {
    "CX001": Mrec("ConnectorLockFailure", "The connector cannot be locked or unlocked", MAJOR, HARDWARE),
    "CX002": Mrec("GroundFailure", "The ground fault interrupter has tripped", CRITICAL, HARDWARE),
    "CX003": Mrec("HighTemperature", "The charger is hot inside and delivers less power", MAJOR, HARDWARE),
    "CX004": Mrec("OverCurrentFailure", "The over-current protection has tripped", CRITICAL, HARDWARE),
    "CX005": Mrec("OverVoltage", "The voltage to the vehicle is too high", CRITICAL, HARDWARE),
    "CX006": Mrec("UnderVoltage", "The voltage to the vehicle is too low", MAJOR, GRID, broken=False),
    "CX007": Mrec("WeakSignal", "The wireless modem has a weak signal", MINOR, NETWORK, broken=False),
    "CX008": Mrec("EmergencyStop", "Somebody has pressed the emergency stop", CRITICAL, VANDALISM, broken=False),
    "CX009": Mrec("AuthorizationTimeout", "Plugged in, and not authorised in time", INFO, PAYMENT, broken=False),
    "CX010": Mrec("InvalidVehicleMode", "The vehicle is in a mode in which it cannot charge", MINOR, VEHICLE, False),
    "CX011": Mrec("CableCheckFault", "The cable check failed, isolation included", MAJOR, HARDWARE),
    "CX012": Mrec("PreChargeFailure", "The charger did not reach the voltage of pre-charge", MAJOR, HARDWARE),
    "CX013": Mrec("NoInternet", "The charger has no internet", MAJOR, NETWORK, broken=False),
    "CX014": Mrec("PilotFault", "The voltage of the control pilot is out of range", MAJOR, HARDWARE),
    "CX015": Mrec("PowerLoss", "The mains have failed: there is no power to deliver", MAJOR, GRID, broken=False),
    "CX016": Mrec("EVContactorFault", "The vehicle's contactor does not open or close", MINOR, VEHICLE, broken=False),
    "CX017": Mrec("EVSEContactorFault", "The charger's contactor does not open or close", CRITICAL, HARDWARE),
    "CX018": Mrec("CableOverTempDerate", "Cable or connector is hot: less power", MAJOR, HARDWARE),
    "CX019": Mrec("CableOverTempStop", "Cable or connector is too hot: charging stopped", CRITICAL, HARDWARE),
    "CX020": Mrec("PartialInsertion", "The connector is not fully in the vehicle's inlet", INFO, VEHICLE, broken=False),
    "CX021": Mrec("CapacitanceFault", "Isolation monitor: capacitance too high while charging", MAJOR, VEHICLE, False),
    "CX022": Mrec("ResistanceFault", "Isolation monitor: resistance too low while charging", CRITICAL, HARDWARE),
    "CX023": Mrec("ProximityFault", "The proximity voltage is out of range", MAJOR, HARDWARE),
    "CX024": Mrec("ConnectorVoltageHigh", "Voltage on the connector while nothing charges", CRITICAL, HARDWARE),
    "CX025": Mrec("BrokenLatch", "The latch of the connector is broken", MAJOR, HARDWARE),
    "CX026": Mrec("CutCable", "The cable has been cut off", CRITICAL, VANDALISM),
}

UNKNOWN = Fault(OTHER, MAJOR, HARDWARE)

# OCPP 1.6 ChargePointErrorCode, as the error of a Faulted connector. NoError means that nothing is wrong.
OCPP16: Mapping[str, Fault | None] = {
    "NoError": None,
    "ConnectorLockFailure": Fault("CX001", MAJOR, HARDWARE),
    "EVCommunicationError": Fault("CX010", MINOR, VEHICLE, broken=False),
    "GroundFailure": Fault("CX002", CRITICAL, HARDWARE),
    "HighTemperature": Fault("CX003", MAJOR, HARDWARE),
    "InternalError": Fault(OTHER, CRITICAL, HARDWARE),
    "LocalListConflict": Fault(OTHER, MINOR, PAYMENT, broken=False),
    "OtherError": UNKNOWN,
    "OverCurrentFailure": Fault("CX004", CRITICAL, HARDWARE),
    "OverVoltage": Fault("CX005", CRITICAL, HARDWARE),
    "PowerMeterFailure": Fault(OTHER, CRITICAL, HARDWARE),
    "PowerSwitchFailure": Fault("CX017", CRITICAL, HARDWARE),
    "ReaderFailure": Fault(OTHER, MAJOR, PAYMENT),
    "ResetFailure": Fault(OTHER, MAJOR, HARDWARE),
    "UnderVoltage": Fault("CX006", MAJOR, GRID, broken=False),
    "WeakSignal": Fault("CX007", MINOR, NETWORK, broken=False),
}

# Statuses that mean that nobody can charge: OCPP 1.6 ChargePointStatus, 2.0.1 ConnectorStatusEnumType.
STATUSES: Mapping[str, Fault | None] = {
    **dict.fromkeys(
        ("Available", "Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing", "Reserved", "Occupied")
    ),
    "Faulted": UNKNOWN,
    "Unavailable": Fault(OTHER, MINOR, PLANNED, broken=False),
}

# OCPP 2.0.1 SecurityEventNotification: standard types (Security whitepaper, appendix 2). None: nothing is wrong.
SECURITY: Mapping[str, Fault | None] = {
    **dict.fromkeys(
        (
            "FirmwareUpdated", "SettingSystemTime", "StartupOfTheDevice", "ResetOrReboot", "MaintenanceLoginAccepted",
            "ReconfigurationOfSecurityParameters",
        )
    ),
    "FailedToAuthenticateAtCsms": Fault(OTHER, MAJOR, NETWORK, broken=False, lasting=False),
    "CsmsFailedToAuthenticate": Fault(OTHER, CRITICAL, NETWORK, broken=False, lasting=False),
    "SecurityLogWasCleared": Fault(OTHER, MAJOR, VANDALISM, broken=False, lasting=False),
    "MemoryExhaustion": Fault(OTHER, MAJOR, HARDWARE, lasting=False),
    "InvalidMessages": Fault(OTHER, MINOR, NETWORK, broken=False, lasting=False),
    "AttemptedReplayAttacks": Fault(OTHER, CRITICAL, VANDALISM, broken=False, lasting=False),
    "TamperDetectionActivated": Fault(OTHER, CRITICAL, VANDALISM, lasting=False),
    "InvalidFirmwareSignature": Fault(OTHER, MAJOR, HARDWARE, broken=False, lasting=False),
    "InvalidFirmwareSigningCertificate": Fault(OTHER, MAJOR, HARDWARE, broken=False, lasting=False),
    "InvalidCsmsCertificate": Fault(OTHER, CRITICAL, NETWORK, broken=False, lasting=False),
    "InvalidChargingStationCertificate": Fault(OTHER, MAJOR, NETWORK, broken=False, lasting=False),
    "InvalidTLSVersion": Fault(OTHER, MAJOR, NETWORK, broken=False, lasting=False),
    "InvalidTLSCipherSuite": Fault(OTHER, MAJOR, NETWORK, broken=False, lasting=False),
    "MaintenanceLoginFailed": Fault(OTHER, MINOR, VANDALISM, broken=False, lasting=False),
}  # fmt: skip

# Why a transaction ended: OCPP 1.6 Reason and 2.0.1 ReasonEnumType. None: as it should.
STOPS: Mapping[str, Fault | None] = {
    **dict.fromkeys(
        (
            "DeAuthorized", "EnergyLimitReached", "EVDisconnected", "ImmediateReset", "Local", "LocalOutOfCredit",
            "MasterPass", "Other", "Reboot", "Remote", "SOCLimitReached", "StoppedByEV", "TimeLimitReached", "Timeout",
            "HardReset", "SoftReset", "UnlockCommand",
        )
    ),
    "EmergencyStop": MREC["CX008"].fault("CX008")._replace(lasting=False),
    "GroundFault": Fault("CX002", CRITICAL, HARDWARE, lasting=False),
    "OvercurrentFault": Fault("CX004", CRITICAL, HARDWARE, lasting=False),
    "PowerLoss": Fault("CX015", MAJOR, GRID, broken=False, lasting=False),
    "PowerQuality": Fault("CX006", MAJOR, GRID, broken=False, lasting=False),
}  # fmt: skip

# OCPP 2.0.1 NotifyEvent, part 2 appendix "Standardized components and variables": a variable that is true while
# something is wrong. (component, variable); an empty component stands for every other one.
EVENTS: Mapping[tuple[str, str], Fault] = {
    ("ConnectorPlugRetentionLock", "Problem"): Fault("CX001", MAJOR, HARDWARE),
    ("ConnectorHolsterSensor", "Problem"): Fault(OTHER, MINOR, HARDWARE),
    ("ConnectorProtectionRelease", "Problem"): Fault("CX001", MAJOR, HARDWARE),
    ("ACDisconnect", "Tripped"): Fault("CX015", MAJOR, GRID, broken=False),
    ("ElectricalFeed", "Problem"): Fault("CX015", MAJOR, GRID, broken=False),
    ("ElectricalFeed", "Tripped"): Fault("CX015", MAJOR, GRID, broken=False),
    ("UpstreamProtectionTrigger", "Tripped"): Fault("CX015", MAJOR, GRID, broken=False),
    ("DistributionPanel", "Problem"): Fault("CX015", MAJOR, GRID, broken=False),
    ("OverCurrentBreaker", "Tripped"): Fault("CX004", CRITICAL, HARDWARE),
    ("OverCurrentProtection", "Tripped"): Fault("CX004", CRITICAL, HARDWARE),
    ("OverCurrentProtectionRecloser", "Problem"): Fault("CX004", CRITICAL, HARDWARE),
    ("RCD", "Tripped"): Fault("CX002", CRITICAL, HARDWARE),
    ("GroundIsolationProtection", "Problem"): Fault("CX022", CRITICAL, HARDWARE),
    ("GroundIsolationProtection", "Tripped"): Fault("CX022", CRITICAL, HARDWARE),
    ("PowerContactor", "Problem"): Fault("CX017", CRITICAL, HARDWARE),
    ("PowerContactor", "Tripped"): Fault("CX017", CRITICAL, HARDWARE),
    ("CPPWMController", "Problem"): Fault("CX014", MAJOR, HARDWARE),
    ("CableBreakawaySensor", "Tripped"): Fault("CX026", CRITICAL, VANDALISM),
    ("EmergencyStopSensor", "Active"): MREC["CX008"].fault("CX008"),
    ("EmergencyStopSensor", "Tripped"): MREC["CX008"].fault("CX008"),
    ("TemperatureSensor", "Problem"): Fault("CX003", MAJOR, HARDWARE),
    ("LiquidCoolingSystem", "Problem"): Fault("CX018", MAJOR, HARDWARE),
    ("AirCoolingSystem", "Problem"): Fault("CX003", MAJOR, HARDWARE),
    ("FiscalMetering", "Problem"): Fault(OTHER, CRITICAL, HARDWARE),
    ("ControlMetering", "Problem"): Fault(OTHER, MAJOR, HARDWARE),
    ("ElectronicLocker", "Problem"): Fault("CX001", MAJOR, HARDWARE),
    ("TokenReader", "Problem"): Fault(OTHER, MAJOR, PAYMENT),
    ("PaymentCtrlr", "Problem"): Fault(OTHER, MAJOR, PAYMENT),
    ("ShockSensor", "Active"): Fault(OTHER, CRITICAL, VANDALISM),
    ("TiltSensor", "Problem"): Fault(OTHER, CRITICAL, VANDALISM),
    ("AccessBarrier", "Problem"): Fault(OTHER, MINOR, HARDWARE, broken=False),
    ("VehicleIdSensor", "Problem"): Fault(OTHER, MINOR, HARDWARE),
    ("ConnectedEV", "Problem"): Fault("CX010", MINOR, VEHICLE, broken=False),
    ("ISO15118Ctrlr", "Problem"): Fault("CX010", MINOR, VEHICLE, broken=False),
    ("CHAdeMOCtrlr", "Problem"): Fault("CX010", MINOR, VEHICLE, broken=False),
    ("OCPPCommCtrlr", "Problem"): Fault("CX013", MAJOR, NETWORK, broken=False),
    ("DataLink", "Problem"): Fault("CX007", MINOR, NETWORK, broken=False),
    ("Modem", "Problem"): Fault("CX007", MINOR, NETWORK, broken=False),
    ("", "Problem"): UNKNOWN,
    ("", "Tripped"): Fault(OTHER, CRITICAL, HARDWARE),
    ("", "Overload"): Fault("CX004", CRITICAL, HARDWARE),
    ("", "Fallback"): Fault(OTHER, MINOR, HARDWARE, broken=False),
}

# Our adapter: wire.FAULTS, and the fault that a device shows in its status without naming it.
ADAPTER: Mapping[str, Fault] = {
    "over_current": Fault("CX004", CRITICAL, HARDWARE),
    "over_temperature": Fault("CX003", MAJOR, HARDWARE),
    "stuck_relay": Fault("CX017", CRITICAL, HARDWARE),
    "meter_failure": Fault(OTHER, CRITICAL, HARDWARE),
    "brown_out": Fault("CX006", MAJOR, GRID, broken=False),
    "tamper": Fault(OTHER, CRITICAL, VANDALISM),
    "unmetered_energy": Fault(OTHER, CRITICAL, HARDWARE),
    "reported": UNKNOWN,
    "station_fault": UNKNOWN,
    "ocpp": UNKNOWN,
}

# What the platform itself notices.
PLATFORM: Mapping[str, Fault] = {
    "offline": Fault("CX013", MAJOR, NETWORK, broken=False),
    "site_offline": Fault("CX013", CRITICAL, NETWORK, broken=False),
    "heartbeat_missing": Fault("CX013", MAJOR, NETWORK, broken=False),
    "refused_starts": Fault(OTHER, MAJOR, PAYMENT, broken=False),
    "refused_by_device": Fault(OTHER, MAJOR, HARDWARE),
    "power_ignores": Fault(OTHER, CRITICAL, HARDWARE),
    "power_stopped": Fault(OTHER, CRITICAL, HARDWARE),
    "power_over_limit": Fault(OTHER, CRITICAL, GRID, broken=False),
    "power_no_room": Fault(OTHER, MAJOR, GRID, broken=False),
    "power_no_answer": Fault(OTHER, MAJOR, NETWORK, broken=False),
    "power_unlimitable": Fault(OTHER, MINOR, HARDWARE, broken=False),
    "firmware_failed": Fault(OTHER, MINOR, HARDWARE, broken=False, lasting=False),
    "derating": Fault("CX003", MINOR, HARDWARE, broken=False, lasting=False),
}

# (vendorId, vendorErrorCode), both in lower case → MREC. EVgo's codes: mrec.evgo.com, version 1.0.1. A tenant's own
# rows come before these (tenants/maintenance, VendorCode).
VENDORS: Mapping[tuple[str, str], str] = {
    **{(vendor, code.casefold()): code for vendor in MREC_VENDORS for code in MREC},
    ("com.evgo.mrec", "a001"): "CX020",
    ("com.evgo.mrec", "f004"): "CX025",
    ("com.evgo.mrec", "f008"): "CX024",
}


def of_vendor(vendor: str, code: str, own: Mapping[tuple[str, str], str] | None = None) -> Fault | None:
    """What a vendor's code means; None where no table knows it. `own`: the tenant's rows, keys in lower case."""
    key = (vendor.strip().casefold(), code.strip().casefold())
    mrec = (own or {}).get(key) or VENDORS.get(key) or (key[1].upper() if key[1].upper() in MREC else None)
    if mrec is not None and mrec in MREC:
        return MREC[mrec].fault(mrec)
    return UNKNOWN if mrec == OTHER else None


def of_event(component: str, variable: str) -> Fault | None:
    """What it means that this variable of OCPP 2.0.1's device model is true; None: nothing is wrong."""
    return EVENTS.get((component, variable)) or EVENTS.get(("", variable))


def of_security(kind: str) -> Fault | None:
    """A security event; one that no table knows is a minor one."""
    return SECURITY[kind] if kind in SECURITY else Fault(OTHER, MINOR, NETWORK, broken=False, lasting=False)


def name_of(mrec: str) -> str:
    """The published name of a code."""
    return MREC[mrec].name if mrec in MREC else mrec


def worse(one: str, other: str) -> str:
    """The more severe of two severities."""
    return min(one, other, key=SEVERITIES.index)
