"""Configuration templates, and how far each device is from its templates."""

from django.db import models

from saas.kit.models import Public

from .groups import Group


class ConfigurationTemplate(Public):
    """Values that stations of some groups shall have, by protocol."""

    name = models.CharField(max_length=80, unique=True)
    values = models.JSONField(help_text='{"ocpp1.6": {key: value}, "ocpp2.0.1": {"Component.Variable[.instance]": …}}')
    groups: "models.ManyToManyField[Group, models.Model]" = models.ManyToManyField(Group, related_name="templates")
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()


class TemplateCheck(models.Model):
    """The last comparison of one station with one template."""

    class State(models.TextChoices):
        DUE = "due"
        ASKED = "asked"
        CHECKED = "checked"
        FAILED = "failed"  # no answer; what was found before stays

    template = models.ForeignKey(ConfigurationTemplate, on_delete=models.CASCADE, related_name="checks")
    device_id = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    findings = models.JSONField(default=dict, help_text="Key → {kind, expected, actual, since} where it differs")
    progress = models.JSONField(default=dict, help_text="What was read so far in this comparison")
    error = models.CharField(max_length=60, blank=True)
    command = models.CharField(max_length=45, blank=True, db_index=True)
    due_at = models.DateTimeField(help_text="Not before: a station that was away is asked again later")
    wanted_at = models.DateTimeField(help_text="When this comparison was asked for")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "device_id"], name="template_check_once")]
        indexes = [models.Index(fields=["state", "due_at"])]
