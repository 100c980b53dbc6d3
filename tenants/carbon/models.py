"""What the grid does not tell: instruments of the market-based method, fuel of vehicles, factors of one's own.

Nothing here is overwritten. What changes is entered anew and replaces the old row, which stays; what was wrong is
withdrawn. A row is in force while `current` is set.
"""

from django.db import models

from saas.contracts.carbon import ENERGY_SOURCES, FACTOR_UNITS, FUELS, INSTRUMENT_KINDS
from saas.kit.models import Public


def _choices(words: object) -> list[tuple[str, str]]:
    return [(word, word) for word in words]  # type: ignore[attr-defined]


class Entered(Public):
    """Who entered a row, for whom (empty: the tenant itself), and whether it is in force."""

    organisation = models.ForeignKey("accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT)
    entered_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    current = models.BooleanField(default=True)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True


class Instrument(Entered):
    """A certificate, contract, supplier's rate or residual mix (GHG Protocol Scope 2 Guidance, chapter 6)."""

    kind = models.CharField(max_length=12, choices=_choices(INSTRUMENT_KINDS))
    name = models.CharField(max_length=120)
    evidence = models.CharField(max_length=400, blank=True, help_text="Serial numbers, contract number, address")
    registry = models.CharField(max_length=80, blank=True)
    energy_source = models.CharField(max_length=10, choices=_choices(ENERGY_SOURCES))
    technology = models.CharField(max_length=60, blank=True)
    regions = models.JSONField(help_text="Countries of its market, ISO 3166 alpha-2")
    site = models.CharField(max_length=120, blank=True, help_text="Empty: any site in its market")
    produced_from = models.DateField(null=True, blank=True)
    produced_to = models.DateField(null=True, blank=True, help_text="First day after the production")
    valid_from = models.DateField(help_text="First day of the consumption that it may cover")
    valid_to = models.DateField(help_text="First day after it")
    volume_wh = models.BigIntegerField(null=True, blank=True, help_text="Empty: a rate for any amount")
    mg_per_kwh = models.BigIntegerField()
    gas_basis = models.CharField(max_length=8)
    source = models.CharField(max_length=200, help_text="Who states the emission rate, and where")
    quality = models.JSONField(default=list, help_text="Quality criteria that are met")
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")


class FuelEntry(Entered):
    """Fuel that one vehicle took in the local days [first_day, end_day)."""

    vehicle = models.CharField(max_length=40)
    fuel = models.CharField(max_length=12, choices=_choices(FUELS))
    volume_ml = models.BigIntegerField()
    country = models.CharField(max_length=2)
    first_day = models.DateField()
    end_day = models.DateField()
    receipt = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "vehicle", "fuel", "first_day", "end_day", "receipt"],
                condition=models.Q(current=True),
                nulls_distinct=False,
                name="fuel_entry_once",
            )
        ]


class Factor(Entered):
    """An emission factor of the tenant's own. Versions of one factor share `base_uid`; the newest is in force."""

    base_uid = models.UUIDField(db_index=True)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=16, choices=_choices(FACTOR_UNITS))
    activity = models.CharField(max_length=12, help_text="electricity, or the fuel")
    region = models.CharField(max_length=2)
    year = models.PositiveIntegerField()
    value = models.BigIntegerField(help_text="mg/kWh, mg/l or Wh/l, by kind")
    published = models.CharField(max_length=30, help_text="The number as the source has it")
    unit = models.CharField(max_length=40, help_text="Its unit there")
    gas_basis = models.CharField(max_length=8)
    gwp = models.CharField(max_length=40, blank=True)
    boundary = models.CharField(max_length=120)
    boundary_kind = models.CharField(max_length=12)
    source = models.CharField(max_length=200)
    source_url = models.CharField(max_length=300, blank=True)
    licence = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(help_text="First day after it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["base_uid", "version"], name="factor_version_once")]
