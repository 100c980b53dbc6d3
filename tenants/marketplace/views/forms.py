"""Forms of hosts: each step of an offer is one of them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from saas.kit.errors import Refused
from saas.web import words
from saas.web.refusals import sentence

from ..availability import Weekly
from ..offering import check_adapter


class ChargerForm(forms.Form):
    """What it is."""

    title = forms.CharField(
        label=_("Name"),
        min_length=3,
        max_length=80,
        help_text=_("What drivers see first, such as “Garage on Fredrikinkatu”. Leave the house number out."),
    )
    connector = forms.ChoiceField(label=_("Plug"), choices=list(words.CONNECTORS.items()), initial="IEC_62196_T2")
    power_kw = forms.DecimalField(
        label=_("Power in kW"),
        min_value=1,
        max_value=400,
        decimal_places=1,
        initial="7.4",
        help_text=_("The most the charger can give."),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("How to get in, where to park, what to look out for."),
    )
    amenities = forms.MultipleChoiceField(
        label=_("At the charger"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(key, word) for key, (_icon, word) in words.AMENITIES.items()],
    )


class AdapterForm(forms.Form):
    """How we reach it."""

    device_id = forms.CharField(
        label=_("Adapter id"),
        max_length=40,
        help_text=_("On the sticker under the QR code; it begins with ad_."),
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "none",
                "autocomplete": "off",
                "spellcheck": "false",
                "class": "mono",
                "dir": "ltr",
            }
        ),
    )

    def clean_device_id(self) -> str:
        device_id = str(self.cleaned_data["device_id"]).strip()
        try:
            check_adapter(device_id)
        except Refused as refusal:
            raise ValidationError(sentence(refusal)) from refusal
        return device_id


class PlaceForm(forms.Form):
    """Where it is. The exact position stays private."""

    address = forms.CharField(
        label=_("Street and number"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "street-address"})
    )
    postal_code = forms.CharField(
        label=_("Postal code"),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )
    city = forms.CharField(
        label=_("City"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "address-level2"})
    )
    latitude = forms.FloatField(
        label=_("Latitude"), min_value=-90, max_value=90, widget=forms.NumberInput(attrs={"step": "any", "dir": "ltr"})
    )
    longitude = forms.FloatField(
        label=_("Longitude"),
        min_value=-180,
        max_value=180,
        widget=forms.NumberInput(attrs={"step": "any", "dir": "ltr"}),
    )


class PriceForm(forms.Form):
    """What it costs, before tax."""

    per_hour = forms.DecimalField(
        label=_("Per hour"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        help_text=_("Charged by the minute. Leave empty for a price per kWh only."),
    )
    per_kwh = forms.DecimalField(
        label=_("Per kWh"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        help_text=_("Where the law lets you sell by the kWh."),
    )

    def clean(self) -> dict[str, Any]:
        held = super().clean() or {}
        if not held.get("per_hour") and not held.get("per_kwh"):
            raise ValidationError(_("Set a price per hour, per kWh, or both."))
        return held


class WeekForm(forms.Form):
    """When it may be used: one period a day, in the place's own time. 00:00 as the end is midnight."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clock = forms.TimeInput(attrs={"type": "time", "class": "input"}, format="%H:%M")
        for weekday in range(7):
            name = WEEKDAYS[weekday]
            self.fields[f"open_{weekday}"] = forms.BooleanField(label=name, required=False, initial=True)
            self.fields[f"from_{weekday}"] = forms.TimeField(
                label=_("from"), required=False, initial="00:00", widget=clock
            )
            self.fields[f"to_{weekday}"] = forms.TimeField(label=_("to"), required=False, initial="00:00", widget=clock)

    def days(self) -> list[dict[str, Any]]:
        return [{"open": self[f"open_{n}"], "start": self[f"from_{n}"], "end": self[f"to_{n}"]} for n in range(7)]

    def clean(self) -> dict[str, Any]:
        held = super().clean() or {}
        for weekday in range(7):
            if held.get(f"open_{weekday}") and _minutes(held, weekday)[0] >= _minutes(held, weekday)[1]:
                self.add_error(f"to_{weekday}", _("The end comes after the start."))
        return held

    def weekly(self) -> list[Weekly]:
        return [(n, *_minutes(self.cleaned_data, n)) for n in range(7) if self.cleaned_data[f"open_{n}"]]


def _minutes(held: dict[str, Any], weekday: int) -> tuple[int, int]:
    start, end = held.get(f"from_{weekday}"), held.get(f"to_{weekday}")
    first = start.hour * 60 + start.minute if start else 0
    last = end.hour * 60 + end.minute if end else 0
    return first, last or 1440


def week_initial(weekly: list[Weekly]) -> dict[str, Any]:
    """The form's values of a week that is stored. Days with several periods show the first start and the last end."""
    held: dict[str, Any] = {f"open_{n}": False for n in range(7)}
    for weekday in {row[0] for row in weekly}:
        parts = [row for row in weekly if row[0] == weekday]
        held[f"open_{weekday}"] = True
        held[f"from_{weekday}"] = _clock(min(row[1] for row in parts))
        held[f"to_{weekday}"] = _clock(max(row[2] for row in parts))
    return held


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
