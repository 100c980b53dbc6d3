"""What a station may say before it is accepted: boot, and whatever we asked it for.

OCPP 1.6 section 4.2, 2.0.1 B02 and B03: a Pending station says nothing of its own accord, but answers our calls, and
sends what they make it send (a triggered message, the report that was asked for, the progress of a download). Any other
message of a station that is not accepted is refused with SecurityError.
"""

from collections.abc import Mapping
from typing import Any

ALWAYS = frozenset({"BootNotification"})
# Our call: what it makes a station send.
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "CustomerInformation": ("NotifyCustomerInformation",),
    "GetBaseReport": ("NotifyReport",),
    "GetChargingProfiles": ("ReportChargingProfiles",),
    "GetDiagnostics": ("DiagnosticsStatusNotification",),
    "GetDisplayMessages": ("NotifyDisplayMessages",),
    "GetLog": ("LogStatusNotification",),
    "GetMonitoringReport": ("NotifyMonitoringReport",),
    "GetReport": ("NotifyReport",),
    "PublishFirmware": ("PublishFirmwareStatusNotification",),
    "SignedUpdateFirmware": ("SignedFirmwareStatusNotification",),
    "UpdateFirmware": ("FirmwareStatusNotification",),
}
TRIGGERS = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})
# Words of `requestedMessage` that are no action.
MEANT: Mapping[str, str] = {
    "SignChargePointCertificate": "SignCertificate",
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
}


class Registration:
    """Of one connection. `accepted`: known from before, or by the answer to BootNotification."""

    def __init__(self, *, accepted: bool) -> None:
        self.accepted = accepted
        self._invited: set[str] = set()

    def asked(self, action: str, payload: Mapping[str, Any]) -> None:
        """We are about to make this call."""
        self._invited.update(FOLLOWS.get(action, ()))
        if action in TRIGGERS:
            wanted = str(payload.get("requestedMessage", ""))
            self._invited.add(MEANT.get(wanted, wanted))

    def allows(self, action: str) -> bool:
        """May the station say this now?"""
        return self.accepted or action in ALWAYS or action in self._invited
