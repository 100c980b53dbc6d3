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
    outcome = models.CharField(max_length=20, help_text="pending, done, declined, challenge or failed")
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(help_text="A pending call is made (again) from then on")

    class Meta:
        indexes = [models.Index(fields=["outcome", "next_at"])]


class OfflineHold(models.Model):
    """The books of the offline stand-in: what a card company would keep. Only `offline.py` touches them."""

    reference = models.CharField(max_length=40, unique=True)
    token = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12)


class OfflineCall(models.Model):
    """What the stand-in answered to an idempotency key: the same key gets the same answer."""

    key = models.CharField(max_length=120, unique=True)
    hold = models.ForeignKey(OfflineHold, on_delete=models.CASCADE)
    request = models.JSONField()
    answer = models.JSONField()
