"""Circuits of sites and what hangs on them; what each EVSE was told and holds to; needs, prices, alarms."""

from django.core.validators import MinValueValidator
from django.db import models

from saas.kit.models import Public

LINES = ("", "1", "2", "3", "123", "231", "312", "132", "213", "321")


class PriceSeries(Public):
    """What a kWh costs, or emits, hour by hour: for charging in the best hours. The lower the better."""

    class Kind(models.TextChoices):
        PRICE = "price", "Price per kWh"
        CO2 = "co2", "g CO₂ per kWh"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.PRICE)
    currency = models.CharField(max_length=3, blank=True, help_text="Of a price")
    source = models.CharField(max_length=120, blank=True, help_text="Where the figures come from")


class PricePoint(models.Model):
    """One value over a half-open period. Periods of one series do not overlap."""

    series = models.ForeignKey(PriceSeries, on_delete=models.CASCADE, related_name="points")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    value = models.DecimalField(max_digits=14, decimal_places=6)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "start_at"], name="price_point_once")]


class Circuit(Public):
    """A fuse of a site, and what it may carry: chargers, and circuits below it. Limits in mA per line, or W in all."""

    location = models.ForeignKey("sites.Location", on_delete=models.PROTECT, related_name="circuits")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=80)
    limit_ma = models.PositiveIntegerField(null=True, blank=True)
    limit_w = models.PositiveIntegerField(null=True, blank=True)
    voltage_mv = models.PositiveIntegerField(default=230_000, help_text="Between line and neutral")
    reserve_ma = models.PositiveIntegerField(default=0, help_text="Kept per line for what is not a charger")
    load_ma = models.JSONField(default=list, help_text="What others take, per line, as last measured; empty: unknown")
    load_at = models.DateTimeField(null=True)
    fallback_ma = models.PositiveIntegerField(
        default=6_000, help_text="What a charger may take that hears nothing from us, unless it has its own"
    )
    series = models.ForeignKey(PriceSeries, null=True, blank=True, on_delete=models.SET_NULL, related_name="circuits")
    enabled = models.BooleanField(default=True, help_text="False: nobody is told anything. Counts for the root only")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(limit_ma__isnull=False) | models.Q(limit_w__isnull=False), name="circuit_has_a_limit"
            )
        ]


class Member(Public):
    """An EVSE on a circuit."""

    evse = models.OneToOneField("sites.Evse", on_delete=models.CASCADE, related_name="power")
    circuit = models.ForeignKey(Circuit, on_delete=models.CASCADE, related_name="members")
    lines = models.CharField(
        max_length=3, blank=True, help_text="Which lines its L1, L2, L3 are wired to, such as 231; empty: not known"
    )
    max_ma = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    fallback_ma = models.PositiveIntegerField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=0, help_text="Higher goes first")


class ChargingNeed(models.Model):
    """What a session's vehicle wants: by when, how much, and what it can take."""

    class Source(models.TextChoices):
        DRIVER = "driver"
        OPERATOR = "operator"
        VEHICLE = "vehicle"  # ISO 15118, by NotifyEVChargingNeeds

    session = models.OneToOneField("charging.Session", on_delete=models.CASCADE, related_name="need")
    departure_at = models.DateTimeField(null=True)
    energy_wh = models.PositiveIntegerField(null=True, help_text="In all, from the start of the session")
    max_ma = models.PositiveIntegerField(null=True)
    phases = models.PositiveSmallIntegerField(null=True)
    source = models.CharField(max_length=8, choices=Source, default=Source.DRIVER)
    by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField()


