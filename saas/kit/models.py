"""Base classes of models."""

import uuid

from django.db import models


class Public(models.Model):
    """A row that the outside world may name: `uid` is shown, the integer key never is."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        abstract = True
