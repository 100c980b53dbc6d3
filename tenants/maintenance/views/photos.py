"""Photos of work orders: shown, added, removed. Used by the technician's page and by the operator's."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tenants.accounts.here import person

from ..actions import photos as actions
from ..downloads import photo_shown
from ..queries import orders, photos
from .common import tried


@login_required
@require_GET
def photo(request: HttpRequest, uid: UUID, photo: UUID, size: str = photos.FULL) -> FileResponse:
    """The picture itself."""
    found = orders.find(uid=uid, viewer=person(request))
    return photo_shown(photos.find(order=found, uid=photo), size)


@login_required
@require_POST
def add(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One or several files; each that is refused is named."""
    user = person(request)
    found = orders.find(uid=uid, viewer=user)
    for file in request.FILES.getlist("photo")[: actions.MOST]:
        act = partial(actions.add_photo, order=found, data=file.read(), by=user, now=datetime.now(UTC))
        tried(request, act, _("Photo added"))
    return redirect(_back(request, uid))


@login_required
@require_POST
def remove(request: HttpRequest, uid: UUID, photo: UUID) -> HttpResponse:
    user = person(request)
    found = photos.find(order=orders.find(uid=uid, viewer=user), uid=photo)
    tried(request, partial(actions.remove_photo, photo=found, by=user, now=datetime.now(UTC)), _("Photo removed"))
    return redirect(_back(request, uid))


def _back(request: HttpRequest, uid: UUID) -> str:
    """The page that the form stands on."""
    pages = {"job": f"/jobs/{uid}/", "order": f"/maintenance/orders/{uid}/"}
    return pages.get(request.POST.get("back", ""), pages["job"])
