"""What happened, as rows: live pages and webhooks read from here and resume by id."""

from django.db import models


class Event(models.Model):
    """One thing that happened. `audience` says who may hear of it: `charger:<uid>`, `session:<uid>`, `user:<uid>`, …"""

    id = models.BigAutoField(primary_key=True)
    audience = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["audience", "id"])]


class IdempotentAnswer(models.Model):
    """The stored answer to a request with an `Idempotency-Key`: the same key gets the same bytes again."""

    key = models.CharField(max_length=200)
    caller = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotent_once")]


class Reader(models.Model):
    """How far somebody who follows the feed has read: what is after `event_id` is still to be handled."""

    name = models.CharField(max_length=40, unique=True)
    event_id = models.BigIntegerField(default=0)
