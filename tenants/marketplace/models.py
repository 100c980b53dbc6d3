"""What hosts offer: listings and when they may be used."""

from django.db import models

from saas.kit.models import Public


class Listing(Public):
    """An EVSE offered to drivers: what people call a charger. Its integer id is the key of the overlap constraint."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        PAUSED = "paused"
        DELETED = "deleted"

    evse = models.OneToOneField("sites.Evse", on_delete=models.PROTECT, related_name="listing")
    host = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="listings")
    tariff = models.ForeignKey("tariffs.Tariff", on_delete=models.PROTECT)
    title = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    amenities = models.JSONField(default=list)
    photo = models.CharField(max_length=120, blank=True, help_text="File name in the tenant's folder")
    instant_book = models.BooleanField(default=True)
    least_minutes = models.PositiveIntegerField(default=15)
    most_minutes = models.PositiveIntegerField(default=720)
    gap_minutes = models.PositiveIntegerField(default=0)
    lead_minutes = models.PositiveIntegerField(default=0)
    hour_minor = models.BigIntegerField(help_text="What an hour here costs, tax included: for sorting and filters")
    rating_sum = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)


class Availability(models.Model):
    """A weekly period in the location's own time: minutes of the local day, half open, 1440 is midnight."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="availability")
    weekday = models.PositiveSmallIntegerField(help_text="0 Monday … 6 Sunday")
    start_minute = models.PositiveSmallIntegerField()
    end_minute = models.PositiveSmallIntegerField()


class AvailabilityException(models.Model):
    """A local day that differs: open from start to end, or closed in that period."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="exceptions")
    day = models.DateField()
    start_minute = models.PositiveSmallIntegerField()
    end_minute = models.PositiveSmallIntegerField()
    open = models.BooleanField()


class AddressLook(models.Model):
    """A member of staff looked at the exact address of a private charger. Never changed, never removed."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="looks")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT)
    at = models.DateTimeField()
