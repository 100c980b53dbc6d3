"""Where charging happens, in OCPI's words: location, EVSE, connector."""

from django.db import models

from saas.kit.models import Public


class Location(Public):
    """A place. The exact address and position are private; `public_*` is the centre of the H3 cell."""

    organisation = models.ForeignKey("accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    city = models.CharField(max_length=80)
    postal_code = models.CharField(max_length=12, blank=True)
    country = models.CharField(max_length=2)
    latitude = models.FloatField()
    longitude = models.FloatField()
    h3_cell = models.CharField(max_length=16)
    public_latitude = models.FloatField(db_index=True)
    public_longitude = models.FloatField(db_index=True)
    timezone = models.CharField(max_length=40)
    private = models.BooleanField(default=True, help_text="False: a public site, whose address everybody may see")


class Evse(Public):
    """An independently operated part of a charger: one vehicle at a time."""

    class Status(models.TextChoices):
        AVAILABLE = "AVAILABLE"
        BLOCKED = "BLOCKED"
        CHARGING = "CHARGING"
        INOPERATIVE = "INOPERATIVE"
        OUTOFORDER = "OUTOFORDER"
        RESERVED = "RESERVED"
        UNKNOWN = "UNKNOWN"

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="evses")
    device_id = models.CharField(max_length=40, null=True, blank=True, help_text="saas.devices registry")
    device_evse = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status, default=Status.UNKNOWN)
    status_at = models.DateTimeField(null=True, help_text="Of `use`: older news does not change it")
    use = models.CharField(max_length=12, choices=Status, default=Status.UNKNOWN, help_text="Status but for faults")
    faults = models.JSONField(default=dict, help_text="Code → [ms when last raised, ms when last cleared]")
    max_current_ma = models.PositiveIntegerField(default=32_000)
    voltage_mv = models.PositiveIntegerField(default=230_000)
    phases = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device_id", "device_evse"], name="evse_device_once")]


class Connector(models.Model):
    """A socket or cable. `standard` is OCPI's ConnectorType."""

    class Standard(models.TextChoices):
        TYPE_1 = "IEC_62196_T1", "Type 1 (J1772)"
        TYPE_2 = "IEC_62196_T2", "Type 2"
        CCS1 = "IEC_62196_T1_COMBO", "CCS 1"
        CCS2 = "IEC_62196_T2_COMBO", "CCS 2"
        CHADEMO = "CHADEMO", "CHAdeMO"
        NACS = "NACS", "NACS (Tesla)"

    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="connectors")
    DIRECT = frozenset({Standard.CCS1, Standard.CCS2, Standard.CHADEMO})  # direct current to the vehicle

    standard = models.CharField(max_length=24, choices=Standard)
    max_power_w = models.PositiveIntegerField()
