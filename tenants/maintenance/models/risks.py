"""What the pipelines predict: the newest risk of each unit and horizon."""

from django.db import models

from saas.kit.models import Public


class Risk(Public):
    """The probability that a unit fails within `horizon_days` of `made_at`, and why."""

    evse = models.ForeignKey("sites.Evse", on_delete=models.CASCADE, related_name="risks")
    device_id = models.CharField(max_length=40)
    device_evse = models.PositiveSmallIntegerField()
    horizon_days = models.PositiveSmallIntegerField()
    probability_ppm = models.PositiveIntegerField()
    reasons = models.JSONField(default=list, help_text="[{code, value}]")
    model = models.CharField(max_length=80)
    data_version = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_id", "device_evse", "horizon_days"], name="risk_once"),
            models.CheckConstraint(condition=models.Q(probability_ppm__lte=1_000_000), name="risk_is_a_probability"),
        ]
        indexes = [models.Index(fields=["-probability_ppm", "id"])]
