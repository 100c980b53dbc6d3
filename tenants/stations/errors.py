"""What stations and commands to them are refused for."""

from saas.kit.errors import Invalid, NotFound, Refused


class AcceptedAlready(Refused):
    """This station was accepted already."""

    code = "accepted_already"


class UnknownAction(NotFound):
    """OCPP knows no such call to a station. `actions` are those there are."""

    code = "unknown_action"


class BrokenPayload(Invalid):
    """The payload breaks OCPP's schema of the action: `path` says where, `rule` which rule."""

    code = "broken_payload"


class StationOffline(Refused):
    """The station is not connected."""

    code = "station_offline"
    retry = True


class UploadedAlready(Refused):
    """A file was put at this address already."""

    code = "uploaded_already"


class FileTooLarge(Refused):
    """The file is too large."""

    code = "too_large"
    status = 413


class UnexpectedMessage(Refused):
    """A station does not say this, or not here."""

    code = "unexpected_message"
