"""Bookings: the right to use a charger in a period. The database forbids overlaps."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from saas.kit.models import Public


class Booking(Public):
    """`during` is half open, on whole minutes. `quote` is what the driver saw; the price never changes after."""

    class State(models.TextChoices):
        HELD = "held"  # waits for payment until hold_expires_at
        CONFIRMED = "confirmed"
        ACTIVE = "active"  # its session runs
        COMPLETED = "completed"
        EXPIRED = "expired"  # never paid
        CANCELLED_BY_DRIVER = "cancelled_by_driver"
        CANCELLED_BY_HOST = "cancelled_by_host"
        CANCELLED_BY_OPERATOR = "cancelled_by_operator"
        NO_SHOW = "no_show"

    HOLDING = (State.HELD, State.CONFIRMED, State.ACTIVE)

    listing = models.ForeignKey("marketplace.Listing", on_delete=models.PROTECT, related_name="bookings")
    driver = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="bookings")
    vehicle = models.ForeignKey("fleets.Vehicle", null=True, blank=True, on_delete=models.PROTECT)
    during = DateTimeRangeField()
    state = models.CharField(max_length=24, choices=State, default=State.HELD)
    hold_expires_at = models.DateTimeField()
    quote = models.JSONField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(help_text="What is held on the card: the most that can be charged")
    energy_limit_wh = models.BigIntegerField(default=0, help_text="0: no limit but the time")
    requested_energy_wh = models.BigIntegerField(default=0)
    code_hash = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=140, blank=True, help_text="Why an operator cancelled")
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["driver", "-id"]), models.Index(fields=["listing", "-id"])]
