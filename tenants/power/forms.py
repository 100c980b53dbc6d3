"""Forms of smart charging. People type ampere, kilowatt and kilowatt-hours."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.charging.models import Session

from .models import LINES, ChargingNeed, Circuit, Member, PriceSeries
from .queries.circuits import tree

LINE_WORDS = {"": _("Not known: counts on all"), **{line: line.replace("", " ").strip() for line in LINES if line}}


def _ampere(label: Any, *, required: bool = False, least: str = "0", **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=required, min_value=Decimal(least), max_value=10_000, decimal_places=1, **more
    )


def _milli(value: Decimal | None) -> int | None:
    return None if value is None else int(value * 1000)


def _base(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value) / 1000


class CircuitForm(forms.Form):
    """A fuse and what it may carry."""

    name = forms.CharField(label=_("Name"), max_length=80)
    limit = _ampere(_("Limit in ampere per line"), least="0.1")
    power = forms.DecimalField(
        label=_("Limit in kilowatt"),
        required=False,
        min_value=Decimal("0.1"),
        max_value=50_000,
        decimal_places=1,
        help_text=_("One of the two limits, or both."),
    )
    reserve = _ampere(
        _("Kept for the building, in ampere per line"), help_text=_("What is not a charger: lights, lifts, kitchens.")
    )
    fallback = _ampere(
        _("Safe default of each charger, in ampere"),
        required=True,
        initial=6,
        help_text=_("What it may take when it hears nothing from us. 0: it then waits."),
    )
    parent = forms.ChoiceField(label=_("Fed by"), required=False)
    series = forms.ChoiceField(
        label=_("Charge in the best hours of"),
        required=False,
        help_text=_("For vehicles whose departure is known; all others charge at once. Series come through the API."),
    )
    enabled = forms.BooleanField(label=_("Share this limit"), required=False, initial=True)

    def __init__(self, *args: Any, circuits: list[Circuit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._circuits = {str(row.uid): row for row in circuits}
        self._series = {str(row.uid): row for row in PriceSeries.objects.order_by("name")}
        self._choose("parent", [(uid, row.name) for uid, row in self._circuits.items()])
        self._choose("series", [(uid, row.name) for uid, row in self._series.items()])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", "–"), *choices]  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """As the action takes it."""
        held = self.cleaned_data
        return {
            "name": held["name"],
            "limit_ma": _milli(held["limit"]),
            "limit_w": _milli(held["power"]),
            "reserve_ma": _milli(held["reserve"]) or 0,
            "fallback_ma": _milli(held["fallback"]),
            "parent": self._circuits.get(held["parent"]),
            "series": self._series.get(held["series"]),
            "enabled": held["enabled"],
        }

    @staticmethod
    def initial_of(row: Circuit) -> dict[str, Any]:
        """What the form shows of a circuit that is there."""
        return {
            "name": row.name, "limit": _base(row.limit_ma), "power": _base(row.limit_w),
            "reserve": _base(row.reserve_ma), "fallback": _base(row.fallback_ma), "enabled": row.enabled,
            "parent": str(row.parent.uid) if row.parent else "", "series": str(row.series.uid) if row.series else "",
        }  # fmt: skip


class MemberForm(forms.Form):
    """How an EVSE hangs on a circuit."""

    circuit = forms.ChoiceField(label=_("Circuit"))
    lines = forms.ChoiceField(
        label=_("Its L1, L2, L3 are wired to"),
        required=False,
        choices=list(LINE_WORDS.items()),
        help_text=_("2 3 1 means that a vehicle on one line draws from line 2."),
    )
    limit = _ampere(_("At most, in ampere"), least="0.1", help_text=_("Empty: what the charger itself can take."))
    fallback = _ampere(_("Safe default in ampere"), help_text=_("Empty: that of the circuit."))
    priority = forms.IntegerField(
        label=_("Priority, 0 to 9"), min_value=0, max_value=9, initial=0, help_text=_("Higher goes first.")
    )

    def __init__(self, *args: Any, root: Circuit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._circuits = {str(row.uid): row for row in tree(root)}
        choices = [(uid, row.name) for uid, row in self._circuits.items()]
        self.fields["circuit"].choices = choices  # type: ignore[attr-defined]

    def circuit_row(self) -> Circuit:
        return self._circuits[self.cleaned_data["circuit"]]

    def wanted(self) -> dict[str, Any]:
        """As the action takes it."""
        held = self.cleaned_data
        return {
            "lines": held["lines"], "max_ma": _milli(held["limit"]), "fallback_ma": _milli(held["fallback"]),
            "priority": held["priority"],
        }  # fmt: skip

    @staticmethod
    def initial_of(row: Member) -> dict[str, Any]:
        """What the form shows of one that hangs there."""
        return {
            "circuit": str(row.circuit.uid), "lines": row.lines, "limit": _base(row.max_ma),
            "fallback": _base(row.fallback_ma), "priority": row.priority,
        }  # fmt: skip


class NeedForm(forms.Form):
    """When a vehicle leaves, by the clock of the place, and how much it is to have got by then."""

    departure = forms.DateTimeField(
        label=_("I leave at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    energy = forms.DecimalField(
        label=_("Energy until then, in kWh"), required=False, min_value=Decimal("0.1"), max_value=1000, decimal_places=1
    )

    def departure_at(self, zone: str) -> datetime | None:
        """The moment; what was typed is the wall clock of the place."""
        typed: datetime | None = self.cleaned_data["departure"]
        return None if typed is None else typed.replace(tzinfo=ZoneInfo(zone))

    def energy_wh(self) -> int | None:
        return _milli(self.cleaned_data["energy"])

    @staticmethod
    def of(session: Session, zone: str) -> "NeedForm":
        """With what is known already."""
        need = ChargingNeed.objects.filter(session=session).first()
        if need is None:
            return NeedForm()
        local = need.departure_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if need.departure_at else None
        return NeedForm(initial={"departure": local, "energy": _base(need.energy_wh)})
