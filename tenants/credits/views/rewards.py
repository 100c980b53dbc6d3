"""Green credit: the tenant's rule, what it granted, and each driver's own balance."""

from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from saas.kit.errors import NotFound, Refused
from saas.kit.money import currency, round_minor
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can

from .. import actions, queries, reading
from ..forms import PayoutForm, RuleForm


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rule with its versions, and what it granted."""
    user, now, here = person(request), datetime.now(UTC), brand(request)
    shown = queries.rules(viewer=user)
    form = RuleForm(request.POST or None, initial={"valid_from": now.date()})
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.make_rule(
                terms=form.terms(here.currency), valid_from=form.begins(here.timezone, now), by=user, now=now
            )
            messages.success(request, _("The new rule is in place. What was granted stays."))
            return redirect("green_rules")
        except NotFound:
            raise
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
            status = refusal.status
    page = queries.grants(viewer=user, after=request.GET.get("after") or None)
    context = {
        "rules": shown, "form": form, "page": page, "may_manage": can(user, queries.MANAGE),
        "holds": queries.rule_at(now), "zone": here.timezone, "currency": here.currency,
    }  # fmt: skip
    return render(request, "credits/rules.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def payout(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Write down that a driver's balance was paid out by a transfer of its own."""
    user, code = person(request), brand(request).currency
    queries.may(user, queries.MANAGE)
    driver = reading.driver(user, uid)
    form = PayoutForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        held = form.cleaned_data
        amount = round_minor(Fraction(held["amount"]) * 10 ** currency(code).exponent)
        try:
            actions.pay_out(driver=driver, amount_minor=amount, reference=held["reference"],
                            key=f"{driver.uid}:{held['reference']}"[:80], by=user, now=datetime.now(UTC))  # fmt: skip
            messages.success(request, _("Written down."))
            return redirect("green_rules")
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
            status = refusal.status
    context = {"driver": driver, "form": form, "balance": queries.credit_balance(driver, code), "currency": code}
    return render(request, "credits/payout.html", context, status=status)


@login_required
@never_cache
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """One's own green credit."""
    user, here = person(request), brand(request)
    context = {
        "page": queries.grants_of(user, after=request.GET.get("after") or None), "currency": here.currency,
        "balance": queries.credit_balance(user, here.currency), "rule": queries.rule_at(datetime.now(UTC)),
        "zone": here.timezone,
    }  # fmt: skip
    return render(request, "credits/mine.html", context)
