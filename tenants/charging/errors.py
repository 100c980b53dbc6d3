"""Refusals of charging, by name."""

from saas.kit.errors import Refused


class UnknownSession(Refused):
    """This device has no such session."""

    code = "unknown_session"
    status = 404


class UnknownEvse(Refused):
    """The device has no EVSE of that number."""

    code = "unknown_evse"
    status = 404


class UnknownCommand(Refused):
    """This device was sent no such command."""

    code = "unknown_command"
    status = 404


class IncompleteEvent(Refused):
    """A start or stop without the meter's register cannot be billed."""

    code = "incomplete_event"
    status = 422


class TooEarly(Refused):
    """The booked time has not begun. Come back then."""

    code = "too_early"
    retry = True


class TimeOver(Refused):
    """The booked time is over."""

    code = "time_over"


class WrongCharger(Refused):
    """This QR code belongs to another charger than the one you booked."""

    code = "wrong_charger"


class ChargerOffline(Refused):
    """The charger is offline. Type your one-time code on the charger instead."""

    code = "charger_offline"
    retry = True


class NotRunning(Refused):
    """This session is not running."""

    code = "not_running"


class BookingNeeded(Refused):
    """This charger starts for a booking only: it keeps a permit, and there is none without one."""

    code = "booking_needed"


class HostTooLate(Refused):
    """A host may not cancel under 3 hours before the start. Ask the operator, who can for cause."""

    code = "host_too_late"


class AlreadyRunning(Refused):
    """The session runs already. Stop it instead."""

    code = "already_running"


class Unsettled(Refused):
    """Nothing was taken for this booking that could be given back."""

    code = "nothing_to_refund"
