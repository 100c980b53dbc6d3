"""How a tenant wants to be told: silences, escalation, its own vendor codes, thresholds; and what was told to whom."""

from django.db import models
from django.db.models.functions import Lower

from saas.contracts.faults import MAJOR
from saas.kit.models import Public


class Silence(Public):
    """A time in which nobody is told. With nothing named it is about everything."""

    evse = models.ForeignKey("sites.Evse", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey("sites.Location", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey("operations.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=80, blank=True, help_text="A device's word, or a code of ChargeX")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    planned = models.BooleanField(default=False, help_text="Maintenance: outages in it are planned and excluded")
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["ends_at"])]


class EscalationRule(Public):
    """Who is written to when an alert waits so long for somebody: everybody with the role, or one person."""

    after_minutes = models.PositiveIntegerField()
    severity = models.CharField(max_length=8, default=MAJOR, help_text="This one and worse")
    role = models.CharField(max_length=16, blank=True)
    person = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role="", person__isnull=False) | (~models.Q(role="") & models.Q(person=None)),
                name="escalation_to_somebody",
            )
        ]


class Notice(models.Model):
    """A mail about an alert or a work order: the row comes first, so that it is sent once, whatever dies."""

    to = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    alert = models.ForeignKey("maintenance.Alert", null=True, on_delete=models.CASCADE, related_name="notices")
    rule = models.ForeignKey(EscalationRule, null=True, on_delete=models.SET_NULL, related_name="+")
    opening = models.PositiveIntegerField(default=0, help_text="Which opening of the alert")
    step = models.ForeignKey("maintenance.WorkOrderStep", null=True, on_delete=models.CASCADE, related_name="notices")
    next_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["to", "alert", "rule", "opening"], name="notice_of_alert_once"),
            models.UniqueConstraint(fields=["to", "step"], name="notice_of_order_once"),
        ]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(sent_at=None), name="notice_due")]


class VendorCode(Public):
    """A vendor's error code, as this tenant knows it."""

    vendor = models.CharField(max_length=255, help_text="vendorId as its stations say it; case does not matter")
    code = models.CharField(max_length=50)
    mrec = models.CharField(max_length=12)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("vendor"), Lower("code"), name="vendor_code_once")]


class MaintenancePolicy(models.Model):
    """The tenant's thresholds; one row, made when it is first changed."""

    offline_after_s = models.PositiveIntegerField(default=300, help_text="Offline so long: an alert and an outage")
    silent_after_s = models.PositiveIntegerField(default=900, help_text="Connected, and not heard of for so long")
    reopen_minutes = models.PositiveIntegerField(default=15, help_text="Again within this: the same alert")
    flap_openings = models.PositiveSmallIntegerField(default=3, help_text="Opened so often: it flaps")
    refused_starts = models.PositiveSmallIntegerField(default=3, help_text="Refused in a row: an alert")
    storm_units = models.PositiveSmallIntegerField(default=3, help_text="So many of a site at once: one alert")
    risk_ppm = models.PositiveIntegerField(null=True, blank=True, help_text="From here a work order is opened")
    crew_per_week = models.PositiveSmallIntegerField(default=5, help_text="Work orders by prediction, at most")
    changed_at = models.DateTimeField(null=True)
