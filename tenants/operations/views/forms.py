"""Forms of the operations pages."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .. import configuring, words
from ..actions import Described, Plan, Wanted
from ..models import FirmwareImage, Group
from ..queries import all_groups, locations
from ..verbs import Verb

MONO = {"dir": "ltr", "class": "mono", "autocomplete": "off", "spellcheck": "false"}
MINUTES, HOURS = 60, 3600


class GroupForm(forms.Form):
    """What a group is."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(words.KINDS.items()))
    location = forms.ChoiceField(
        label=_("Location"), required=False, help_text=_("Every device there belongs to the group, also later ones.")
    )
    vendor = forms.CharField(
        label=_("Vendor"), max_length=50, required=False, help_text=_("Only of this vendor. * stands for anything.")
    )
    model = forms.CharField(label=_("Model"), max_length=50, required=False)
    parent = forms.ChoiceField(label=_("Lies in"), required=False)

    def __init__(self, *args: Any, group: Group | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups = {str(row.uid): row for row in all_groups() if row != group}
        self._locations = {str(row.uid): row for row in locations()}
        nothing = [("", "–")]
        self._choose("parent", nothing + [(uid, row.name) for uid, row in self._groups.items()])
        self._choose("location", nothing + [(uid, f"{row.name}, {row.city}") for uid, row in self._locations.items()])

    def _choose(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """As actions take it."""
        held = self.cleaned_data
        return Wanted(
            name=held["name"], kind=held["kind"], vendor=held["vendor"], model=held["model"],
            parent=self._groups.get(held["parent"]), location=self._locations.get(held["location"]),
        )  # fmt: skip


def initial_of(group: Group) -> dict[str, str]:
    """What the form shows of a group that is there."""
    return {
        "name": group.name, "kind": group.kind, "vendor": group.vendor, "model": group.model,
        "parent": str(group.parent.uid) if group.parent else "",
        "location": str(group.location.uid) if group.location else "",
    }  # fmt: skip


class VerbForm(forms.Form):
    """The parameters of a verb, and how it goes through the group."""

    def __init__(self, *args: Any, verb: Verb, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._verb = verb
        for field in verb.fields:
            self.fields[field.name] = _field(field.label, field.default, field.choices, field.most)
        if verb.interrupts:
            self.fields["spare_charging"] = forms.BooleanField(
                label=_("Leave those alone that charge, until they are free"), required=False, initial=True
            )
        self.fields["wait_minutes"] = forms.IntegerField(
            label=_("Wait for devices that are away, in minutes"), min_value=0, max_value=10_080, initial=10
        )
        self.fields["concurrency"] = forms.IntegerField(
            label=_("At most so many at once"), min_value=1, max_value=500, initial=20
        )

    def given(self) -> dict[str, Any]:
        """As start_action takes it."""
        held = self.cleaned_data
        parameters = {field.name: held[field.name] for field in self._verb.fields}
        return {
            "parameters": parameters, "wait_s": held["wait_minutes"] * MINUTES, "concurrency": held["concurrency"],
            "spare_charging": held.get("spare_charging"),
        }  # fmt: skip


def _field(label: Any, default: Any, choices: Any, most: int) -> forms.Field:
    if choices:
        return forms.ChoiceField(label=label, choices=list(choices), initial=default)
    if isinstance(default, int):
        return forms.IntegerField(label=label, min_value=0, max_value=most, initial=default)
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(attrs=MONO))


class ImageForm(forms.Form):
    """A firmware image."""

    kind = forms.ChoiceField(label=_("For"), choices=[("ocpp", _("OCPP stations")), ("adapter", _("Our adapters"))])
    file = forms.FileField(label=_("File"))
    version = forms.CharField(
        label=_("Version"), max_length=50, required=False,
        help_text=_("Exactly as the device reports it afterwards. An adapter's manifest says it by itself."),
    )  # fmt: skip
    vendor = forms.CharField(label=_("Vendor"), max_length=50, required=False)
    model = forms.CharField(
        label=_("Model"), max_length=50, required=False, help_text=_("Empty: every model. * stands for anything.")
    )
    signature = forms.CharField(
        label=_("Signature or manifest"), required=False, max_length=4000,
        widget=forms.Textarea(attrs={**MONO, "rows": 3}),
        help_text=_("Adapters: the manifest that `wattlane firmware sign` wrote. Stations: the vendor's, base64."),
    )  # fmt: skip
    certificate = forms.CharField(
        label=_("The vendor's signing certificate"), required=False, max_length=5500,
        widget=forms.Textarea(attrs={**MONO, "rows": 3}),
    )  # fmt: skip
    notes = forms.CharField(label=_("Notes"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))

    def described(self) -> Described:
        """As actions take it."""
        return Described(**{name: value for name, value in self.cleaned_data.items() if name != "file"})


class PlanForm(forms.Form):
    """How carefully."""

    stages = forms.CharField(
        label=_("Stages in per cent"), initial="1, 10, 50, 100", max_length=80, widget=forms.TextInput(attrs=MONO),
        help_text=_("Rising, the last is 100. Each stage begins when the one before has proved itself."),
    )  # fmt: skip
    failure_limit_pct = forms.IntegerField(
        label=_("Stop when more than so many per cent of a stage fail"), min_value=0, max_value=100, initial=5
    )
    soak_minutes = forms.IntegerField(
        label=_("Rest between stages, in minutes"), min_value=0, max_value=43_200, initial=60
    )
    timeout_minutes = forms.IntegerField(
        label=_("Time for each device, in minutes"), min_value=1, max_value=10_080, initial=60
    )
    patience_hours = forms.IntegerField(
        label=_("Wait for devices that are away or charge, in hours"), min_value=0, max_value=720, initial=24
    )

    def clean_stages(self) -> tuple[int, ...]:
        """Numbers between commas or spaces."""
        try:
            return tuple(int(part) for part in self.cleaned_data["stages"].replace(",", " ").replace("%", " ").split())
        except ValueError as error:
            raise forms.ValidationError(_("Whole numbers, such as 1, 10, 50, 100.")) from error

    def plan(self) -> Plan:
        """As actions take it."""
        held = self.cleaned_data
        return Plan(
            stages=held["stages"], failure_limit_pct=held["failure_limit_pct"],
            soak_s=held["soak_minutes"] * MINUTES, device_timeout_s=held["timeout_minutes"] * MINUTES,
            patience_s=held["patience_hours"] * HOURS,
        )  # fmt: skip


class FirmwareRolloutForm(PlanForm):
    """Which image, for whom, how carefully."""

    image = forms.ChoiceField(label=_("Firmware"))
    group = forms.ChoiceField(label=_("For"), required=False)
    field_order = ("image", "group")

    def __init__(self, *args: Any, images: Sequence[FirmwareImage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.images = {str(row.uid): row for row in images}
        self.groups = {str(row.uid): row for row in all_groups()}
        named = [(uid, " ".join((row.vendor, row.model, row.version)).strip()) for uid, row in self.images.items()]
        self.fields["image"].choices = named  # type: ignore[attr-defined]
        all_of_them = [("", _("All devices that it is meant for"))]
        groups = [(uid, row.name) for uid, row in self.groups.items()]
        self.fields["group"].choices = [*all_of_them, *groups]  # type: ignore[attr-defined]


class TemplateForm(forms.Form):
    """Values as lines of `key = value`."""

    name = forms.CharField(label=_("Name"), max_length=80)
    groups = forms.MultipleChoiceField(
        label=_("For the stations of"), required=False, widget=forms.CheckboxSelectMultiple()
    )
    v16 = forms.CharField(
        label=_("OCPP 1.6: one `Key = value` a line"), required=False, max_length=100_000,
        widget=forms.Textarea(attrs={**MONO, "rows": 6}),
    )  # fmt: skip
    v201 = forms.CharField(
        label=_("OCPP 2.0.1: one `Component.Variable = value` a line"), required=False, max_length=100_000,
        widget=forms.Textarea(attrs={**MONO, "rows": 6}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(row.uid): row for row in all_groups()}
        self.fields["groups"].choices = [(uid, row.name) for uid, row in self.known.items()]  # type: ignore[attr-defined]

    def clean_v16(self) -> dict[str, str]:
        """Key → value."""
        return _lines(self.cleaned_data["v16"])

    def clean_v201(self) -> dict[str, str]:
        """Component.Variable → value."""
        return _lines(self.cleaned_data["v201"])

    def values(self) -> dict[str, dict[str, str]]:
        """As actions take it."""
        return {configuring.V16: self.cleaned_data["v16"], configuring.V201: self.cleaned_data["v201"]}

    def chosen(self) -> tuple[Group, ...]:
        """The groups."""
        return tuple(self.known[uid] for uid in self.cleaned_data["groups"])


def lines_of(values: dict[str, str]) -> str:
    """The text of a form's field."""
    return "\n".join(f"{key} = {value}" for key, value in values.items())


def _lines(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        key, equals, value = line.partition("=")
        if not equals:
            raise forms.ValidationError(_("“%(line)s” has no =.") % {"line": line[:60]})
        if key.strip() in found:
            raise forms.ValidationError(_("“%(key)s” is there twice.") % {"key": key.strip()[:60]})
        found[key.strip()] = value.strip()
    return found
