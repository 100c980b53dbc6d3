"""`/internal/v1`: the one typed door through which pipelines talk to the web app. Words: saas/contracts/internal.py."""

from . import business, carbon, dashboards, maintenance, performance, pricing, reports

public_urls = business.public_urls
tenant_urls = [
    url for part in (business, reports, maintenance, pricing, carbon, performance, dashboards) for url in part.urls
]
