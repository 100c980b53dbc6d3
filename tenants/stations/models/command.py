"""One OCPP call to a station, and what became of it."""

from django.db import models

from saas.kit.models import Public

from .station import Station


class StationCommand(Public):
    """Sent once through the outbox (its DeviceCommand has the same uid); answered by rpc.CallDone."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        ANSWERED = "answered"  # with a CALLRESULT, whatever its status says
        REFUSED = "refused"  # by a CALLERROR; error is its code
        FAILED = "failed"  # no (lawful) answer; error says why
        EXPIRED = "expired"  # never sent

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="commands")
    by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=50)
    payload = models.JSONField(default=dict)
    timeout_s = models.PositiveSmallIntegerField(default=30)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    answer = models.JSONField(null=True, help_text="The CALLRESULT's payload")
    error = models.CharField(max_length=60, blank=True)
    error_text = models.CharField(max_length=300, blank=True)
    took_ms = models.PositiveIntegerField(null=True)
    origin = models.CharField(max_length=80, blank=True, help_text="operator, rollout:<uid>, local_list, …")
    sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(help_text="Without an answer by then there will be none")

    class Meta:
        indexes = [
            models.Index(fields=["station", "-id"]),
            models.Index(fields=["expires_at"], condition=models.Q(state="queued"), name="station_command_waiting"),
        ]
