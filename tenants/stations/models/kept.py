"""What stations told, kept so that it can be read back."""

from django.db import models
from django.db.models.functions import Upper

from saas.kit.models import Public

from .command import StationCommand
from .station import Station


class Variable(models.Model):
    """A configuration key (1.6, component empty) or an attribute of a variable of a component (2.0.1)."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="variables")
    key = models.CharField(max_length=330, help_text="Names it inside the station: see configuration.key_of")
    component = models.CharField(max_length=50, blank=True)
    component_instance = models.CharField(max_length=50, blank=True)
    evse = models.IntegerField(null=True)
    connector = models.IntegerField(null=True)
    name = models.CharField(max_length=50)
    instance = models.CharField(max_length=50, blank=True)
    attribute = models.CharField(max_length=10, blank=True, help_text="Actual, Target, MinSet, MaxSet (2.0.1)")
    value = models.CharField(max_length=2500, null=True, help_text="Empty: the station does not tell (write-only)")
    mutability = models.CharField(max_length=10, blank=True, help_text="ReadOnly, WriteOnly, ReadWrite")
    characteristics = models.JSONField(null=True, help_text="OCPP 2.0.1 VariableCharacteristics")
    reboot_required = models.BooleanField(default=False, help_text="The value counts after the next boot")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "key"], name="station_variable_once")]


class LocalListEntry(models.Model):
    """A token on the station's local authorization list, as the station took it over."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="local_list")
    id_tag = models.CharField(max_length=36)
    kind = models.CharField(max_length=20, blank=True, help_text="OCPP 2.0.1 IdTokenEnumType")
    status = models.CharField(max_length=20)
    parent = models.CharField(max_length=36, blank=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("station", Upper("id_tag"), "kind", name="local_list_entry_once")]


class Reservation(Public):
    """A connector kept free for a token. Made by ReserveNow once the station accepted it."""

    class State(models.TextChoices):
        ACTIVE = "active"
        USED = "used"  # a transaction named it
        CANCELLED = "cancelled"
        EXPIRED = "expired"
        REMOVED = "removed"  # the station gave it up

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="reservations")
    reservation_id = models.IntegerField()
    evse = models.IntegerField(default=0, help_text="0: any of the station")
    connector_type = models.CharField(max_length=20, blank=True)
    id_tag = models.CharField(max_length=36)
    parent = models.CharField(max_length=36, blank=True)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    transaction_id = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "reservation_id"], condition=models.Q(state="active"), name="reservation_once"
            )
        ]


class Item(models.Model):
    """Something that is there once per key and is replaced or removed as a whole, in OCPP's own words."""

    class Kind(models.TextChoices):
        CHARGING_PROFILE = "charging_profile"  # key: chargingProfileId
        CHARGING_LIMIT = "charging_limit"  # key: EVSE and source
        CHARGING_NEEDS = "charging_needs"  # key: EVSE
        CHARGING_SCHEDULE = "charging_schedule"  # key: EVSE; of the vehicle, or composite
        CERTIFICATE = "certificate"  # key: serial number
        DISPLAY_MESSAGE = "display_message"  # key: its id
        MONITOR = "monitor"  # key: its id
        NETWORK_PROFILE = "network_profile"  # key: configuration slot
        CUSTOMER = "customer_information"  # key: request id
        PUBLISHED = "published_firmware"  # key: checksum
        REPORT = "report"  # key: kind and request id; how much of it came

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=100)
    data = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "kind", "key"], name="station_item_once")]


class Notice(models.Model):
    """Something that a station reported and that stays: security events, monitored events, progress, vendor data."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40, help_text="The OCPP action")
    summary = models.CharField(max_length=200, blank=True)
    payload = models.JSONField()
    at = models.DateTimeField(help_text="The station's clock where it said one")
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["station", "kind", "-id"])]


class Upload(Public):
    """An address that a station may put one file to, once."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="uploads")
    token_hash = models.CharField(max_length=64, unique=True)
    command = models.ForeignKey(StationCommand, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
