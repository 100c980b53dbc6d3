"""Work orders: a job at a unit, from whoever opened it to a technician and back."""

from django.db import models

from saas.kit.models import Public


class WorkOrder(Public):
    """A job. Its integer key is its number, as people say it."""

    class State(models.TextChoices):
        OPEN = "open"
        ASSIGNED = "assigned"
        ACCEPTED = "accepted"
        TRAVELLING = "travelling"
        STARTED = "started"
        DONE = "done"
        VERIFIED = "verified"
        CANCELLED = "cancelled"

    class Source(models.TextChoices):
        ALERT = "alert"
        RISK = "risk"
        HAND = "hand"

    class Verdict(models.TextChoices):
        FIXED = "fixed"
        REPLACED = "replaced"
        NO_FAULT_FOUND = "no_fault_found"
        NOT_REPRODUCED = "not_reproduced"

    title = models.CharField(max_length=120)
    text = models.TextField(blank=True, max_length=4000)
    evse = models.ForeignKey("sites.Evse", on_delete=models.PROTECT, related_name="work_orders")
    device_id = models.CharField(max_length=40)
    device_evse = models.PositiveSmallIntegerField()
    severity = models.CharField(max_length=8)
    source = models.CharField(max_length=5, choices=Source)
    alert = models.ForeignKey("maintenance.Alert", null=True, on_delete=models.SET_NULL, related_name="orders")
    risk = models.JSONField(null=True, help_text="The prediction that it was opened for, as it was then")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    assignee = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="work_orders")
    opened_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True)
    checklist = models.JSONField(default=list, help_text="[{text, done}]")
    parts = models.CharField(max_length=500, blank=True)
    verdict = models.CharField(max_length=14, choices=Verdict, blank=True)
    cause = models.CharField(max_length=10, blank=True)
    mrec = models.CharField(max_length=12, blank=True)
    found = models.TextField(blank=True, max_length=2000, help_text="What was wrong, in the technician's words")
    began_at = models.DateTimeField(help_text="When it began to be wrong, as far as known")
    started_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["state", "-id"]),
            models.Index(fields=["assignee", "state"]),
            models.Index(fields=["changed_at", "id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["alert"],
                condition=~models.Q(state__in=("verified", "cancelled")) & models.Q(alert__isnull=False),
                name="work_order_of_alert_once",
            )
        ]


class WorkOrderStep(models.Model):
    """A step of a work order, by whom and why. Rows are only ever added."""

    order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="steps")
    verb = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=2000, blank=True)
    at = models.DateTimeField()


class OrderPhoto(Public):
    """A photo of a work order; its file lies among the tenant's private files, under this row's uid."""

    order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="photos")
    added_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Bytes of the whole photo")
