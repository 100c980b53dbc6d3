"""What follows from an answer, and from what a station tells: one table each, by OCPP action."""

from collections.abc import Callable, Mapping

from . import certificates, charging, configuration, files, local_list, reservations, talk
from .base import Done, Json, Said, moment, note, storable

# After a CALLRESULT. What is not here has no effect beyond its answer; its own messages tell the rest.
ANSWERED: Mapping[str, Callable[[Done], None]] = {
    "CancelReservation": reservations.cancelled,
    "CertificateSigned": certificates.delivered,
    "ChangeAvailability": talk.availability,
    "ChangeConfiguration": configuration.changed_key,
    "ClearChargingProfile": charging.profile_cleared,
    "ClearDisplayMessage": talk.message_cleared,
    "ClearVariableMonitoring": talk.monitors_cleared,
    "DeleteCertificate": certificates.deleted,
    "GetCompositeSchedule": charging.composite,
    "GetConfiguration": configuration.got_keys,
    "GetDiagnostics": files.asked,
    "GetInstalledCertificateIds": certificates.listed,
    "GetLocalListVersion": local_list.version,
    "GetLog": files.asked,
    "GetVariables": configuration.got_variables,
    "InstallCertificate": certificates.installed,
    "PublishFirmware": files.asked,
    "RemoteStartTransaction": charging.started_with,
    "RequestStartTransaction": charging.started_with,
    "ReserveNow": reservations.made,
    "SendLocalList": local_list.sent,
    "SetChargingProfile": charging.profile_set,
    "SetDisplayMessage": talk.message_set,
    "SetNetworkProfile": talk.network_profile,
    "SetVariableMonitoring": talk.monitors_set,
    "SetVariables": configuration.set_variables,
    "SignedUpdateFirmware": files.asked,
    "UnpublishFirmware": files.unpublished,
    "UpdateFirmware": files.asked,
}


def _noted(answer: Json) -> Callable[[Said], Json]:
    """Keep the message; the answer never changes."""

    def handle(said: Said) -> Json:
        note(said)
        return dict(answer)

    return handle


# After a CALL of a station: what it is answered.
TOLD: Mapping[str, Callable[[Said], Json]] = {
    "ClearedChargingLimit": charging.unlimited,
    "DataTransfer": talk.vendor_data,
    "DiagnosticsStatusNotification": files.told,
    "FirmwareStatusNotification": files.told,
    "Get15118EVCertificate": _noted({"status": "Failed", "exiResponse": ""}),  # no provider of contracts is known here
    "GetCertificateStatus": _noted({"status": "Failed"}),  # unless the issuer's responder answers: see edge.answers
    "LogStatusNotification": files.told,
    "NotifyChargingLimit": charging.limited,
    "NotifyCustomerInformation": talk.customer_told,
    "NotifyDisplayMessages": talk.messages_reported,
    "NotifyEVChargingNeeds": charging.needs,
    "NotifyEVChargingSchedule": charging.vehicle_schedule,
    "NotifyEvent": configuration.event,
    "NotifyMonitoringReport": talk.monitors_reported,
    "NotifyReport": configuration.report,
    "PublishFirmwareStatusNotification": files.told,
    "ReportChargingProfiles": charging.profiles_reported,
    "ReservationStatusUpdate": reservations.updated,
    "SecurityEventNotification": talk.security_event,
    "SignCertificate": certificates.requested,
    "SignedFirmwareStatusNotification": files.told,
}

__all__ = ["ANSWERED", "TOLD", "Done", "Json", "Said", "moment", "storable"]
