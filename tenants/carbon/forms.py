"""Forms of the carbon pages: what people have on paper (kWh, grams, litres, last days) to what is kept."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from saas.contracts.carbon import ENERGY_SOURCES, FACTOR_UNITS, FUELS, INSTRUMENT_KINDS

from .actions import WantedFactor, WantedFuel, WantedInstrument
from .models import Factor, Instrument
from .quality import KNOWN

KINDS = {
    "certificate": _("Certificate (guarantee of origin, REC)"), "contract": _("Contract with a plant (PPA)"),
    "supplier": _("Rate of the supplier"), "residual": _("Residual mix"),
}  # fmt: skip
SOURCES = {
    "renewable": _("Renewable"), "nuclear": _("Nuclear"), "fossil": _("Fossil"), "unknown": _("Unknown or mixed"),
}  # fmt: skip
FUEL_WORDS = {
    "petrol": _("Petrol"), "diesel": _("Diesel"), "lpg": _("LPG"), "biodiesel": _("Biodiesel"), "hvo": _("HVO"),
    "ethanol": _("Ethanol"),
}  # fmt: skip
FACTOR_KINDS = {
    "grid_location": _("Electricity: average of the grid"),
    "grid_upstream": _("Electricity: upstream of generation"),
    "grid_losses": _("Electricity: losses of the grid"),
    "fuel": _("Fuel: combustion"),
    "fuel_upstream": _("Fuel: upstream (well to tank)"),
    "fuel_energy": _("Fuel: energy content"),
}
BOUNDARY_WORDS = {
    "generation": _("Generation only"), "life_cycle": _("Life cycle of generation"), "upstream": _("Upstream"),
    "losses": _("Losses"), "combustion": _("Combustion"), "content": _("Energy content"),
}  # fmt: skip
CRITERIA = {
    "conveys_rate": _("It states the emission rate of the generation it stands for."),
    "sole_claim": _("It is the only instrument that carries this claim."),
    "redeemed": _("It is tracked, and redeemed, retired or cancelled for us."),
    "close_in_time": _("It was issued and redeemed close to the consumption."),
    "same_market": _("It comes from the market in which the consumption is."),
    "transferred": _("The contract transfers the attributes to us alone."),
    "delivered_mix": _("The rate is of the delivered mix, with the supplier's certificates in it."),
    "residual_published": _("The residual mix is published for this market and year."),
}
_DAY: dict[str, Any] = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
_ONE = timedelta(days=1)


def _words(keys: object, names: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(key, names[key]) for key in keys]  # type: ignore[attr-defined]


class ForSomebody(forms.Form):
    """An entry of the tenant itself or of an organisation, where the person may enter for more than one."""

    organisation = forms.ChoiceField(label=_("Whose"), required=False)

    def __init__(self, *args: Any, whose: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = whose


class InstrumentForm(ForSomebody):
    kind = forms.ChoiceField(label=_("Kind"), choices=_words(INSTRUMENT_KINDS, KINDS))
    name = forms.CharField(label=_("Name"), max_length=120)
    volume_kwh = forms.DecimalField(
        label=_("Volume in kWh"), min_value=Decimal("0.001"), max_digits=16, decimal_places=3, required=False,
        help_text=_("Leave it empty for a rate that holds for any amount."),
    )  # fmt: skip
    g_per_kwh = forms.DecimalField(
        label=_("Emission rate in g CO2e per kWh"), min_value=0, max_digits=9, decimal_places=3, initial=0
    )
    energy_source = forms.ChoiceField(label=_("Energy source"), choices=_words(ENERGY_SOURCES, SOURCES))
    technology = forms.CharField(label=_("Technology"), max_length=60, required=False)
    regions = forms.CharField(
        label=_("Countries of its market"), max_length=250, help_text=_("Two letters each, with commas: FI, SE."),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )  # fmt: skip
    site = forms.CharField(
        label=_("Only at this site"), max_length=120, required=False, help_text=_("Empty: anywhere in its market.")
    )
    valid_from = forms.DateField(label=_("Covers consumption from"), **_DAY)
    last_day = forms.DateField(label=_("To, included"), **_DAY)
    produced_from = forms.DateField(label=_("Produced from"), required=False, **_DAY)
    produced_last = forms.DateField(label=_("Produced to, included"), required=False, **_DAY)
    registry = forms.CharField(label=_("Registry"), max_length=80, required=False)
    evidence = forms.CharField(
        label=_("Evidence"), max_length=400, required=False, help_text=_("Serial numbers, contract, address of a file.")
    )
    source = forms.CharField(label=_("Who states the emission rate"), max_length=200)
    quality = forms.MultipleChoiceField(
        label=_("Quality criteria that are met"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=_words(KNOWN, CRITERIA), help_text=_("GHG Protocol Scope 2 Guidance, table 7.1."),
    )  # fmt: skip

    def wanted(self) -> WantedInstrument:
        held = self.cleaned_data
        same = ("kind", "name", "energy_source", "technology", "site", "valid_from", "produced_from", "registry",
                "evidence", "source")  # fmt: skip
        return WantedInstrument(
            **{name: held[name] for name in same},
            regions=tuple(dict.fromkeys(part.strip().upper() for part in held["regions"].split(",") if part.strip())),
            valid_to=held["last_day"] + _ONE, quality=tuple(held["quality"]), mg_per_kwh=int(held["g_per_kwh"] * 1000),
            produced_to=held["produced_last"] + _ONE if held["produced_last"] else None,
            volume_wh=int(held["volume_kwh"] * 1000) if held["volume_kwh"] is not None else None,
        )  # fmt: skip


class FuelForm(ForSomebody):
    vehicle = forms.CharField(label=_("Vehicle"), max_length=40)
    fuel = forms.ChoiceField(label=_("Fuel"), choices=_words(FUELS, FUEL_WORDS))
    litres = forms.DecimalField(label=_("Litres"), min_value=Decimal("0.001"), max_digits=10, decimal_places=3)
    first_day = forms.DateField(label=_("Day"), **_DAY)
    last_day = forms.DateField(label=_("Last day, where there are several"), required=False, **_DAY)
    country = forms.CharField(label=_("Country"), min_length=2, max_length=2)
    receipt = forms.CharField(label=_("Receipt"), max_length=60, required=False)

    def wanted(self) -> WantedFuel:
        held = self.cleaned_data
        last: date = held["last_day"] or held["first_day"]
        return WantedFuel(
            vehicle=" ".join(held["vehicle"].upper().split()), fuel=held["fuel"], volume_ml=int(held["litres"] * 1000),
            country=held["country"].upper(), first_day=held["first_day"], end_day=last + _ONE, receipt=held["receipt"],
        )  # fmt: skip


class FactorForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=_words(FACTOR_UNITS, FACTOR_KINDS))
    activity = forms.ChoiceField(label=_("Of"), choices=[("electricity", _("Electricity")), *_words(FUELS, FUEL_WORDS)])
    region = forms.CharField(label=_("Country"), min_length=2, max_length=2)
    year = forms.IntegerField(label=_("Year"), min_value=1990, max_value=2100)
    published = forms.CharField(
        label=_("Published value"), max_length=18, help_text=_("kg per kWh, kg per litre, or MJ per litre."),
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "decimal"}),
    )  # fmt: skip
    gas_basis = forms.ChoiceField(label=_("Gases"), choices=[("CO2e", "CO2e"), ("CO2", "CO2"), ("none", "–")])
    gwp = forms.CharField(label=_("Global warming potentials"), max_length=40, required=False)
    boundary_kind = forms.ChoiceField(label=_("Boundary"), choices=list(BOUNDARY_WORDS.items()))
    boundary = forms.CharField(label=_("Boundary in words"), max_length=120)
    source = forms.CharField(label=_("Source"), max_length=200)
    source_url = forms.CharField(label=_("Address of the source"), max_length=300, required=False)
    licence = forms.CharField(label=_("Licence"), max_length=120)
    valid_from = forms.DateField(label=_("Valid from"), **_DAY)
    last_day = forms.DateField(label=_("To, included"), **_DAY)

    def wanted(self) -> WantedFactor:
        held = {name: value for name, value in self.cleaned_data.items() if name != "last_day"}
        return WantedFactor(
            **held | {"region": held["region"].upper(), "valid_to": self.cleaned_data["last_day"] + _ONE}
        )


def of_instrument(row: Instrument) -> dict[str, Any]:
    """What the form shows of an instrument that is to be replaced."""
    same = ("kind", "name", "energy_source", "technology", "site", "valid_from", "produced_from", "registry",
            "evidence", "source", "quality")  # fmt: skip
    return {name: getattr(row, name) for name in same} | {
        "regions": ", ".join(row.regions), "last_day": row.valid_to - _ONE,
        "produced_last": row.produced_to - _ONE if row.produced_to else None,
        "g_per_kwh": Decimal(row.mg_per_kwh) / 1000,
        "volume_kwh": Decimal(row.volume_wh) / 1000 if row.volume_wh is not None else None,
        "organisation": str(row.organisation.uid) if row.organisation else "",
    }  # fmt: skip


def of_factor(row: Factor) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FactorForm.base_fields if name != "last_day"} | {
        "last_day": row.valid_to - _ONE
    }
