"""Tenants, their domains and their brand. Public schema."""

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Tenant(TenantMixin):  # type: ignore[misc]
    """One brand's instance. Differences between tenants are columns here, never code."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    class Kind(models.TextChoices):
        RESELLER = "reseller"
        FLEET = "fleet"

    uid = models.UUIDField(unique=True, editable=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RESELLER)
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=5, default="en")
    currency = models.CharField(max_length=3)
    timezone = models.CharField(max_length=40)
    support_email = models.EmailField()
    support_phone = models.CharField(max_length=30, blank=True)
    email_sender = models.EmailField(blank=True)
    logo_svg = models.TextField(blank=True, help_text="Sanitised SVG; empty: initials on the brand colour")
    colour_primary = models.CharField(max_length=7)
    colour_accent = models.CharField(max_length=7)
    tagline = models.CharField(max_length=140, blank=True)
    terms = models.TextField(blank=True)
    privacy = models.TextField(blank=True)
    map_latitude = models.FloatField(default=0)
    map_longitude = models.FloatField(default=0)
    map_zoom = models.FloatField(default=12)
    address_policy = models.CharField(
        max_length=12, default="verified", help_text="Who sees an exact address: `verified` drivers, or `booked` ones"
    )
    commission_bp = models.PositiveIntegerField(default=1500, help_text="Basis points of the session's price")
    refund_bp = models.PositiveIntegerField(default=9500)
    refund_notice_minutes = models.PositiveIntegerField(default=10)
    hold_minutes = models.PositiveIntegerField(default=10)
    least_minutes = models.PositiveIntegerField(default=15, help_text="Shortest bookable time; the demo allows 1")
    created_at = models.DateTimeField(auto_now_add=True)

    auto_create_schema = False

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name of a tenant."""
