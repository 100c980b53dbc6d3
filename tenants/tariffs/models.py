"""Tariffs in OCPI's shape. A tariff never changes: a new price is a new row."""

from django.db import models

from saas.kit.models import Public


class Tariff(Public):
    """`elements` is OCPI 2.2.1 `TariffElement[]`; prices are decimal text in the main unit, before tax."""

    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    elements = models.JSONField()
    tax_bp = models.PositiveIntegerField(default=0, help_text="Tax in basis points, on top of the prices")
    valid_from = models.DateTimeField()
