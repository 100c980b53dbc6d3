"""Roll-outs of firmware or configuration, stage by stage; one row each device."""

from django.db import models

from saas.kit.models import Public


class Rollout(Public):
    """Something new for many devices, a few first. Only devices of stages up to `stage` are ever begun."""

    class Kind(models.TextChoices):
        FIRMWARE = "firmware"
        CONFIGURATION = "configuration"

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"  # by a person
        STOPPED = "stopped"  # by itself: too many failed
        ABORTED = "aborted"
        DONE = "done"

    kind = models.CharField(max_length=14, choices=Kind)
    name = models.CharField(max_length=120)
    image = models.ForeignKey("FirmwareImage", null=True, on_delete=models.PROTECT, related_name="rollouts")
    template = models.ForeignKey("ConfigurationTemplate", null=True, on_delete=models.SET_NULL, related_name="rollouts")
    group = models.ForeignKey("Group", null=True, on_delete=models.SET_NULL, related_name="rollouts")
    reverts = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reverted_by")
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was stopped")
    stages = models.JSONField(help_text="Rising percentages, the last is 100")
    stage = models.PositiveSmallIntegerField(default=0)
    failure_limit_pct = models.PositiveSmallIntegerField(help_text="More of a stage's devices must not fail")
    soak_s = models.PositiveIntegerField(help_text="Rest between a stage's end and the next one's beginning")
    device_timeout_s = models.PositiveIntegerField(help_text="From the sending to the proof, per device")
    patience_s = models.PositiveIntegerField(help_text="How long a stage waits for devices that are away or charge")
    concurrency = models.PositiveSmallIntegerField()
    stage_begun_at = models.DateTimeField()
    stage_done_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"])]


class RolloutDevice(models.Model):
    """How far one device is. What it had before is kept, so that it can be given back."""

    class State(models.TextChoices):
        QUEUED = "queued"  # of a stage that has not begun, or waiting_for says what for
        SENT = "sent"  # a command is out, its answer is not in
        WORKING = "working"  # the device loads, installs, restarts; or the next command is due
        DONE = "done"  # proved: the version it reports, the values read back
        FAILED = "failed"
        SKIPPED = "skipped"  # nothing to do, cannot, or never there: error says which
        CANCELLED = "cancelled"

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="devices")
    device_id = models.CharField(max_length=40, db_index=True)
    name = models.CharField(max_length=80)
    stage = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    waits_for = models.CharField(max_length=10, blank=True, help_text="Queued: offline or charging")
    phase = models.CharField(max_length=24, blank=True, help_text="Firmware: the device's word; else read, set, …")
    image = models.ForeignKey("FirmwareImage", null=True, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(default=dict, help_text='Firmware: {"version"}; configuration: key → value')
    target = models.JSONField(default=dict, help_text="Configuration: key → value")
    changed = models.JSONField(default=list, help_text="Configuration: keys that were set")
    progress = models.JSONField(default=dict, help_text="Configuration: what was read so far, configuring.Progress")
    note = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=60, blank=True)
    error_text = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    command = models.CharField(max_length=45, blank=True, db_index=True)
    not_before = models.DateTimeField(null=True, help_text="It refused because it was busy, or was just cut off")
    begun_at = models.DateTimeField(null=True)
    installed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "device_id"], name="rollout_device_once")]
        indexes = [models.Index(fields=["rollout", "stage", "state"])]
