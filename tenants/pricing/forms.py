"""What hosts and managers of prices say, in the main unit of the currency and in percent."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .amounts import MICRO, text
from .models import Policy
from .queries import Costs


def _price(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, required=required, min_value=0, max_digits=12, decimal_places=4
    )


def _percent(label: Any, help_text: Any, least: float, most: int) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, min_value=Decimal(str(least)), max_value=most, decimal_places=2
    )


class WishForm(forms.Form):
    """Costs and wished profit of one kWh."""

    energy_cost = _price(_("What a kWh costs you"), _("As on your electricity bill, without what drivers pay."))
    profit = _price(_("What should be left of each kWh"), _("After energy, wear and commission."))
    wear = _price(_("Wear for each kWh"), _("Repairs and renewal, spread over the energy sold. 0 if you do not know."))

    @classmethod
    def of(cls, costs: Costs) -> "WishForm":
        held = {"energy_cost": costs.energy_cost_micro, "profit": costs.profit_micro, "wear": costs.wear_micro}
        return cls(initial={name: text(amount) for name, amount in held.items()})

    def said(self) -> dict[str, int]:
        return {f"{name}_micro": int(value * MICRO) for name, value in self.cleaned_data.items()}


class PolicyForm(forms.Form):
    """What suggestions may be."""

    offered = forms.BooleanField(label=_("Suggest prices to hosts"), required=False)
    least_kwh = _price(_("Least per kWh"))
    most_kwh = _price(_("Most per kWh"), _("Empty for no limit."), required=False)
    least_hour = _price(_("Least per hour"))
    most_hour = _price(_("Most per hour"), _("Empty for no limit."), required=False)
    most_change = _percent(
        _("Largest step, in percent"), _("A suggestion is at most this far from the price of today."), 0.01, 100
    )
    energy_cost = _price(_("Usual cost of a kWh"), _("For hosts who have not said theirs. 0: not known."))
    wear = _price(_("Usual wear for each kWh"))
    losses = _percent(_("Losses, in percent"), _("Of the energy bought, what never reaches a vehicle."), 0, 50)

    AMOUNTS = ("least_kwh", "most_kwh", "least_hour", "most_hour", "energy_cost", "wear")
    SHARES = ("most_change", "losses")

    @classmethod
    def of(cls, row: Policy) -> "PolicyForm":
        amounts = {name: getattr(row, f"{name}_micro") for name in cls.AMOUNTS}
        held: dict[str, Any] = {name: "" if value is None else text(value) for name, value in amounts.items()}
        held |= {name: Decimal(getattr(row, f"{name}_bp")) / 100 for name in cls.SHARES}
        return cls(initial=held | {"offered": row.offered})

    def said(self) -> dict[str, Any]:
        held = self.cleaned_data
        amounts = {f"{name}_micro": None if held[name] is None else int(held[name] * MICRO) for name in self.AMOUNTS}
        return amounts | {f"{name}_bp": int(held[name] * 100) for name in self.SHARES} | {"offered": held["offered"]}
