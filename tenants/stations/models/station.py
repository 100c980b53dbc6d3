"""The station itself, its connectors, and the tenant's rules for stations."""

from django.db import models

from saas.kit.models import Public


class Station(Public):
    """An OCPP charging station as it described itself at its last boot."""

    device_id = models.CharField(max_length=40, unique=True)
    station_id = models.CharField(max_length=48, db_index=True)
    location = models.ForeignKey("sites.Location", null=True, blank=True, on_delete=models.PROTECT)
    protocol = models.CharField(max_length=10, blank=True)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    serial_number = models.CharField(max_length=50, blank=True)
    firmware = models.CharField(max_length=50, blank=True)
    booted_at = models.DateTimeField(null=True)
    boot_reason = models.CharField(max_length=20, blank=True)
    connected_at = models.DateTimeField(null=True)
    security_profile = models.PositiveSmallIntegerField(null=True, help_text="Of its last connection, 0 to 3")
    local_list_version = models.IntegerField(null=True, help_text="As the station said, or took over, last")
    progress = models.JSONField(default=dict, help_text="firmware, log, … → what the station said of it last")


class ConnectorStatus(models.Model):
    """What a connector said last. EVSE 0 is the station as a whole; in OCPP 1.6 a connector is an EVSE of its own."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="connectors")
    evse = models.IntegerField()
    connector = models.IntegerField(default=1)
    status = models.CharField(max_length=20)
    error_code = models.CharField(max_length=50, blank=True)
    info = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(help_text="The station's clock: older news does not change it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "evse", "connector"], name="connector_status_once")]


class StationPolicy(models.Model):
    """The tenant's rules for stations; one row, made when it is first changed."""

    least_profile = models.PositiveSmallIntegerField(default=1, help_text="Lowest OCPP security profile that is let in")
    auto_accept = models.BooleanField(default=False, help_text="Who brings the registration token is let in at once")
    auto_location = models.ForeignKey("sites.Location", null=True, blank=True, on_delete=models.PROTECT)
    log_days = models.PositiveSmallIntegerField(default=30, help_text="Raw frames are kept so long")
    heartbeat_s = models.PositiveIntegerField(default=60)
    local_lists = models.BooleanField(default=False, help_text="Cards are kept on stations' local authorization lists")
    changed_at = models.DateTimeField(null=True)
