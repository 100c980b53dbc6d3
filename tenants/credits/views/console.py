"""Batches, the wizard of a claim, blocks of serials, and the certificate of a retirement."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import NotFound, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.models import Organisation
from tenants.accounts.permissions import can

from .. import actions, methods, queries, reading
from ..forms import BatchForm, MethodForm, RetireForm, SplitForm, TransferForm, VerifyForm
from ..models import Batch, Block
from ..registry.chosen import registry


@login_required
@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Batches, and the grams that exist."""
    user = person(request)
    page = queries.batches(viewer=user, after=request.GET.get("after") or None)
    grams = queries.held_grams()
    context = {
        "page": page, "may_manage": can(user, queries.MANAGE), "held_g": grams.get(Block.State.HELD, 0),
        "retired_g": grams.get(Block.State.RETIRED, 0), "titles": _titles(),
    }  # fmt: skip
    return render(request, "credits/home.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The wizard: choose a methodology, look at what it would give and what is left out, then claim."""
    user = person(request)
    queries.may(user, queries.MANAGE)
    chosen = request.GET.get("method", "")
    if not chosen:
        return render(request, "credits/method.html", {"form": MethodForm()})
    found = methods.find(*[*chosen.split(":"), ""][:2])
    form = BatchForm(request.POST or None, found=found, organisations=_organisations(), initial=_usual(request, found))
    context: dict[str, Any] = {"form": form, "found": found}
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            wanted = reading.wanted(user, form.wanted())
            if "claim" in request.POST:
                batch = actions.open_batch(wanted=wanted, by=user, now=datetime.now(UTC))
                messages.success(request, _("Claimed. Lock it to work out the grams."))
                return redirect("credit_batch", batch.uid)
            context["preview"], status = queries.preview(wanted=wanted, viewer=user), 200
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
            status = refusal.status
    return render(request, "credits/new.html", context, status=status)


def _organisations() -> list[tuple[str, str]]:
    return [(str(row.uid), row.name) for row in Organisation.objects.order_by("name")[:200]]


def _usual(request: HttpRequest, found: methods.Method) -> dict[str, Any]:
    """The year before, in the tenant's country or that of the methodology."""
    year = datetime.now(UTC).year
    return {
        "region": found.region or brand(request).country, "period_start": f"{year}-01-01", "last_day": f"{year}-12-31",
    }  # fmt: skip


def _titles() -> dict[str, str]:
    return {f"{row.method}:{row.version}": row.title for row in methods.METHODS}


@login_required
@never_cache
@require_GET
def batch(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A batch: its sessions, its calculation, and its blocks."""
    user = person(request)
    row = queries.batch(uid=uid, viewer=user)
    claimed = queries.claims(batch=row, after=request.GET.get("after") or None)
    blocks = queries.blocks(viewer=user, batch=row, after=request.GET.get("blocks") or None)
    context = {
        "batch": row, "claims": claimed, "blocks": blocks, "verify": VerifyForm(),
        "ranges": [(block, *queries.serials(block)) for block in blocks.items],
        "may_manage": can(user, queries.MANAGE), "title": _titles().get(f"{row.method}:{row.version}", row.method),
        "lines": (row.record or {}).get("lines", []),
    }  # fmt: skip
    return render(request, "credits/batch.html", context)


@login_required
@require_POST
def change(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """Lock, verify or cancel a batch."""
    user, now = person(request), datetime.now(UTC)
    doing: dict[str, Callable[[], Batch]] = {
        "lock": lambda: actions.lock_batch(uid=uid, by=user, now=now),
        "cancel": lambda: actions.cancel_batch(uid=uid, by=user, now=now),
        "verify": lambda: actions.verify_batch(uid=uid, by=user, now=now, **_filled(VerifyForm(request.POST))),
    }
    if verb not in doing:
        raise NotFound()
    _tried(request, doing[verb], _("Done."))
    return redirect("credit_batch", uid)


@login_required
@never_cache
@require_GET
def block(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A block of serials: what happened to it, and what can be done with it."""
    user = person(request)
    row = queries.block(uid=uid, viewer=user)
    first, last = queries.serials(row)
    port = registry()
    context = {
        "row": row, "first": first, "last": last, "events": row.events.order_by("pk"),
        "filings": queries.filings(row), "parts": row.children.order_by("first"), "port": port,
        "may_manage": can(user, queries.MANAGE) and row.state == Block.State.HELD, "split": SplitForm(),
        "may_file": can(user, queries.MANAGE) and row.state != Block.State.SPLIT,
        "transfer": TransferForm(), "retire": RetireForm(),
    }  # fmt: skip
    return render(request, "credits/block.html", context)


@login_required
@require_POST
def deal(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """Split, transfer, retire or file a block."""
    user, now = person(request), datetime.now(UTC)
    doing: dict[str, Callable[[], object]] = {
        "split": lambda: actions.split(uid=uid, by=user, now=now, **_filled(SplitForm(request.POST))),
        "transfer": lambda: actions.transfer(uid=uid, by=user, now=now, **_filled(TransferForm(request.POST))),
        "retire": lambda: actions.retire(uid=uid, by=user, now=now, **_filled(RetireForm(request.POST))),
        "file": lambda: actions.file_block(uid=uid, by=user, now=now, registry=registry()),
    }
    if verb not in doing:
        raise NotFound()
    done = _tried(request, doing[verb], _("Done."))
    target = done.uid if isinstance(done, Block) else uid
    return redirect("credit_block", target)


@login_required
@require_GET
def certificate(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The proof of a retirement, to print. Only a retired block has one."""
    row = queries.block(uid=uid, viewer=person(request))
    if row.state != Block.State.RETIRED:
        raise NotFound("This block was not retired.")
    first, last = queries.serials(row)
    context = {
        "row": row, "first": first, "last": last, "batch": row.batch,
        "title": _titles().get(f"{row.batch.method}:{row.batch.version}", row.batch.method),
    }  # fmt: skip
    return render(request, "credits/certificate.html", context)


def _filled(form: Form) -> dict[str, Any]:
    """The cleaned values of a small form. Invalid, in its own words, when it was not filled in well."""
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise _NotFilled(f"{form.fields[name].label}: {errors[0]}")
    return form.cleaned_data


class _NotFilled(Refused):
    """A field is missing."""

    code = "not_filled"
    status = 422


def _tried(request: HttpRequest, do: Callable[[], object], well: str) -> object:
    """A refusal becomes a message on the page that one comes back to; what is not one's business stays 404."""
    try:
        done = do()
    except NotFound:
        raise
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return None
    messages.success(request, well)
    return done
