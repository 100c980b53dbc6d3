"""What the feed does at regular times."""

from datetime import datetime, timedelta

from .models import Event, IdempotentAnswer

KEPT = timedelta(days=7)
EVENTS_KEPT = timedelta(days=30)


def forget_answers(now: datetime) -> int:
    """Delete answers whose Idempotency-Key is a week old."""
    return IdempotentAnswer.objects.filter(at__lt=now - KEPT).delete()[0]


def forget_events(now: datetime) -> int:
    """Delete events that no page resumes from any more."""
    return Event.objects.filter(at__lt=now - EVENTS_KEPT).delete()[0]
