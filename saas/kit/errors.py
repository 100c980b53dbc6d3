"""Refusals by name: each border maps them once (RFC 9457 problem, page message, OCPP code, nack)."""


class Refused(Exception):
    """A rule of the product says no. Subclasses sit beside the action that raises them.

    `code` is stable and for programs, the message is for people and says what to do, `retry` says whether the same
    call may succeed later, `status` is what HTTP borders answer.
    """

    code = "refused"
    status = 409
    retry = False

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message or (self.__doc__ or self.code).strip().splitlines()[0])
        self.details = details


class NotFound(Refused):
    """There is no such thing here, or it is not yours to see."""

    code = "not_found"
    status = 404


class Forbidden(Refused):
    """Your role does not allow this."""

    code = "forbidden"
    status = 403


class Invalid(Refused):
    """The input does not fit. `details` names each field with what is wrong."""

    code = "invalid"
    status = 422
