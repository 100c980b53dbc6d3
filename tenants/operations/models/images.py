"""Firmware images: the rows; their bytes lie under `home.files`."""

from django.db import models

from saas.kit.models import Public


class FirmwareImage(Public):
    """One version for one make of device. The bytes never change: `sha256` names the file."""

    class Kind(models.TextChoices):
        ADAPTER = "adapter"
        OCPP = "ocpp"

    kind = models.CharField(max_length=8, choices=Kind)
    vendor = models.CharField(max_length=50, blank=True, help_text="Empty: of any vendor; * stands for anything")
    model = models.CharField(max_length=50, blank=True, help_text="Empty: any model; * stands for anything")
    version = models.CharField(max_length=50, help_text="As the device reports it once it runs")
    token = models.CharField(max_length=96, unique=True, help_text="Part of the address; begins with the schema")
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    signature = models.TextField(blank=True, help_text="Adapter: hex, wire.OTA_*; OCPP: base64, as the vendor gave it")
    certificate = models.TextField(blank=True, help_text="OCPP: the vendor's signing certificate, PEM")
    downgrade = models.BooleanField(default=False, help_text="Adapter: signed so that a newer one takes it, too")
    notes = models.TextField(blank=True)
    uploaded_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, help_text="No new roll-out; those that run still find the file")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "vendor", "model", "version"], name="firmware_image_once")
        ]


class AdapterReport(models.Model):
    """What an adapter said of an update: a word of wire.OTA_REPORTS. Written as it comes; roll-outs read it."""

    device_id = models.CharField(max_length=40)
    word = models.CharField(max_length=20)
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["device_id", "-id"])]
