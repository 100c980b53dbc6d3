"""Base classes of models."""

import uuid
from typing import ClassVar

from django.db import models


class Public(models.Model):
    """A row that the outside world may name: `uid` is shown, the integer key never is."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        abstract = True


class Window(models.Model):
    """How often something was tried in a period, for rate limits that hold across processes. Public schema."""

    key = models.CharField(max_length=64, help_text="Digest: holds no address and no person")
    start_s = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "start_s"], name="kit_window_once")]
