"""What people read of a fault: its title in plain words, and what to do about it. Tables by code."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from saas.contracts import faults
from saas.contracts.advice import WARNING, advice_for, word_of

from .models import Alert

Words = dict[str, Promise]
NAMELESS = _("Fault without a name")
_METER, _READER = _("Energy meter fails"), _("Card reader fails")
_TALK, _UNSAFE = _("Charger and vehicle do not understand each other"), _("Connection is not safe enough")
_SIGNED, _OPENED = _("Firmware with a wrong signature was refused"), _("Case opened")

# Where the word itself says more than the ChargeX code that it means.
CODES: Words = {
    "over_current": _("Too much current"),
    "over_temperature": _("Too hot"),
    "stuck_relay": _("Contactor does not open or close"),
    "meter_failure": _("Meter silent or frozen"),
    "brown_out": _("Supply voltage too low"),
    "tamper": _OPENED,
    "unmetered_energy": _("Energy without a session"),
    "reported": NAMELESS,
    "offline": _("Not connected"),
    "site_offline": _("Many chargers of the site are not connected"),
    "heartbeat_missing": _("Connected, but silent"),
    "refused_starts": _("Starts refused in a row"),
    "refused_by_device": _("The charger refuses to start"),
    "power_ignores": _("Draws more than its limit"),
    "power_stopped": _("Stopped: it drew more than its limit"),
    "power_over_limit": _("A circuit carries more than its limit"),
    "power_no_room": _("The limit cannot be kept"),
    "power_no_answer": _("Does not confirm its limit"),
    "power_unlimitable": _("Cannot be limited"),
    "firmware_failed": _("Update of the firmware failed"),
    "derating": _("Warm: offers less power"),
    "EVCommunicationError": _TALK,
    "ConnectedEV": _TALK,
    "ISO15118Ctrlr": _TALK,
    "CHAdeMOCtrlr": _TALK,
    "InternalError": _("Internal fault of the charger"),
    "LocalListConflict": _("The charger's list of cards does not match"),
    "PowerMeterFailure": _METER,
    "FiscalMetering": _METER,
    "ControlMetering": _METER,
    "ReaderFailure": _READER,
    "TokenReader": _READER,
    "PaymentCtrlr": _("Payment terminal fails"),
    "ResetFailure": _("Restart failed"),
    "Unavailable": _("Out of service"),
    "ConnectorHolsterSensor": _("Plug is not in its holder"),
    "ShockSensor": _("Charger was hit"),
    "TiltSensor": _("Charger stands crooked"),
    "AccessBarrier": _("Barrier does not work"),
    "VehicleIdSensor": _("Vehicle is not recognised"),
    "FailedToAuthenticateAtCsms": _("Charger could not log in to the platform"),
    "CsmsFailedToAuthenticate": _("Charger did not recognise the platform"),
    "SecurityLogWasCleared": _("Security log was cleared"),
    "MemoryExhaustion": _("Charger is out of memory"),
    "InvalidMessages": _("Charger got messages that it cannot read"),
    "AttemptedReplayAttacks": _("Somebody repeats old messages to the charger"),
    "TamperDetectionActivated": _OPENED,
    "InvalidFirmwareSignature": _SIGNED,
    "InvalidFirmwareSigningCertificate": _SIGNED,
    "InvalidCsmsCertificate": _("The platform's certificate was refused"),
    "InvalidChargingStationCertificate": _("The charger's certificate was refused"),
    "InvalidTLSVersion": _UNSAFE,
    "InvalidTLSCipherSuite": _UNSAFE,
    "MaintenanceLoginFailed": _("Log-in on site failed"),
}
TITLES: Words = {
    "CX001": _("Plug cannot be locked or unlocked"),
    "CX002": _("Earth-fault protection has tripped"),
    "CX003": _("Too hot inside: less power"),
    "CX004": _("Over-current protection has tripped"),
    "CX005": _("Voltage to the vehicle too high"),
    "CX006": _("Supply voltage too low"),
    "CX007": _("Weak mobile signal"),
    "CX008": _("Emergency stop pressed"),
    "CX009": _("Plugged in, but not authorised in time"),
    "CX010": _("Vehicle is not ready to charge"),
    "CX011": _("Check of the cable failed"),
    "CX012": _("Charger did not reach its starting voltage"),
    "CX013": _("No connection to the internet"),
    "CX014": _("Signal between charger and vehicle is disturbed"),
    "CX015": _("No power from the grid"),
    "CX016": _("The vehicle's contactor does not open or close"),
    "CX017": _("Contactor does not open or close"),
    "CX018": _("Cable or plug hot: less power"),
    "CX019": _("Cable or plug too hot: charging stopped"),
    "CX020": _("Plug not fully inserted"),
    "CX021": _("Insulation monitor: capacitance too high"),
    "CX022": _("Insulation fault while charging"),
    "CX023": _("Plug is not detected properly"),
    "CX024": _("Voltage on the plug while nothing charges"),
    "CX025": _("Latch of the plug is broken"),
    "CX026": _("Cable was cut off"),
    faults.OTHER: NAMELESS,
}
FIRST: Words = {
    "unlock": _("Unlock the connector from here once."),
    "restart": _("Restart it from here, and look whether the fault is gone afterwards."),
    "keep_off": _("Take it out of use from here. Do not restart it: somebody must look at it first."),
    "keep_unsold": _("Take it out of use until the meter counts again: what it delivers cannot be billed."),
    "ask_breaker": _("Ask on site whether breaker and earth-fault switch are on; switch them on once only."),
    "lower_power": _("Lower its power limit until somebody has been there."),
    "logs": _("Read its raw messages before and after the fault, and fetch its diagnostics."),
    "one_vehicle": _("Look at its sessions: if it fails with one vehicle only, it is the vehicle."),
    "power_cut": _("Ask the site or the grid operator whether there is a power cut."),
    "network": _("See whether its neighbours are connected; ask the site about the router, else the SIM's provider."),
    "wait": _("Wait ten minutes: it often ends by itself."),
    "call_site": _("Ask somebody on site what they see: display, cable, plug, smoke, damage."),
    "estop_first": _("Leave it off until it is known why somebody pressed the emergency stop."),
    "access": _("See why card or payment were not accepted: card, balance, payment provider."),
    "replug": _("Ask the driver to unplug, push the plug in fully, and start again."),
    "evidence": _("Keep pictures and times for police and insurance."),
    "security": _("Read the security log of that time, and give the charger a new password."),
    "certificate": _("Look at its certificates and its clock, and renew what has run out."),
    "firmware": _("Look at the log of its update, and send the firmware again."),
    "circuit": _("Look at its circuit: limits, loads, and chargers that do not obey."),
    "list_again": _("Send the whole list of cards to the charger again."),
    "power_cycle": _("Ask on site to switch its breaker off, wait a minute, and switch it on again."),
    "back_in_use": _("If nobody works on it, set it in use again from here."),
}
ON_SITE: Words = {
    "lock": _("Clean and move the plug's lock; change its motor if it sticks."),
    "insulation": _("Switch off, then measure insulation and earth before it goes on again."),
    "residual_current": _("Test the earth-fault switch with and without a load."),
    "cooling": _("Clean filters and vents; see that every fan turns."),
    "terminals": _("Tighten the terminals; look for scorched or damaged cables."),
    "load": _("Measure the current of every line under load, and compare with its limit."),
    "voltage": _("Measure the voltage of every line, with and without load."),
    "power_stage": _("Check power modules and output fuses."),
    "antenna": _("Check antenna, SIM and network cable; measure the signal."),
    "emergency_stop": _("Make sure that all is safe, release the emergency stop, and start a test."),
    "reader": _("Test the card reader with a known card; check its cable."),
    "pilot": _("Test with a vehicle simulator: measure the control pilot and the protective earth."),
    "cable": _("Look for damage and water in cable and plug."),
    "supply": _("Check supply, main breaker and fuses."),
    "contactor": _("Switch off, then check the contactor for welded contacts, and its coil."),
    "plug": _("Check the plug's contacts for dirt and burns, and its temperature sensors."),
    "coolant": _("If the cable is liquid-cooled: check level, pump and hoses."),
    "proximity": _("Measure the proximity contact; check the switch of the latch."),
    "latch": _("Change the latch, or the plug."),
    "cut_cable": _("Switch off, make the stump safe, take pictures, and fit a new cable."),
    "look_over": _("Look the charger over, and charge something as a test."),
    "controller": _("Read the controller's log; load its firmware anew, or change it."),
    "meter": _("Check the meter's wiring and seal; change it if it does not count."),
    "case": _("Check case, lock, foundation and contact of the door; take pictures."),
}
BRING: Words = {
    "lock_motor": _("lock motor"),
    "insulation_tester": _("insulation tester"),
    "ppe": _("protective gear"),
    "filters": _("filters and a fan"),
    "thermal_camera": _("thermal camera"),
    "clamp_meter": _("clamp meter"),
    "fuses": _("fuses"),
    "multimeter": _("multimeter"),
    "sim": _("SIM and antenna"),
    "keys": _("keys"),
    "reader": _("card reader"),
    "vehicle_simulator": _("vehicle simulator"),
    "cable": _("cable with plug"),
    "power_module": _("power module"),
    "contactor": _("contactor"),
    "coolant": _("coolant"),
    "latch": _("latch"),
    "laptop": _("service laptop"),
    "meter": _("meter"),
}


class Step(NamedTuple):
    """A step, a work or a tool: its code for machines, its text for people."""

    code: str
    text: str


class Todo(NamedTuple):
    """What to do about an alert, in the reader's language."""

    first: list[Step]
    on_site: list[Step]
    bring: list[Step]


def title_of(code: str, mrec: str) -> str:
    """A fault in plain words: of the device's own word where that says more, else of what it means."""
    if code.startswith(WARNING):
        return gettext("Warning: %(what)s") % {"what": title_of(code.removeprefix(WARNING), mrec)}
    return str(CODES.get(word_of(code)) or TITLES.get(mrec, NAMELESS))


def raw_word(code: str) -> str:
    """The device's own word, to stand beside the title; empty where the word is ours."""
    bare = code.removeprefix(WARNING)
    return "" if bare in faults.PLATFORM or bare in faults.ADAPTER else bare


def todo(code: str, mrec: str) -> Todo:
    """What to do first, what to do there, and what to bring."""
    found = advice_for(code, mrec)
    return Todo(_steps(found.first, FIRST), _steps(found.on_site, ON_SITE), _steps(found.bring, BRING))


def alert_title(alert: Alert) -> str:
    return title_of(alert.code, alert.mrec)


def alert_todo(alert: Alert) -> Todo:
    return todo(alert.code, alert.mrec)


def _steps(codes: tuple[str, ...], words: Words) -> list[Step]:
    return [Step(code, str(words[code])) for code in codes]
