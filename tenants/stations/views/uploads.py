"""Where stations put their files: no person, no form, one file a time."""

from datetime import UTC, datetime

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from saas.kit import problems
from saas.kit.errors import Refused

from .. import actions


@csrf_exempt
@require_http_methods(["PUT", "POST"])
def put(request: HttpRequest, token: str, name: str = "") -> HttpResponse:
    """The body is the file; of a form, its first file."""
    try:
        name, data = _file(request, name)
        made = actions.receive_file(token=token, name=name, data=data, now=datetime.now(UTC))
    except Refused as no:
        return problems.of_refusal(no)
    return JsonResponse({"size": made.size, "sha256": made.sha256}, status=201)


def _file(request: HttpRequest, name: str) -> tuple[str, bytes]:
    """One byte more than the limit is enough to see that it is too much."""
    if request.method == "POST" and request.content_type == "multipart/form-data":
        first = next(iter(request.FILES.values()), None)
        if isinstance(first, UploadedFile):
            return name or first.name or "", first.read(actions.MOST_BYTES + 1)
    return name, request.read(actions.MOST_BYTES + 1)
