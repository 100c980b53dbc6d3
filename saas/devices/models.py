"""The registry of everything that connects: which tenant owns it, how it proves itself, whether it is there."""

from typing import ClassVar

from django.db import models


class Device(models.Model):
    """An adapter, or an OCPP station seen by the gateway. The id is also its user name at the broker and its topic."""

    class Kind(models.TextChoices):
        ADAPTER = "adapter"
        STATION = "station"

    class State(models.TextChoices):
        ACTIVE = "active"
        PENDING = "pending"  # came by itself with a registration token; waits for an operator
        REVOKED = "revoked"

    device_id = models.CharField(primary_key=True, max_length=40)
    tenant = models.ForeignKey("tenancy.Tenant", on_delete=models.CASCADE, related_name="devices")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    station_id = models.CharField(max_length=48, null=True, blank=True, help_text="OCPP identity inside the tenant")
    owner = models.CharField(max_length=36, blank=True, help_text="Who claimed it: uid of a person of the tenant")
    claim_digest = models.CharField(max_length=64, blank=True, help_text="Of the code it was claimed by")
    secret_hash = models.CharField(max_length=64, help_text="Hex SHA-256 of a random 32-byte password")
    secret_sealed = models.BinaryField(null=True, help_text="An adapter's password, encrypted under the master key")
    secret_at = models.DateTimeField(null=True, help_text="Since when this is the password")
    next_hash = models.CharField(max_length=64, blank=True, help_text="Of the password it is to change to")
    next_sealed = models.BinaryField(null=True)
    next_at = models.DateTimeField(null=True, help_text="Since when it is to change")
    next_taken_at = models.DateTimeField(null=True, help_text="Since when it has it, by its own word")
    mosquitto_hash = models.CharField(
        max_length=140, blank=True, help_text="PBKDF2 of the password, of adapters older than secret_sealed"
    )
    permit_key = models.BinaryField(help_text="HMAC key of permits, encrypted under the master key")
    online = models.BooleanField(default=False)
    reported_state = models.CharField(max_length=12, blank=True)
    firmware = models.CharField(max_length=60, blank=True)
    hardware = models.CharField(max_length=60, blank=True)
    last_seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "station_id"], name="device_station_id_once")
        ]

    def __str__(self) -> str:
        return self.device_id


class Enrolment(models.Model):
    """An adapter that said who it is and that nobody has claimed yet."""

    device_id = models.CharField(primary_key=True, max_length=40)
    claim_digest = models.CharField(max_length=64, db_index=True, help_text="Keyed digest of the code on its sticker")
    secret_hash = models.CharField(max_length=64)
    secret_sealed = models.BinaryField()
    permit_key = models.BinaryField(help_text="HMAC key of permits, encrypted under the master key")
    firmware = models.CharField(max_length=60, blank=True)
    hardware = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When it last said so", db_index=True)

    def __str__(self) -> str:
        return self.device_id
