"""Claims on charged energy, what they are worth in grams, who holds it, and rewards for green charging.

The database keeps the rules (migration 0002): states go one way, one session is in at most one claim, serials never
overlap, a split loses nothing, and what is verified, retired or written in a history never changes.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from saas.kit.models import Public


class Batch(Public):
    """Sessions claimed for one methodology and one beneficiary: OPEN → LOCKED → VERIFIED, one way, or CANCELLED."""

    class State(models.TextChoices):
        OPEN = "open"
        LOCKED = "locked"
        VERIFIED = "verified"
        CANCELLED = "cancelled"

    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    method = models.CharField(max_length=20)
    version = models.CharField(max_length=10)
    inputs = models.JSONField(help_text="Of the methodology, but for the energy")
    region = models.CharField(max_length=2, help_text="ISO 3166-1 of the sites")
    period_start = models.DateField()
    period_end = models.DateField(help_text="First day after the period; both in UTC, within one year")
    organisation = models.ForeignKey("accounts.Organisation", null=True, on_delete=models.PROTECT)
    beneficiary = models.CharField(max_length=120, help_text="Whom the claim belongs to, by name")
    energy_wh = models.BigIntegerField(default=0)
    sessions = models.PositiveIntegerField(default=0)
    grams = models.BigIntegerField(null=True, help_text="Since it is locked")
    record = models.JSONField(null=True, help_text="contracts.methodologies.record: rebuilds the grams")
    made_by = models.CharField(max_length=36, help_text="uid of the person")
    locked_by = models.CharField(max_length=36, blank=True)
    locked_at = models.DateTimeField(null=True)
    verified_by = models.CharField(max_length=36, blank=True)
    verified_at = models.DateTimeField(null=True)
    verifier = models.CharField(max_length=120, blank=True, help_text="The body that verified, by name")
    verification = models.CharField(max_length=200, blank=True, help_text="Its report: number or address")
    cancelled_at = models.DateTimeField(null=True)


class EnergyClaim(models.Model):
    """All energy of one session, claimed once."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="claims")
    session = models.OneToOneField("charging.Session", on_delete=models.PROTECT, related_name="energy_claim")
    energy_wh = models.BigIntegerField()
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(energy_wh__gt=0), name="credits_claim_some_energy")]


class SerialCounter(models.Model):
    """The highest serial given out by this tenant; one row. Serials have no gaps."""

    last = models.BigIntegerField(default=0)


class Block(Public):
    """A range of serials, one gram of CO2e each, both ends included. A split block lives on in its children."""

    class State(models.TextChoices):
        HELD = "held"
        SPLIT = "split"
        RETIRED = "retired"

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="blocks")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    owner = models.CharField(max_length=120)
    retired_at = models.DateTimeField(null=True)
    retired_for = models.CharField(max_length=120, blank=True, help_text="Whose emissions it offsets, by name")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-id"])]
        constraints = [
            models.CheckConstraint(condition=Q(first__gte=1, last__gte=F("first")), name="credits_block_range"),
            ExclusionConstraint(
                name="credits_serials_once",
                expressions=[
                    (
                        Func(F("first"), F("last"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    )
                ],
                condition=~Q(state="split"),
            ),
        ]

    @property
    def grams(self) -> int:
        return self.last - self.first + 1


class BlockEvent(models.Model):
    """What happened to a block. Rows are only added."""

    id = models.BigAutoField(primary_key=True)
    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="events")
    verb = models.CharField(max_length=12)  # issued, split, transferred, retired, filed
    grams = models.BigIntegerField()
    owner_before = models.CharField(max_length=120, blank=True)
    owner_after = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=36, help_text="uid of the person")
    at = models.DateTimeField()


class Filing(Public):
    """A block told to a registry, and what it answered."""

    class State(models.TextChoices):
        SENDING = "sending"
        FILED = "filed"
        FAILED = "failed"

    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="filings")
    registry = models.CharField(max_length=20)
    stand_in = models.BooleanField()
    state = models.CharField(max_length=8, choices=State, default=State.SENDING)
    document = models.JSONField(help_text="Exactly what was sent")
    reference = models.CharField(max_length=200, blank=True, help_text="The registry's own id, or the file")
    error = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()


class GreenRule(Public):
    """A version of the rule for green charging. The newest that is valid holds; sessions keep the one they had."""

    class Basis(models.TextChoices):
        OFF_PEAK = "off_peak"  # energy inside the daily window, by the clock of the site
        CONTRACT = "contract"  # all energy: a contract instrument covers it

    version = models.PositiveIntegerField(unique=True)
    valid_from = models.DateTimeField()
    enabled = models.BooleanField(default=True)
    basis = models.CharField(max_length=10, choices=Basis)
    window_start = models.PositiveSmallIntegerField(default=0, help_text="Minute of the day")
    window_end = models.PositiveSmallIntegerField(default=0, help_text="Minute; at or before the start: over midnight")
    instrument = models.CharField(max_length=200, blank=True, help_text="Certificate or contract that covers it")
    minor_per_mwh = models.BigIntegerField(default=0)
    percent_bp = models.PositiveIntegerField(default=0, help_text="Of the price of the rewarded energy")
    cap_minor = models.BigIntegerField(help_text="Per driver and calendar month")
    made_by = models.CharField(max_length=36)


class GreenGrant(Public):
    """What one session was rewarded with, once; 0 where the rule gave nothing."""

    session = models.OneToOneField("charging.Session", on_delete=models.PROTECT, related_name="green_grant")
    rule = models.ForeignKey(GreenRule, on_delete=models.PROTECT)
    driver = models.ForeignKey("accounts.User", on_delete=models.PROTECT)
    month = models.CharField(max_length=7, help_text="Of the cap: YYYY-MM in the tenant's time")
    energy_wh = models.BigIntegerField(help_text="Of the session, rewarded")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    capped = models.BooleanField(default=False)
    granted_at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["driver", "month"])]
