"""Refusals of maintenance, by name."""

from saas.kit.errors import Refused


class Resolved(Refused):
    """This alert is over already."""

    code = "alert_resolved"


class WrongStep(Refused):
    """The work order is at another step: look again."""

    code = "work_order_wrong_step"


class NotYours(Refused):
    """This step belongs to the technician to whom the job was given."""

    code = "work_order_not_yours"
    status = 403


class OrderedAlready(Refused):
    """There is an open work order for this already."""

    code = "work_order_exists"


class NoTechnician(Refused):
    """This person may not do work orders."""

    code = "no_technician"
    status = 422


class OutcomeMissing(Refused):
    """Say what was wrong: a verdict, and a cause where something was repaired."""

    code = "work_order_outcome_missing"
    status = 422


class NoPhoto(Refused):
    """This is not a photo: JPEG, PNG or WebP."""

    code = "no_photo"
    status = 422


class PhotoTooLarge(Refused):
    """This photo is too large."""

    code = "photo_too_large"
    status = 413


class TooManyPhotos(Refused):
    """This work order has as many photos as it may have. Remove one first."""

    code = "too_many_photos"


class PhotoOfAnother(Refused):
    """Only who added a photo removes it."""

    code = "photo_of_another"
    status = 403


class StillDown(Refused):
    """The charger still reports that it is out of order. Give the job back, or wait until the fault is cleared."""

    code = "work_order_still_down"
    retry = True


class PeriodEmpty(Refused):
    """The end must lie after the beginning, and in the future."""

    code = "period_empty"
    status = 422


class ReasonMissing(Refused):
    """Say why."""

    code = "reason_missing"
    status = 422


class OutagesOverlap(Refused):
    """At this time there is another outage of the same charger."""

    code = "outages_overlap"


class CodeKnown(Refused):
    """There is a row for this vendor and code already."""

    code = "vendor_code_known"
