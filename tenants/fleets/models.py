"""Vehicles of fleets and of drivers."""

from django.db import models

from saas.kit.models import Public


class Vehicle(Public):
    """A vehicle on a fleet's roster (organisation set) or of a private driver (organisation empty)."""

    organisation = models.ForeignKey("accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT)
    driver = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL)
    plate = models.CharField(max_length=16)
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=40, blank=True)
    battery_wh = models.PositiveIntegerField(default=0)
    connector = models.CharField(max_length=24, blank=True)
    rfid = models.CharField(max_length=36, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "plate"], name="vehicle_plate_once")]
