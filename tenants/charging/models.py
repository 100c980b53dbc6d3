"""Charging sessions, and the commands that steer devices."""

from django.db import models

from saas.kit.exact_json import ExactDecoder, ExactEncoder
from saas.kit.models import Public


class Session(Public):
    """One delivery of energy. `uid` is also the permit's session on the wire."""

    class State(models.TextChoices):
        PERMITTED = "permitted"  # permit issued, waits for presence
        STARTING = "starting"  # presence shown, waits for the relay
        CHARGING = "charging"
        ENDED = "ended"  # relay open, price not yet booked
        CLOSED = "closed"  # priced, booked, CDR written
        CANCELLED = "cancelled"  # never delivered

    booking = models.OneToOneField("bookings.Booking", null=True, blank=True, on_delete=models.PROTECT)
    evse = models.ForeignKey("sites.Evse", on_delete=models.PROTECT, related_name="sessions")
    driver = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT)
    vehicle = models.ForeignKey("fleets.Vehicle", null=True, blank=True, on_delete=models.PROTECT)
    id_tag = models.CharField(max_length=36, blank=True)
    device_id = models.CharField(max_length=40, db_index=True)
    transaction_id = models.CharField(max_length=64, blank=True, help_text="OCPP transaction, else empty")
    state = models.CharField(max_length=10, choices=State, default=State.PERMITTED)
    permit_start_at = models.DateTimeField(null=True)
    permit_end_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    meter_start_wh = models.BigIntegerField(null=True)
    meter_stop_wh = models.BigIntegerField(null=True)
    register_wh = models.BigIntegerField(null=True, help_text="Highest register heard of")
    energy_wh = models.BigIntegerField(default=0)
    power_w = models.IntegerField(default=0)
    current_ma = models.IntegerField(null=True)
    voltage_mv = models.IntegerField(null=True)
    soc_pct = models.PositiveSmallIntegerField(null=True)
    last_sample_at = models.DateTimeField(null=True)
    evidence = models.JSONField(
        default=dict, help_text="What start, stop and energy are worked out of: metering.Evidence"
    )
    over_at = models.DateTimeField(null=True, help_text="It must have ended by then, though no stop was heard")
    stop_reason = models.CharField(max_length=40, blank=True)
    stop_by = models.CharField(
        max_length=10, blank=True, help_text="Who asked to stop: driver, host, operator or limit"
    )
    outcome = models.CharField(max_length=24, blank=True, help_text="Once closed: a key of outcomes.OUTCOMES")
    currency = models.CharField(max_length=3, blank=True)
    cost_minor = models.BigIntegerField(default=0, help_text="Running cost; final once closed")
    bill = models.JSONField(null=True, help_text="Once closed: lines and shares, in minor units")
    cdr = models.JSONField(
        null=True, encoder=ExactEncoder, decoder=ExactDecoder, help_text="OCPI 2.2.1 CDR, once closed"
    )

    class Meta:
        indexes = [models.Index(fields=["state", "permit_end_at"]), models.Index(fields=["driver", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["device_id", "transaction_id"],
                condition=~models.Q(transaction_id=""),
                name="session_transaction_once",
            )
        ]


class SessionChange(models.Model):
    """Every change of state of a session is a row."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()


class SessionName(models.Model):
    """A further transaction of a station that is this session too: the start was said again under another number."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="names")
    device_id = models.CharField(max_length=40)
    transaction_id = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device_id", "transaction_id"], name="session_name_once")]


class HeldFact(models.Model):
    """What a station said of a transaction or an EVSE that is not there yet: it is told again then."""

    device_id = models.CharField(max_length=40)
    name = models.CharField(max_length=64, blank=True, help_text="The station's transaction; empty: it named none")
    evse = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, help_text="event or telemetry")
    body = models.JSONField(help_text="contracts.telemetry.messages")
    ts_ms = models.BigIntegerField()
    reason = models.CharField(max_length=20, help_text="unknown_session or unknown_evse")
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["device_id", "name"]), models.Index(fields=["received_at"])]


class DeviceCommand(Public):
    """Outbox of commands. The dispatcher publishes, repeats until the device replies, and gives up after expiry."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        DONE = "done"
        REFUSED = "refused"  # the device said no; error says why
        EXPIRED = "expired"

    device_id = models.CharField(max_length=40, db_index=True)
    session = models.ForeignKey(Session, null=True, on_delete=models.CASCADE, related_name="commands")
    type = models.CharField(max_length=12)
    payload = models.JSONField(default=dict, help_text="Body of the message, contracts.telemetry.messages.Command")
    once = models.BooleanField(default=False, help_text="Sent a single time, never repeated")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(help_text="Do not send (again) before")
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "next_at"])]
