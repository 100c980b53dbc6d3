"""The station itself."""

from django.db import models

from saas.kit.models import Public


class Station(Public):
    """An OCPP charging station as it described itself at its last boot."""

    device_id = models.CharField(max_length=40, unique=True)
    station_id = models.CharField(max_length=48)
    location = models.ForeignKey("sites.Location", null=True, blank=True, on_delete=models.PROTECT)
    protocol = models.CharField(max_length=10, blank=True)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    serial_number = models.CharField(max_length=50, blank=True)
    firmware = models.CharField(max_length=50, blank=True)
    booted_at = models.DateTimeField(null=True)
