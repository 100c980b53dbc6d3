"""Payments as our side of a provider's: what was held, captured, released, refunded. The provider is behind a port."""

from django.db import models

from saas.kit.models import Public


class Payment(Public):
    """Money of one booking. captured_minor ≤ amount_minor, refunded_minor ≤ captured_minor."""

    class State(models.TextChoices):
        CREATED = "created"
        HELD = "held"
        CAPTURED = "captured"
        RELEASED = "released"
        REFUNDED = "refunded"
        DECLINED = "declined"

    booking = models.ForeignKey("bookings.Booking", on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=20)
    provider_ref = models.CharField(max_length=80, blank=True)
    method = models.CharField(max_length=60, blank=True, help_text="Shown to people, such as `test card •••• 4242`")
    state = models.CharField(max_length=10, choices=State, default=State.CREATED)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()


class Operation(models.Model):
    """One call to the provider. The idempotency key makes a retry the same call."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=10)  # hold, capture, release, refund
    idempotency_key = models.CharField(max_length=120, unique=True)
    amount_minor = models.BigIntegerField()
    outcome = models.CharField(max_length=20)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()
