"""Why something is not done with an adapter."""

from saas.kit.errors import Refused


class StillNeeded(Refused):
    """This device serves a charger that has bookings to come, or charges now. Cancel them first."""

    code = "device_still_needed"


class ShutOut(Refused):
    """This device is shut out. Let it in again first."""

    code = "device_shut_out"


class NotAnAdapter(Refused):
    """This is a station of its own kind: it is accepted and refused on its own page, not claimed or released."""

    code = "not_an_adapter"
