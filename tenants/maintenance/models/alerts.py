"""What is wrong: one alert as long as the same thing is wrong at the same unit, with a count."""

from django.db import models

from saas.kit.models import Public

CIRCUIT = "circuit:"  # in the place of a device: an alarm of a circuit as a whole


class Alert(Public):
    """A fault at a unit, or at a whole site. Times of devices are theirs; `opened_at` and `resolved_at` are ours."""

    class State(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"

    class Source(models.TextChoices):
        ADAPTER = "adapter"  # fault events of our adapters
        OCPP = "ocpp"  # error codes of a connector's status
        EVENT = "event"  # NotifyEvent
        SECURITY = "security"  # SecurityEventNotification
        STOP = "stop"  # why a transaction ended
        PLATFORM = "platform"  # what we notice ourselves
        POWER = "power"  # alarms of smart charging

    device_id = models.CharField(max_length=40, blank=True, help_text="Empty: of a whole site")
    device_evse = models.PositiveSmallIntegerField(default=0, help_text="0: the device as a whole")
    evse = models.ForeignKey("sites.Evse", null=True, on_delete=models.SET_NULL, related_name="+")
    location = models.ForeignKey("sites.Location", null=True, on_delete=models.SET_NULL, related_name="alerts")
    group = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="members")
    code = models.CharField(max_length=80, help_text="The device's own word; with the unit it names the alert")
    source = models.CharField(max_length=10, choices=Source)
    mrec = models.CharField(max_length=12)
    severity = models.CharField(max_length=8)
    cause = models.CharField(max_length=10)
    broken = models.BooleanField(help_text="False: the charger itself is well")
    lasting = models.BooleanField(default=True, help_text="False: the device never says that it is over")
    detail = models.JSONField(default=dict, help_text="Raw words of the device: vendor, code, info")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    opened_at = models.DateTimeField(help_text="Since when it waits for a person, by our clock")
    openings = models.PositiveIntegerField(default=1, help_text="How often it was opened, again included")
    flapping = models.BooleanField(default=False, help_text="Comes and goes: resolved only after a quiet while")
    cleared_at = models.DateTimeField(null=True, help_text="When the device said that it is over")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    silence = models.ForeignKey("maintenance.Silence", null=True, on_delete=models.SET_NULL, related_name="alerts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device_id", "device_evse", "code"],
                condition=models.Q(resolved_at=None) & ~models.Q(device_id=""),
                name="alert_open_once",
            ),
            models.UniqueConstraint(
                fields=["location", "code"],
                condition=models.Q(resolved_at=None, device_id=""),
                name="alert_of_site_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["device_id", "device_evse", "-id"]),
            models.Index(fields=["-id"], condition=models.Q(resolved_at=None), name="alert_open"),
        ]

    @property
    def at_charger(self) -> bool:
        """False: at a whole site, or at a circuit of smart charging, where nobody can be sent to one charger."""
        return bool(self.device_id) and not self.device_id.startswith(CIRCUIT)


class AlertEvent(models.Model):
    """What happened to an alert: the machine's steps and people's. Rows are only ever added."""

    class Kind(models.TextChoices):
        OPENED = "opened"
        REOPENED = "reopened"
        CLEARED = "cleared"
        RESOLVED = "resolved"
        ACKNOWLEDGED = "acknowledged"
        COMMENT = "comment"
        ESCALATED = "escalated"
        GROUPED = "grouped"
        SILENCED = "silenced"
        ORDERED = "ordered"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()


class Refusals(models.Model):
    """Starts in a row that a unit refused. Gone with the first one that works."""

    device_id = models.CharField(max_length=40)
    device_evse = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device_id", "device_evse"], name="refusals_once")]
