"""Forms of maintenance. People type local times of the brand."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from saas.contracts import faults
from tenants.accounts.models import Membership, User
from tenants.accounts.permissions import ROLES
from tenants.accounts.roles import WORDS as ROLE_WORDS
from tenants.operations.models import Group
from tenants.sites.models import Evse, Location

from . import words
from .actions.orders import Job, Result
from .models import MaintenancePolicy, Outage
from .queries.units import titles

MRECS = [("", _("None")), *((code, f"{code} {one.name}") for code, one in faults.MREC.items()),
         (faults.OTHER, faults.OTHER)]  # fmt: skip
Role = Membership.Role
YEARS = range(2000, 2100)  # beyond, a slip of the finger: what is stored must be readable in every time zone
TOLD = [role for role, rights in ROLES.items() if "maintenance.view" in rights or "workorder.do" in rights]


class LocalTime(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class ZonedForm(forms.Form):
    """Its times are wall clocks of `zone`."""

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        self.zone = ZoneInfo(zone)
        super().__init__(*args, **kwargs)

    def moment(self, name: str) -> datetime | None:
        value: datetime | None = self.cleaned_data.get(name)
        return value.replace(tzinfo=self.zone) if value is not None else None

    def wall(self, moment: datetime | None) -> datetime | None:
        """For an initial value."""
        return moment.astimezone(self.zone).replace(tzinfo=None) if moment else None


def local_time(label: Any, *, required: bool = True) -> forms.DateTimeField:
    """A wall clock without a zone."""
    return NaiveTime(label=label, required=required, widget=LocalTime())


class NaiveTime(forms.DateTimeField):
    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        try:
            moment = datetime.fromisoformat(str(value)).replace(tzinfo=None)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        if moment.year not in YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class SilenceForm(ZonedForm):
    """A time in which nobody is told."""

    reason = forms.CharField(label=_("Why"), max_length=200)
    starts_at = local_time(_("From"))
    ends_at = local_time(_("Until"))
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Location.objects.none(), required=False, to_field_name="uid", empty_label=_("All")
    )
    evse = forms.ModelChoiceField(
        label=_("Charger"), queryset=Evse.objects.none(), required=False, to_field_name="uid", empty_label=_("All")
    )
    group = forms.ModelChoiceField(
        label=_("Group"), queryset=Group.objects.none(), required=False, to_field_name="uid", empty_label=_("All")
    )
    code = forms.CharField(
        label=_("Code"), max_length=80, required=False, help_text=_("Such as CX013 or offline; empty: every code.")
    )
    planned = forms.BooleanField(
        label=_("Planned maintenance"), required=False,
        help_text=_("Outages in this time are planned, and excluded from uptime."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        served = Evse.objects.exclude(device_id=None)
        evses = served.select_related("location", "listing").order_by("location__name", "pk")
        self._choices("site", Location.objects.filter(evses__in=served).distinct().order_by("name"), str_of_place)
        called = titles(evses)
        self._choices("evse", evses, lambda row: called.get(row.pk, ""))
        self._choices("group", Group.objects.order_by("name"), str_of_group)

    def _choices(self, name: str, rows: Any, label: Any) -> None:
        field: Any = self.fields[name]
        field.queryset, field.label_from_instance = rows, label


def str_of_place(row: Location) -> str:
    return f"{row.name}, {row.city}"


def str_of_group(row: Group) -> str:
    return row.name


class OrderForm(ZonedForm):
    """What is to be done, and by whom."""

    title = forms.CharField(label=_("What is to be done"), max_length=120)
    text = forms.CharField(
        label=_("Details"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, required=False
    )
    severity = forms.ChoiceField(label=_("How urgent"), choices=list(words.SEVERITIES.items()))
    assignee = forms.ModelChoiceField(
        label=_("Technician"), queryset=User.objects.none(), required=False, to_field_name="uid",
        empty_label=_("Nobody yet"),
    )  # fmt: skip
    due_at = local_time(_("To be done by"), required=False)
    checklist = forms.CharField(
        label=_("Checklist"), widget=forms.Textarea(attrs={"rows": 4}), required=False, help_text=_("A line a point.")
    )

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["assignee"]
        field.queryset = User.objects.filter(pk__in=[person.pk for person in people]).order_by("name", "email")

    def job(self) -> Job:
        said = self.cleaned_data
        points = tuple(line for line in said["checklist"].splitlines() if line.strip())
        return Job(said["title"], said["text"], said["severity"], self.moment("due_at"), points)


class AssignForm(ZonedForm):
    """Another technician, or the first."""

    assignee = forms.ModelChoiceField(label=_("Technician"), queryset=User.objects.none(), to_field_name="uid")
    due_at = local_time(_("To be done by"), required=False)

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["assignee"]
        field.queryset = User.objects.filter(pk__in=[person.pk for person in people]).order_by("name", "email")


class FinishForm(forms.Form):
    """What a technician found."""

    verdict = forms.ChoiceField(label=_("Result"), choices=list(words.VERDICTS.items()), widget=forms.RadioSelect)
    cause = forms.ChoiceField(
        label=_("What was wrong"), choices=[("", _("Nothing")), *words.CAUSES.items()], required=False
    )
    mrec = forms.ChoiceField(label=_("Code"), choices=MRECS, required=False)
    found = forms.CharField(
        label=_("What you found and did"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False
    )
    parts = forms.CharField(label=_("Parts used"), max_length=500, required=False)

    def result(self) -> Result:
        said = self.cleaned_data
        return Result(said["verdict"], said["cause"], said["mrec"], said["found"], said["parts"])


class OutageForm(ZonedForm):
    """What a person knows better."""

    began_at = local_time(_("Began"))
    ended_at = local_time(_("Ended"), required=False)
    cause = forms.ChoiceField(label=_("Cause"), choices=list(words.CAUSES.items()))
    mrec = forms.ChoiceField(label=_("Code"), choices=MRECS, required=False)
    exclusion = forms.ChoiceField(
        label=_("Excluded from uptime"), choices=list(words.EXCLUSIONS.items()), required=False,
        help_text=_("23 CFR 680.116(b)(3) excludes no failure of the internet: that choice is for other programmes."),
    )  # fmt: skip
    broken = forms.BooleanField(label=_("The charger itself was broken"), required=False)
    planned = forms.BooleanField(label=_("It was planned"), required=False)
    withdrawn = forms.BooleanField(label=_("There was no outage"), required=False)
    reason = forms.CharField(label=_("How do you know?"), max_length=200)

    NAMES = ("cause", "mrec", "exclusion", "broken", "planned", "withdrawn")

    def start(self, row: Outage) -> None:
        """Show what holds now."""
        self.initial = {name: getattr(row, name) for name in self.NAMES} | {
            "began_at": self.wall(row.began_at), "ended_at": self.wall(row.ended_at),
        }  # fmt: skip

    def wanted(self, row: Outage) -> dict[str, Any]:
        """Only what was changed: a wall clock has no seconds."""
        said = {name: self.cleaned_data[name] for name in self.NAMES}
        times = {name: self.moment(name) for name in ("began_at", "ended_at") if name in self.changed_data}
        return said | times


class RuleForm(forms.Form):
    """Who is written to."""

    after_minutes = forms.IntegerField(label=_("After so many minutes"), min_value=0, max_value=10_080, initial=15)
    severity = forms.ChoiceField(
        label=_("This severity and worse"), choices=list(words.SEVERITIES.items()), initial="major"
    )
    role = forms.ChoiceField(
        label=_("Everybody with the role"),
        choices=[(role, ROLE_WORDS[role]) for role in TOLD],  # type: ignore[index]
    )


def _limit(label: Any, least: int, most: int, *, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, required=required)


class ThresholdsForm(forms.Form):
    """From when on something is an alert."""

    offline_after_s = _limit(_("Offline for so many seconds: an alert and an outage"), 30, 86_400)
    silent_after_s = _limit(_("Connected, but silent for so many seconds"), 60, 86_400)
    reopen_minutes = _limit(_("Again within so many minutes: the same alert"), 0, 1_440)
    flap_openings = _limit(_("Opened so often: it comes and goes"), 2, 100)
    refused_starts = _limit(_("Starts refused in a row"), 1, 100)
    storm_units = _limit(_("So many chargers of a site at once: one alert"), 2, 1_000)
    risk_percent = _limit(_("Work orders by prediction from so many per cent on; empty: none"), 1, 100, required=False)
    crew_per_week = _limit(_("Work orders by prediction in a week, at most"), 0, 1_000)

    @staticmethod
    def initial_of(row: MaintenancePolicy) -> dict[str, Any]:
        held = {name: getattr(row, name, None) for name in ThresholdsForm.base_fields}
        return held | {"risk_percent": row.risk_ppm // 10_000 if row.risk_ppm else None}

    def wanted(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        percent = said.pop("risk_percent")
        return said | {"risk_ppm": percent * 10_000 if percent else None}


class VendorCodeForm(forms.Form):
    """What a vendor's code means."""

    vendor = forms.CharField(label=_("Vendor, as its stations say it"), max_length=200, required=False)
    code = forms.CharField(label=_("Its code"), max_length=50)
    mrec = forms.ChoiceField(label=_("Means"), choices=MRECS[1:])
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
