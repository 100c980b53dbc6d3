"""Forms of the settings: the brand, the team, organisations."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from saas.kit.money import CURRENCIES
from saas.tenancy.brand import TEXT_LIMIT
from saas.tenancy.forms import LogoFile, logo_text
from saas.tenancy.models import Tenant

from . import roles
from .models import Organisation

LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
MARKS = _("Plain text. # makes a heading, - a list, **bold**, [words](https://…) a link.")


def _text(rows: int, **attributes: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attributes})


class BrandForm(forms.Form):
    """All of a brand that its owner may change, in the units that people think in."""

    name = forms.CharField(label=_("Name of your brand"), max_length=80)
    tagline = forms.CharField(label=_("What drivers read first"), max_length=140, required=False)
    logo_file = LogoFile(label=_("Upload a logo"), help_text=_("An SVG file of shapes, 40 kB at most."))
    logo_svg = forms.CharField(
        label=_("… or paste its SVG"), required=False, widget=_text(4, **LTR), strip=True,
        help_text=_("Empty: a bolt in your main colour."),
    )  # fmt: skip
    colour_primary = forms.CharField(label=_("Main colour"), widget=forms.TextInput(attrs={"type": "color"}))
    colour_accent = forms.CharField(label=_("Second colour"), widget=forms.TextInput(attrs={"type": "color"}))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    support_email = forms.EmailField(label=_("E-mail of support"), widget=forms.EmailInput(attrs={"dir": "ltr"}))
    support_phone = forms.CharField(
        label=_("Phone of support"), required=False, max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "dir": "ltr"}),
    )  # fmt: skip
    email_sender = forms.EmailField(
        label=_("Sender of your mails"), required=False, widget=forms.EmailInput(attrs={"dir": "ltr"}),
        help_text=_("Empty: no-reply at the address of your site. Another domain must allow our mail server."),
    )  # fmt: skip
    address_policy = forms.ChoiceField(
        label=_("Who sees the exact address of a private charger"),
        choices=[("verified", _("Every verified driver")), ("booked", _("Only drivers who have booked it"))],
    )
    commission = forms.DecimalField(
        label=_("Your commission, in percent"), min_value=0, max_value=50, decimal_places=2,
        help_text=_("Of the price before tax. What is booked keeps the commission of its day."),
    )  # fmt: skip
    least_minutes = forms.IntegerField(
        label=_("Shortest booking, in minutes"), min_value=1, max_value=1440,
        help_text=_("For chargers that are offered from now on."),
    )  # fmt: skip
    hold_minutes = forms.IntegerField(
        label=_("Time to pay, in minutes"), min_value=1, max_value=60,
        help_text=_("A slot is kept so long while the driver pays."),
    )  # fmt: skip
    map_latitude = forms.FloatField(label=_("Latitude"), min_value=-85, max_value=85)
    map_longitude = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180)
    map_zoom = forms.FloatField(label=_("Zoom"), min_value=2, max_value=18)
    terms = forms.CharField(
        label=_("Terms"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=_text(10, dir="auto"),
        help_text=MARKS,
        strip=True,
    )
    privacy = forms.CharField(
        label=_("Privacy"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=_text(10, dir="auto"),
        help_text=MARKS,
        strip=True,
    )

    def __init__(self, *args: Any, tenant: Tenant, locked: bool, **kwargs: Any) -> None:
        held = {name: getattr(tenant, name) for name in self.base_fields if hasattr(tenant, name)}
        kwargs["initial"] = held | {"commission": f"{tenant.commission_bp / 100:.2f}".rstrip("0").rstrip(".")}
        super().__init__(*args, **kwargs)
        for name in ("map_latitude", "map_longitude", "map_zoom"):
            self.fields[name].widget = forms.NumberInput(attrs={"step": "any", "dir": "ltr"})
        if locked:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = _(
                "It stays: something was priced or booked in it, and amounts that people agreed to are never converted."
            )

    def clean_logo_svg(self) -> str:
        return logo_text(self.cleaned_data["logo_svg"])

    def changes(self) -> dict[str, object]:
        """What `branding.change` takes. An uploaded logo counts before a pasted one."""
        held = dict(self.cleaned_data)
        uploaded, commission = held.pop("logo_file"), held.pop("commission")
        return held | {"commission_bp": round(commission * 100)} | ({"logo_svg": uploaded} if uploaded else {})


class _RoleForm(forms.Form):
    """A role and where it holds."""

    role = forms.ChoiceField(label=_("Role"), initial=roles.Role.OPERATOR)  # never Owner by mere haste
    organisation = forms.ChoiceField(label=_("Where"), required=False)

    def __init__(self, *args: Any, organisations: list[Organisation], giver: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, where = self.fields["role"], self.fields["organisation"]
        assert isinstance(role, forms.ChoiceField) and isinstance(where, forms.ChoiceField)
        open_to = (*roles.OVER_ALL, *roles.WITHIN)
        role.choices = [(key, word) for key, word in roles.WORDS.items() if key in open_to and _offered(giver, key)]
        where.choices = [("", _("The whole brand")), *((str(one.uid), one.name) for one in organisations)]

    def clean_organisation(self) -> UUID | None:
        held = self.cleaned_data["organisation"]
        return UUID(held) if held else None


def _offered(giver: Any, role: str) -> bool:
    return any(roles.fits(role, of) and roles.may_give(giver, role, of) for of in (None, Organisation()))


class InviteForm(_RoleForm):
    """Somebody for the team."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    field_order = ("email", "name", "role", "organisation")


class RoleForm(_RoleForm):
    """One more role for somebody."""


class OrganisationForm(forms.Form):
    """A fleet, enterprise, business host or partner."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(roles.KINDS.items()))
