"""A driver's cards, and the operator's list of all cards and groups."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from saas.kit.errors import Forbidden, Refused
from saas.kit.time import day_bounds
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts import queries as accounts
from tenants.accounts.here import person
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from . import actions, queries
from .models import Card, CardGroup

NUMBER = forms.TextInput(attrs={"dir": "ltr", "class": "mono", "autocomplete": "off", "autocapitalize": "characters"})
MOST_GROUPS = 200


class CardForm(forms.Form):
    """A card of one's own."""

    id_tag = forms.CharField(
        label=gettext_lazy("Card number"),
        min_length=4,
        max_length=60,
        widget=NUMBER,
        help_text=gettext_lazy("Printed on the card, or shown when a reader app reads it: 04 A1 B2 C3."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, required=False, help_text=gettext_lazy("Such as: key ring, the van.")
    )


class StaffCardForm(CardForm):
    """Anybody's card."""

    driver_email = forms.EmailField(
        label=gettext_lazy("Driver's e-mail"),
        required=False,
        help_text=gettext_lazy("Empty: a card of nobody, such as a pool car's."),
    )


class TermsForm(forms.Form):
    """What staff alone decide."""

    group = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=CardGroup.objects.none(), required=False, to_field_name="uid"
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Valid until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    month_limit_kwh = forms.IntegerField(
        label=gettext_lazy("Most per month in kWh"), required=False, min_value=1, max_value=10_000
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = CardGroup.objects.order_by("name")  # type: ignore[attr-defined]


class GroupForm(forms.Form):
    """Cards that stand in for each other."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    parent_id = forms.CharField(
        label=gettext_lazy("Id for stations"),
        max_length=20,
        widget=NUMBER,
        help_text=gettext_lazy("At most 20 letters and digits."),
    )
    most_at_once = forms.IntegerField(
        label=gettext_lazy("Cards that may charge at a time"), required=False, min_value=1, max_value=10_000
    )


@login_required
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """One's own cards, and a form for another."""
    user, form = person(request), CardForm(request.POST or None)
    if form.is_valid():
        held = form.cleaned_data
        try:
            actions.register(id_tag=held["id_tag"], name=held["name"], driver=user, by=user, now=datetime.now(UTC))
            messages.success(request, _("The card is registered. Hold it to a reader to charge."))
            return redirect("cards")
        except Refused as refusal:
            form.add_error("id_tag", sentence(refusal))
    page = queries.cards(viewer=user, mine=True, after=request.GET.get("after"), limit=50)
    status = 422 if form.is_bound else 200
    context = {"page": page, "form": form, "now": datetime.now(UTC)}
    return render(request, "cards/mine.html", context, status=status)


def _renamed(card: Card, user: User, request: HttpRequest, now: datetime) -> str:
    actions.rename(card=card, by=user, name=request.POST.get("name", "")[:80], now=now)
    return _("The name is changed.")


def _blocked(card: Card, user: User, _request: HttpRequest, now: datetime) -> str:
    actions.block(card=card, by=user, now=now)
    return _("The card is blocked.")


def _unblocked(card: Card, user: User, _request: HttpRequest, now: datetime) -> str:
    actions.unblock(card=card, by=user, now=now)
    return _("The card charges again.")


def _removed(card: Card, user: User, _request: HttpRequest, now: datetime) -> str:
    actions.remove(card=card, by=user, now=now)
    return _("The card is forgotten.")


CHANGES: dict[str, Callable[[Card, User, HttpRequest, datetime], str]] = {
    "rename": _renamed,
    "block": _blocked,
    "unblock": _unblocked,
    "remove": _removed,
}


@login_required
@require_POST
def change(request: HttpRequest, uid: UUID, act: str) -> HttpResponse:
    """One of CHANGES, from either page."""
    if act not in CHANGES:
        raise Http404
    card = queries.get(uid=uid, viewer=person(request))
    messages.success(request, CHANGES[act](card, person(request), request, datetime.now(UTC)))
    return redirect("console_cards" if request.POST.get("from") == "console" else "cards")


@login_required
@require_http_methods(["GET", "POST"])
def staff(request: HttpRequest) -> HttpResponse:
    """All cards of the brand with a search, and the groups."""
    _check(request)
    form = StaffCardForm(request.POST or None)
    if form.is_valid() and _added(request, form):
        return redirect("console_cards")
    return _show(request, form=form, status=422 if form.is_bound else 200)


@login_required
@require_POST
def add_group(request: HttpRequest) -> HttpResponse:
    _check(request)
    form = GroupForm(request.POST)
    if form.is_valid():
        try:
            made = actions.add_group(**form.cleaned_data, by=person(request), now=datetime.now(UTC))
            messages.success(request, _("The group %(name)s is there.") % {"name": made.name})
            return redirect("console_cards")
        except Refused as refusal:
            form.add_error("parent_id", sentence(refusal))
    return _show(request, group_form=form, status=422)


@login_required
@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One card: its group, end and monthly limit."""
    _check(request)
    card = queries.get(uid=uid, viewer=person(request))
    form = TermsForm(request.POST or None, initial=_initial(card, brand(request).timezone))
    if form.is_valid():
        actions.set_terms(card=card, by=person(request), terms=_terms(request, card, form), now=datetime.now(UTC))
        messages.success(request, _("Saved."))
        return redirect("console_cards")
    context = {"card": card, "form": form, "now": datetime.now(UTC)}
    return render(request, "cards/terms.html", context, status=422 if form.is_bound else 200)


def _check(request: HttpRequest) -> None:
    if not can(person(request), "card.manage"):
        raise Forbidden()


def _added(request: HttpRequest, form: StaffCardForm) -> bool:
    held = form.cleaned_data
    driver = accounts.by_email(held["driver_email"]) if held["driver_email"] else None
    if held["driver_email"] and driver is None:
        form.add_error("driver_email", _("Nobody has an account with this address."))
        return False
    try:
        actions.register(
            id_tag=held["id_tag"], name=held["name"], driver=driver, by=person(request), now=datetime.now(UTC)
        )
    except Refused as refusal:
        form.add_error("id_tag", sentence(refusal))
        return False
    messages.success(request, _("The card is registered."))
    return True


def _show(request: HttpRequest, *, status: int, **forms_given: forms.Form) -> HttpResponse:
    search = request.GET.get("q", "")[:80]
    page = queries.cards(viewer=person(request), mine=False, after=request.GET.get("after"), limit=50, search=search)
    context = {
        "page": page,
        "search": search,
        "groups": queries.groups(after=None, limit=MOST_GROUPS).items,
        "form": StaffCardForm(),
        "group_form": GroupForm(),
        "zone": brand(request).timezone,
        "now": datetime.now(UTC),
    }
    return render(request, "cards/staff.html", context | forms_given, status=status)


def _initial(card: Card, zone: str) -> dict[str, object]:
    limit = card.month_limit_wh
    return {
        "group": card.group.uid if card.group else None,
        "expires_on": _last_day(card, zone),
        "month_limit_kwh": limit // 1000 if limit else None,
    }


def _last_day(card: Card, zone: str) -> date | None:
    return (card.expires_at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date() if card.expires_at else None


def _terms(request: HttpRequest, card: Card, form: TermsForm) -> actions.Terms:
    """Valid until the end of that day at the brand's clock."""
    held = form.cleaned_data
    day, limit = held["expires_on"], held["month_limit_kwh"]
    return actions.Terms(
        group=held["group"],
        expires_at=day_bounds(day, ZoneInfo(brand(request).timezone))[1] if day else None,
        month_limit_wh=limit * 1000 if limit else None,
        most_at_once=card.most_at_once,
    )
