"""Reports that people asked for, and the files that came of it."""

from django.db import models

from saas.kit.models import Public


class Report(Public):
    """A request for a document. The Dagster run that makes it registers its files through the internal API."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    kind = models.CharField(max_length=20)  # esg, ghg, esrs_e1, vsme_b3, fleet
    organisation = models.ForeignKey("accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT)
    requested_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL)
    period_start = models.DateField()
    period_end = models.DateField(help_text="First day after the period")
    language = models.CharField(max_length=5)
    source = models.CharField(max_length=20, default="all", help_text="Which sessions: all, live or imported")
    net_revenue_minor = models.BigIntegerField(null=True, help_text="Of the period, for intensities")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    data_version = models.CharField(max_length=80, blank=True)
    error = models.CharField(max_length=300, blank=True)
    run_id = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True, help_text="When a run took it up")
    finished_at = models.DateTimeField(null=True)


class ReportFile(models.Model):
    """One file of a report, in the tenant's file store."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10)  # pdf, csv, figures, extract
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
