"""Groups, and what is done to a whole group: one row an action, one row each device of it."""

from django.db import models

from saas.kit.models import Public


class Group(Public):
    """Chargers under one name. Its devices: those named, those that the location or filter picks, and its children's.

    With a location: every device there, now and later, narrowed by vendor and model. Without one, vendor or model pick
    from all devices. `*` in vendor and model stands for anything; case does not matter.
    """

    class Kind(models.TextChoices):
        SITE = "site"
        ZONE = "zone"
        CLUSTER = "cluster"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    location = models.ForeignKey("sites.Location", null=True, blank=True, on_delete=models.PROTECT)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)


class GroupDevice(models.Model):
    """A device that somebody put into the group by name."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="devices")
    device_id = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "device_id"], name="group_device_once")]


class GroupAction(Public):
    """One verb for every device that the group had when it was given. It outlives the group."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"  # no more is sent; what was sent is still answered

    group = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL, related_name="actions")
    group_name = models.CharField(max_length=80)
    verb = models.CharField(max_length=24)
    parameters = models.JSONField(default=dict)
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    concurrency = models.PositiveSmallIntegerField(help_text="At most so many wait for an answer at once")
    per_minute = models.PositiveSmallIntegerField(help_text="At most so many are sent in a minute")
    spare_charging = models.BooleanField(help_text="Devices that charge wait until they are free")
    wait_until = models.DateTimeField(help_text="Until then, devices that are offline or charge are waited for")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"])]


class GroupTask(models.Model):
    """What becomes of the action at one device."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        DONE = "done"
        REFUSED = "refused"  # the device said no; error is its word
        FAILED = "failed"  # no answer, or one that makes no sense
        OFFLINE = "offline"  # was not there for as long as it was waited for
        SKIPPED = "skipped"  # cannot do it, or charged all the time; error says which
        CANCELLED = "cancelled"

    action = models.ForeignKey(GroupAction, on_delete=models.CASCADE, related_name="tasks")
    device_id = models.CharField(max_length=40)
    name = models.CharField(max_length=80, help_text="What people call the device")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    waits_for = models.CharField(max_length=10, blank=True, help_text="Queued: offline or charging")
    error = models.CharField(max_length=60, blank=True)
    error_text = models.CharField(max_length=200, blank=True)
    answer = models.JSONField(null=True)
    command = models.CharField(max_length=45, blank=True, db_index=True, help_text="sending.Name of what was sent")
    attempts = models.PositiveSmallIntegerField(default=0)
    took_ms = models.PositiveIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "device_id"], name="group_task_once")]
        indexes = [models.Index(fields=["action", "state"])]
