"""What people read for the states and reasons of operations."""

from django.utils.translation import gettext_lazy as _

STATES = {  # state → word, tone
    "queued": (_("Waits"), ""),
    "sent": (_("Asked"), "info"),
    "working": (_("Under way"), "info"),
    "done": (_("Done"), "good"),
    "refused": (_("Refused"), "bad"),
    "failed": (_("Failed"), "bad"),
    "offline": (_("Was offline"), "warn"),
    "skipped": (_("Left out"), ""),
    "cancelled": (_("Withdrawn"), ""),
    "running": (_("Running"), "brand"),
    "paused": (_("Paused"), "warn"),
    "stopped": (_("Stopped: too many failed"), "bad"),
    "aborted": (_("Aborted"), ""),
    "due": (_("To be asked"), ""),
    "asked": (_("Asked"), "info"),
    "checked": (_("Compared"), "good"),
    "waiting": (_("Not begun"), ""),
    "soaking": (_("Resting"), "info"),
    "over": (_("Over"), "good"),
}
REASONS = {  # our own names; every other word is the device's, and shown as it is
    "offline": _("Offline"),
    "charging": _("Charging"),
    "gone": _("No longer here"),
    "busy": _("Busy"),
    "not_supported": _("This kind of device cannot do it"),
    "no_answer": _("No answer"),
    "still_charging": _("Still charging"),
    "already": _("Had it already"),
    "other_make": _("The image is for another make"),
    "no_previous_image": _("There is no image of the version before"),
    "not_signed_as_a_way_back": _("The image is not signed as a way back"),
    "not_newer": _("Runs this version or a newer one already"),
    "bad_signature": _("Does not trust the signature"),
    "no_file": _("No file came"),
    "timeout": _("Not proved in time"),
    "old_version": _("Started with the old version again"),
    "rolled_back": _("Went back to the old version by itself"),
    "update_failed": _("The device gave the update up"),
    "value_not_kept": _("Reads back another value"),
    "unknown_key": _("The station does not have this key"),
    "readonly_key": _("This key cannot be changed"),
    "not_a_station": _("Not an OCPP station"),
    "no_values": _("Nothing for its protocol"),
    "broken_payload": _("Does not fit the station's protocol"),
    "unknown_action": _("The station's protocol has no such call"),
    "answer_breaks_schema": _("The answer breaks the standard"),
}
FINDINGS = {
    "differs": (_("Differs"), "warn"),
    "readonly": (_("Differs, read-only"), "bad"),
    "unknown": (_("Key not known"), "bad"),
}
KINDS = {"site": _("Site"), "zone": _("Zone"), "cluster": _("Cluster")}


def state(name: str) -> tuple[str, str]:
    """A state's word and tone."""
    word, tone = STATES.get(name, (name, ""))
    return str(word), tone


def reason(name: str) -> str:
    """A reason in words; the device's own word as it said it."""
    return str(REASONS.get(name, name))
