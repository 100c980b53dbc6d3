"""Prices and what is known about them: suggestions, hosts' wishes, the tenant's policy, searches, openings.

Amounts are integers in millionths of the main unit (micro), before tax, per kWh or per hour; shares are basis points.
"""

from django.db import models

from saas.kit.models import Public


class SearchHour(models.Model):
    """How often somebody looked for a charger in a cell within an hour. No person, no point, nothing finer."""

    cell = models.CharField(max_length=16, help_text="H3, resolution 7")
    hour = models.DateTimeField(help_text="Its beginning, UTC")
    connector = models.CharField(max_length=24, blank=True)
    power_w = models.PositiveIntegerField(default=0, help_text="Least power asked for, rounded down to a usual one")
    timed = models.BooleanField(default=False, help_text="A free period was asked for")
    searches = models.PositiveIntegerField(default=0)
    unmet = models.PositiveIntegerField(default=0, help_text="Of these without a charger within reach")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "cell", "connector", "power_w", "timed"], name="pricing_search_once"
            )
        ]


class Policy(models.Model):
    """What the tenant allows suggestions to be; one row, with the usual costs where a host names none."""

    offered = models.BooleanField(default=True, help_text="Whether hosts are offered suggestions at all")
    least_kwh_micro = models.BigIntegerField(default=0)
    most_kwh_micro = models.BigIntegerField(null=True, blank=True)
    least_hour_micro = models.BigIntegerField(default=0)
    most_hour_micro = models.BigIntegerField(null=True, blank=True)
    most_change_bp = models.PositiveIntegerField(default=1000, help_text="Largest step from one price to the next")
    energy_cost_micro = models.BigIntegerField(default=0, help_text="Per kWh bought; 0: not known")
    wear_micro = models.BigIntegerField(default=0, help_text="Per kWh sold")
    losses_bp = models.PositiveIntegerField(default=800, help_text="Share of the energy bought that is lost")


class Wish(models.Model):
    """What a host says of a charger: what energy costs, and what should be left of each kWh."""

    listing = models.OneToOneField("marketplace.Listing", on_delete=models.CASCADE, related_name="wish")
    energy_cost_micro = models.BigIntegerField()
    wear_micro = models.BigIntegerField(default=0)
    profit_micro = models.BigIntegerField(default=0)
    losses_bp = models.PositiveIntegerField(default=800)
    changed_at = models.DateTimeField()


class PriceMark(models.Model):
    """Since when a listing has had a tariff. Never changed."""

    listing = models.ForeignKey("marketplace.Listing", on_delete=models.CASCADE, related_name="price_marks")
    tariff = models.ForeignKey("tariffs.Tariff", on_delete=models.PROTECT)
    since = models.DateTimeField()


class Suggestion(Public):
    """A price that the rule suggests, with all that it was given: the same rule gives the same again.

    `decision` is what the rule said; `price_micro` is that within the tenant's policy at receipt.
    """

    class State(models.TextChoices):
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"

    class Kind(models.TextChoices):
        KWH = "kwh"
        HOUR = "hour"

    listing = models.ForeignKey("marketplace.Listing", on_delete=models.CASCADE, related_name="price_suggestions")
    kind = models.CharField(max_length=4, choices=Kind)
    currency = models.CharField(max_length=3)
    rule = models.CharField(max_length=20, help_text="Version of saas.contracts.pricerule")
    inputs = models.JSONField()
    decision = models.JSONField()
    price_micro = models.BigIntegerField()
    clipped = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, help_text="SHA-256 of listing, kind, rule and inputs")
    valid_from = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OFFERED)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    tariff = models.ForeignKey("tariffs.Tariff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["listing", "state"], name="pricing_of_listing")]
        constraints = [
            models.UniqueConstraint(
                fields=["listing", "kind"], condition=models.Q(state="offered"), name="pricing_one_offer"
            )
        ]


class Opening(models.Model):
    """A cell where people look for chargers in vain, and what one there would earn. Replaced as a whole."""

    cell = models.CharField(max_length=16)
    latitude = models.FloatField()
    longitude = models.FloatField()
    place = models.CharField(max_length=120)
    connector = models.CharField(max_length=24, blank=True)
    days = models.PositiveIntegerField()
    searches = models.PositiveIntegerField()
    unmet = models.PositiveIntegerField()
    price_micro = models.BigIntegerField(null=True)
    month_micro = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