class Allocation(models.Model):
    """What an EVSE was last told, whether it agreed, and what it does. Currents in mA per line.

    `agreed_*`, `before_ma`, `asked_*`, `doubt_ma`: see core.Promise.
    """

    class Pending(models.TextChoices):
        LIMIT = "limit"
        BASE = "base"  # the safe default under everything
        READ = "read"  # composite schedule
        PERMIT = "permit"  # an adapter's permit with its full current, once its limit holds

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="allocation")
    session = models.ForeignKey("charging.Session", null=True, on_delete=models.SET_NULL, related_name="+")
    target_ma = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=16, blank=True)
    may_ma = models.PositiveIntegerField(default=0, help_text="Counted with; what it may draw at most")
    agreed_ma = models.PositiveIntegerField(default=0)
    agreed_at = models.DateTimeField(null=True)
    agreed_until = models.DateTimeField(null=True)
    before_ma = models.PositiveIntegerField(default=0)
    asked_ma = models.PositiveIntegerField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_until = models.DateTimeField(null=True)
    doubt_ma = models.PositiveIntegerField(default=0)
    leased = models.BooleanField(default=False, help_text="What it agreed to ends by itself in the safe default")
    shape = models.CharField(max_length=60, blank=True, help_text="How it was told, core.abilities.Shape")
    base_ma = models.PositiveIntegerField(null=True, help_text="Safe default that it agreed to")
    base_asked_ma = models.PositiveIntegerField(null=True)
    base_boot = models.DateTimeField(null=True, help_text="The boot after which it agreed to it")
    base_tries = models.PositiveSmallIntegerField(default=0)
    opened = models.BooleanField(default=False, help_text="Adapters: the permit in force has the full current")
    pending = models.CharField(max_length=6, choices=Pending, blank=True)
    pending_uid = models.UUIDField(null=True)
    quiet_until = models.DateTimeField(null=True, help_text="Not told anything before: it did not answer, or said no")
    read_ma = models.PositiveIntegerField(null=True, help_text="Composite schedule, as it answered")
    read_due = models.BooleanField(default=False)
    measured_ma = models.PositiveIntegerField(null=True)
    measured_at = models.DateTimeField(null=True)
    over_since = models.DateTimeField(null=True, help_text="Since when it draws more than it agreed to")
    corrections = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, help_text="When we stopped its session for drawing too much")
    slack_since = models.DateTimeField(null=True, help_text="Since when it takes much less than it may")
    useful_ma = models.PositiveIntegerField(null=True, help_text="More than this its vehicle did not take")
    waiting_since = models.DateTimeField(null=True)
    running_since = models.DateTimeField(null=True)
    resumes_at = models.DateTimeField(null=True, help_text="When the plan lets it charge again")
    updated_at = models.DateTimeField(null=True)


class Capability(models.Model):
    """What a station can do with charging profiles, and which ways of limiting it has refused."""

    class State(models.TextChoices):
        UNKNOWN = "unknown"
        ASKED = "asked"
        KNOWN = "known"
        SILENT = "silent"  # it did not say; the ladder finds out

    station = models.OneToOneField("stations.Station", on_delete=models.CASCADE, related_name="smart_charging")
    state = models.CharField(max_length=7, choices=State, default=State.UNKNOWN)
    units = models.CharField(max_length=3, blank=True, help_text="A, W or A,W")
    max_stack = models.PositiveIntegerField(null=True)
    max_periods = models.PositiveIntegerField(null=True)
    max_profiles = models.PositiveIntegerField(null=True)
    switches_phases = models.BooleanField(null=True)
    smart = models.BooleanField(null=True)
    reads_back = models.BooleanField(null=True, help_text="It answers GetCompositeSchedule")
    heard = models.JSONField(default=dict, help_text="Its own words, by name")
    refused = models.JSONField(default=list, help_text="Names of core.abilities.Shape that it refused, or ignored")
    accepted = models.JSONField(default=list, help_text="Names of those that it took")
    hopeless = models.BooleanField(default=False, help_text="It has no smart charging, or refused every way")
    firmware = models.CharField(max_length=50, blank=True, help_text="Of which this is true")
    booted_at = models.DateTimeField(null=True, help_text="The boot after which it was asked")
    command_uid = models.UUIDField(null=True)
    asked_at = models.DateTimeField(null=True)
    learned_at = models.DateTimeField(null=True)


class Alarm(Public):
    """Something about a limit that a person should know. Open until `cleared_at`."""

    class Kind(models.TextChoices):
        IGNORES = "ignores"  # draws more than it agreed to
        STOPPED = "stopped"  # its session was stopped for that
        OVER_LIMIT = "over_limit"  # a circuit carries more than its limit, as measured
        NO_ROOM = "no_room"  # what cannot be steered may take more than the limit
        NO_ANSWER = "no_answer"  # it does not confirm its limit
        UNLIMITABLE = "unlimitable"  # no way of limiting it works

    circuit = models.ForeignKey(Circuit, on_delete=models.CASCADE, related_name="alarms")
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=12, choices=Kind)
    detail = models.JSONField(default=dict, help_text="Currents in mA")
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["circuit", "member", "kind"],
                condition=models.Q(cleared_at=None),
                nulls_distinct=False,
                name="alarm_open_once",
            )
        ]
