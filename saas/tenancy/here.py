"""At whose site a request arrived, typed."""

from typing import cast

from django.http import HttpRequest

from .models import Tenant


def brand(request: HttpRequest) -> Tenant:
    """The tenant that TenantMiddleware found by the host."""
    return cast(Tenant, request.tenant)  # type: ignore[attr-defined]
