"""The people and brands that tests tell their stories with."""

import uuid

from saas.tenancy.cloning import clone_template
from saas.tenancy.models import Domain, Tenant

BRANDS: dict[str, dict[str, str]] = {
    "ampere": {
        "name": "Ampère",
        "country": "FI",
        "language": "en",
        "currency": "EUR",
        "timezone": "Europe/Helsinki",
        "colour_primary": "#0B6E4F",
        "colour_accent": "#F5B700",
        "support_email": "help@ampere.example",
    },
    "barq": {
        "name": "برق",
        "country": "AE",
        "language": "ar",
        "currency": "AED",
        "timezone": "Asia/Dubai",
        "colour_primary": "#5B2A86",
        "colour_accent": "#FF8A00",
        "support_email": "help@barq.example",
    },
}


def open_tenants() -> None:
    """The public site and two tenants, once per test database."""
    public = Tenant.objects.create(
        schema_name="public", uid=uuid.uuid4(), name="Wattlane", country="FI", currency="EUR", timezone="UTC",
        support_email="help@wattlane.example", colour_primary="#123456", colour_accent="#654321",
    )  # fmt: skip
    Domain.objects.create(domain="localhost", tenant=public, is_primary=True)
    for schema, brand in BRANDS.items():
        clone_template(schema)
        tenant = Tenant.objects.create(schema_name=schema, uid=uuid.uuid4(), least_minutes=1, **brand)
        Domain.objects.create(domain=f"{schema}.localhost", tenant=tenant, is_primary=True)
