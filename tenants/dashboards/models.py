"""Dashboards that a tenant composed and saved, per role."""

from django.db import models

from saas.kit.models import Public


class Dashboard(Public):
    """`spec` is a contracts.dashboards.Spec. No `roles`: private. `version` goes up with each change."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="dashboards")
    roles = models.JSONField(default=list)
    spec = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["owner", "-id"])]
