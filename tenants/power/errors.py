"""Refusals of smart charging, by name."""

from saas.kit.errors import Refused


class NoLimit(Refused):
    """A circuit needs a limit in ampere per line, in watts, or both."""

    code = "circuit_without_limit"
    status = 422


class WrongParent(Refused):
    """The circuit above must be another one, at the same site, and not below this one."""

    code = "circuit_wrong_parent"
    status = 422


class FallbacksTooHigh(Refused):
    """What stations take that hear nothing from us would be more than this circuit's limit."""

    code = "fallbacks_too_high"
    status = 409


class OtherSite(Refused):
    """This EVSE stands at another site than the circuit."""

    code = "evse_at_other_site"
    status = 422


class StillUsed(Refused):
    """Circuits hang below this one. Move or remove them first."""

    code = "circuit_still_used"


class PricesOverlap(Refused):
    """Two prices of the series are for the same time."""

    code = "prices_overlap"
    status = 422


class NameTaken(Refused):
    """There is a price series of this name already."""

    code = "name_taken"


class NeedOver(Refused):
    """This session is over, or its departure lies in the past."""

    code = "need_over"
