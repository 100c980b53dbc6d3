"""When an EVSE could not serve, and every status that it had."""

from django.db import models

from saas.kit.models import Public


class StatusChange(models.Model):
    """An EVSE got another status. Rows are only ever added; UNKNOWN while its device is away."""

    id = models.BigAutoField(primary_key=True)
    evse = models.ForeignKey("sites.Evse", on_delete=models.CASCADE, related_name="+")
    device_id = models.CharField(max_length=40)
    device_evse = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12)
    at = models.DateTimeField(help_text="By the device's clock")
    learned_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["evse", "-id"]), models.Index(fields=["learned_at", "id"])]


class Outage(Public):
    """An EVSE was down in [began_at, ended_at). Outages of one EVSE do not overlap: another origin, another outage.

    `guessed_*` is what the machine thought first; it stays when a person corrects it.
    """

    class Origin(models.TextChoices):
        FAULT = "fault"  # it reports a fault
        UNAVAILABLE = "unavailable"  # switched off, by us or by itself
        OFFLINE = "offline"  # its device is away

    evse = models.ForeignKey("sites.Evse", on_delete=models.PROTECT, related_name="outages")
    device_id = models.CharField(max_length=40)
    device_evse = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=12, choices=Origin)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=10)
    mrec = models.CharField(max_length=12)
    broken = models.BooleanField()
    planned = models.BooleanField(default=False)
    exclusion = models.CharField(max_length=24, blank=True, help_text="Empty: it counts against uptime")
    guessed_cause = models.CharField(max_length=10)
    guessed_mrec = models.CharField(max_length=12)
    guessed_exclusion = models.CharField(max_length=24, blank=True)
    withdrawn = models.BooleanField(default=False, help_text="There was none, a person says")
    confirmed_at = models.DateTimeField(null=True, help_text="A person has looked at cause and exclusion")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["evse"], condition=models.Q(ended_at=None, withdrawn=False), name="outage_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("began_at")),
                name="outage_ends_after_it_began",
            ),
        ]
        indexes = [models.Index(fields=["changed_at", "id"]), models.Index(fields=["evse", "-began_at"])]


class OutageEdit(models.Model):
    """A person corrected an outage, and why. Rows are only ever added."""

    outage = models.ForeignKey(Outage, on_delete=models.CASCADE, related_name="edits")
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500)
    changes = models.JSONField(help_text="By field, [before, after]")
    at = models.DateTimeField()
