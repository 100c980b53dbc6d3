"""Forms of credits. People type grams, percent and hours."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from saas.kit.money import currency, round_minor

from . import methods
from .actions import RuleTerms

DAY = {"attrs": {"type": "date"}, "format": "%Y-%m-%d"}
WORDS = {
    "fleet": _("Fleet of the published defaults"),
    "project_year": _("Year of the project, from 1"),
    "grid_mg_per_kwh": _("Average grid factor, mg CO2e per kWh"),
    "grid_source": _("Source of the grid factor"),
    "vehicle_class": _("Class of the vehicles"),
    "ci_g_per_mj": _("Carbon intensity of the electricity, g CO2e per MJ"),
    "ci_source": _("Source of the carbon intensity"),
    "electricity": _("Electricity"),
}
NUMBERS = ("project_year", "grid_mg_per_kwh")


class MethodForm(forms.Form):
    """First step: by which methodology."""

    method = forms.ChoiceField(
        label=_("Methodology"), choices=[(f"{m.method}:{m.version}", m.title) for m in methods.METHODS]
    )


class BatchForm(forms.Form):
    """Second step: which sessions, for whom, and what the methodology asks."""

    region = forms.CharField(label=_("Country of the sites"), min_length=2, max_length=2, help_text=_("Two letters"))
    period_start = forms.DateField(label=_("From"), widget=forms.DateInput(**DAY))  # type: ignore[arg-type]
    last_day = forms.DateField(
        label=_("To, included"), widget=forms.DateInput(**DAY),  # type: ignore[arg-type]
        help_text=_("Within one calendar year, which is the vintage. Days are UTC."),
    )  # fmt: skip
    organisation = forms.ChoiceField(label=_("Only sites of"), required=False)

    def __init__(self, *args: Any, found: methods.Method, organisations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        self.fields["organisation"].choices = [("", _("All sites")), *organisations]  # type: ignore[attr-defined]
        for name in found.asks:
            self.fields[name] = _field(name)

    def wanted(self) -> dict[str, Any]:
        """As `reading.wanted` takes it."""
        held = self.cleaned_data
        last: date = held["last_day"]
        return {
            "method": self.found.method,
            "version": self.found.version,
            "inputs": {name: held[name] for name in self.found.asks if held.get(name) not in (None, "")},
            "region": held["region"].upper(),
            "period_start": held["period_start"],
            "period_end": last + timedelta(days=1),
            "organisation": UUID(held["organisation"]) if held["organisation"] else None,
        }


def _field(name: str) -> forms.Field:
    if name in methods.CHOICES:
        return forms.ChoiceField(label=WORDS[name], choices=[(value, value) for value in methods.CHOICES[name]])
    if name in NUMBERS:
        return forms.IntegerField(label=WORDS[name], min_value=0, initial=1 if name == "project_year" else None)
    return forms.CharField(label=WORDS[name], max_length=120)


class VerifyForm(forms.Form):
    verifier = forms.CharField(label=_("Verification body"), max_length=120)
    verification = forms.CharField(label=_("Its report: number or address"), max_length=200)


class SplitForm(forms.Form):
    grams = forms.CharField(
        label=_("Grams of each part"), max_length=400, help_text=_("With commas between them; together the whole.")
    )

    def clean_grams(self) -> list[int]:
        parts = str(self.cleaned_data["grams"]).replace(";", ",").split(",")
        try:
            return [int(part.strip()) for part in parts]
        except ValueError as error:
            raise forms.ValidationError(_("Whole numbers with commas between them.")) from error


class TransferForm(forms.Form):
    to = forms.CharField(label=_("New owner"), max_length=120)
    grams = forms.IntegerField(label=_("Only so many grams"), required=False, min_value=1)


class RetireForm(forms.Form):
    retired_for = forms.CharField(label=_("For whose emissions"), max_length=120)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    grams = forms.IntegerField(label=_("Only so many grams"), required=False, min_value=1)


class RuleForm(forms.Form):
    """A new version of the rule for green charging, from a local day on."""

    basis = forms.ChoiceField(
        label=_("What counts"),
        choices=[
            ("off_peak", _("Energy inside the daily window, by the clock of the site")),
            ("contract", _("All energy: it is covered by the certificate or contract below")),
        ],
    )
    window_start = forms.TimeField(label=_("Window begins"), initial=time(22), widget=forms.TimeInput(
        attrs={"type": "time"}, format="%H:%M"))  # fmt: skip
    window_end = forms.TimeField(label=_("Window ends"), initial=time(6), widget=forms.TimeInput(
        attrs={"type": "time"}, format="%H:%M"), help_text=_("Before the begin: on the next day."))  # fmt: skip
    instrument = forms.CharField(label=_("Certificate or contract"), max_length=200, required=False)
    per_kwh = forms.DecimalField(
        label=_("Reward per kWh"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=5
    )
    percent = forms.DecimalField(
        label=_("Or per cent of its price"), required=False, min_value=Decimal(0), max_value=100, decimal_places=2
    )
    cap = forms.DecimalField(label=_("At most per driver and month"), min_value=Decimal(0), max_digits=15)
    valid_from = forms.DateField(label=_("Holds from"), widget=forms.DateInput(**DAY))  # type: ignore[arg-type]
    enabled = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    def terms(self, code: str) -> RuleTerms:
        held, unit = self.cleaned_data, 10 ** currency(code).exponent
        return RuleTerms(
            basis=held["basis"],
            window_start=_minute(held["window_start"]),
            window_end=_minute(held["window_end"]),
            instrument=held["instrument"],
            minor_per_mwh=round_minor(Fraction(held["per_kwh"] or 0) * unit * 1000),
            percent_bp=round_minor(Fraction(held["percent"] or 0) * 100),
            cap_minor=round_minor(Fraction(held["cap"]) * unit),
            enabled=held["enabled"],
        )

    def begins(self, zone: str, now: datetime) -> datetime:
        """Midnight of the tenant's day; now where that is today."""
        midnight = datetime.combine(self.cleaned_data["valid_from"], time(), ZoneInfo(zone)).astimezone(UTC)
        today = now.astimezone(ZoneInfo(zone)).date() == self.cleaned_data["valid_from"]
        return now if today else midnight


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


class PayoutForm(forms.Form):
    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), max_digits=15)
    reference = forms.CharField(label=_("The transfer that paid it"), max_length=80)
